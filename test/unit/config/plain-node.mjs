// Resolves configurations in plain Node, where `import()` is Node's own and not the test runner's.
import { parentPort } from 'node:worker_threads';
import { register } from 'tsx/esm/api';

register();
const { resolveConfig } = await import('../../../src/config/resolve.ts');
parentPort.on('message', async (cwd) => {
  parentPort.postMessage(await resolveConfig({ cwd, env: {}, flags: {} }));
});
