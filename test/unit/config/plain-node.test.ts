import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Project } from './project.js';

// Modules are imported by Node itself here: its caches and its errors differ from those of the test runner.
describe('modules in plain Node', () => {
  let worker: Worker;
  beforeAll(() => {
    worker = new Worker(new URL('./plain-node.mjs', import.meta.url));
  });
  afterAll(() => worker.terminate());

  async function resolveIn(project: Project): Promise<unknown> {
    worker.postMessage(project.folder);
    const [result]: unknown[] = await once(worker, 'message');
    return result;
  }

  it.each([
    ['croupier.config.mjs', 'export default', 'module'],
    ['croupier.config.js', 'export default', 'module'],
    ['croupier.config.js', 'module.exports =', 'commonjs'],
    ['croupier.config.cjs', 'module.exports =', 'module'],
    ['croupier.config.ts', 'export default', 'module'],
    ['croupier.config.ts', 'export default', 'commonjs'],
  ])('reads %s (%s, package of type %s) again when it has changed', async (place, start, type) => {
    const project = await Project.create({
      'package.json': { type },
      [place]: `${start} { command: 'one' };`,
    });
    const commandOf = (display: string) => ({ ok: true, value: { services: [{ command: { display } }] } });
    expect(await resolveIn(project)).toMatchObject(commandOf('one'));
    await project.write(place, `${start} { command: 'two' };`);
    expect(await resolveIn(project)).toMatchObject(commandOf('two'));
  });

  it.each([
    [
      'croupier.config.mjs',
      'export default {\n command: "x",,\n}',
      'croupier.config.mjs:2:14: SyntaxError: Unexpected',
    ],
    [
      'croupier.config.cjs',
      'module.exports = {\n command: "x",,\n}',
      'croupier.config.cjs:2: SyntaxError: Unexpected',
    ],
    [
      'croupier.config.mjs',
      '\nthrow new TypeError("no luck");',
      'croupier.config.mjs:2:7: TypeError: no luck',
    ],
    [
      'croupier.config.ts',
      'export default () => {\n throw new Error("no luck"); };',
      'croupier.config.ts:2: Error: no luck',
    ],
  ])('tells where %s is wrong: %j', async (place, text, message) => {
    const project = await Project.create({ [place]: text });
    expect(await resolveIn(project)).toMatchObject({
      ok: false,
      error: { exitCode: 2, message: expect.stringContaining(message) },
    });
  });
});
