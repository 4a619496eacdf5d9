import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';
import { describe, expect, onTestFinished, test } from 'vitest';
import { connectAgent } from '../../../src/protocol/client.js';
import { Project } from '../../support/project.js';
import { FakeAgent } from '../../unit/sdk/fake-agent.js';
import { requestOf } from '../../unit/sdk/served.js';
import { until } from '../../unit/sdk/until.js';
import { startModuleApp } from './module-app.js';
import { Running } from './running.js';

const CALL = { timeoutMs: 30_000 };
const NODEMON = createRequire(import.meta.url).resolve('nodemon/bin/nodemon.js');

const MODULE = `import { defineFunction } from 'croupier-cli/sdk';
import { text } from '../shared/text.mjs';
export default defineFunction({ id: 'text' }, () => text + ' v1');`;

function server(options: string): string {
  return `import { createService } from 'croupier-cli/sdk';
const service = createService({ serviceId: 'game', functions: 'functions', ${options} });
service.on('functionsReloaded', ({ reloaded, failed }) => console.log('reloaded ' + reloaded.length + ' failed ' + failed.length));
await service.connect();
console.log('ready ' + service.address);
`;
}

describe('the SDK watches function modules itself', () => {
  const files = {
    'functions/text.mjs': MODULE,
    'shared/text.mjs': "export const text = 'one';",
    'server.mjs': server('watch: true'),
  };

  test('and reloads what is saved, outside of the folder as well', async () => {
    const game = await startModuleApp({ files, args: ['server.mjs'] });
    game.edit('functions/text.mjs', 'v1', 'v2');
    await game.running.waitFor('reloaded 1 failed 0');
    expect(await game.call('text')).toBe('one v2');
    game.edit('shared/text.mjs', 'one', 'two');
    await until('the file outside', () => game.running.output.split('reloaded 1').length === 3);
    expect(await game.call('text')).toBe('two v2');
    game.edit('functions/text.mjs', 'export default', 'export default ;');
    await game.running.waitFor('reloaded 0 failed 1');
    expect(await game.call('text')).toBe('two v2');
    game.running.child.kill('SIGTERM');
    expect(await game.running.exited).toEqual({ code: 0, signal: null });
  });
});

test('in production nothing is loaded again', async () => {
  const game = await startModuleApp({
    files: {
      'functions/text.mjs': MODULE,
      'shared/text.mjs': "export const text = 'one';",
      'server.mjs': server(''),
    },
    args: ['server.mjs'],
    env: { NODE_ENV: 'production' },
  });
  game.edit('functions/text.mjs', 'v1', 'v2');
  expect(await game.runner.reload(['functions/text.mjs'])).toMatchObject({
    needsRestart: true,
    reason: 'function modules are not loaded again here (NODE_ENV, option hotReload)',
  });
  expect((await game.runner.status()).hotPaths).toEqual([]);
  expect(await game.call('text')).toBe('one v1');
});

test('a module that cannot be loaded at the start is named', async () => {
  const project = new Project({
    'functions/text.mjs': MODULE,
    'shared/text.mjs': '\n\nexport const text = ;',
    'server.mjs': server(''),
  });
  onTestFinished(() => project.remove());
  const running = new Running(['server.mjs'], {
    cwd: project.folder,
    env: { CROUPIER_AGENT_ADDR: '127.0.0.1:1' },
    loader: null,
  });
  expect((await running.exited).code).toBe(1);
  expect(running.output).toContain(
    "cannot load the functions: functions/text.mjs: SyntaxError: Unexpected token ';' (shared/text.mjs:3)",
  );
});

test('under nodemon a call under way is answered by the old process, and the new one registers by itself', async () => {
  const agent = await new FakeAgent().start();
  onTestFinished(() => agent.stop());
  const text = (version: string) => `import { createService } from 'croupier-cli/sdk';
const service = createService({ serviceId: 'game', version: '${version}' });
let release = () => {};
service.registerFunction({ id: 'hold' }, () => new Promise((resolve) => { release = () => resolve('${version}'); console.log('holding'); }));
service.registerFunction({ id: 'release' }, () => release());
setInterval(() => {}, 10);
await service.connect();
`;
  const project = new Project({ 'server.mjs': text('1.0.0') });
  onTestFinished(() => project.remove());
  const running = new Running([NODEMON, '--delay', '10ms', '--no-stdin', 'server.mjs'], {
    cwd: project.folder,
    env: { CROUPIER_AGENT_ADDR: agent.address },
    loader: null,
  });
  // Killed it would leave its child behind.
  onTestFinished(async () => {
    running.child.kill('SIGTERM');
    await running.exited;
  });
  const registered = () => agent.registered.get('game');
  await until('registered', () => registered() !== undefined);
  const old = connectAgent(registered()?.rpcAddr ?? '');
  onTestFinished(() => old.close());
  const held = old.invoke(requestOf('hold'), CALL);
  await running.waitFor('holding');

  project.write('server.mjs', text('2.0.0'));
  await until('out of the routing', () => registered()?.functions.length === 0);
  expect(await old.invoke(requestOf('release'), CALL)).toMatchObject({ ok: true });
  expect(await held).toMatchObject({ ok: true, value: { payload: Buffer.from('"1.0.0"') } });
  await until(
    'the new process',
    () => registered()?.version === '2.0.0' && registered()?.functions.length === 2,
  );
});

test('the instances of a cluster, as PM2 runs them, are services of their own at ports of their own', async () => {
  const agent = await new FakeAgent().start();
  onTestFinished(() => agent.stop());
  const fixture = fileURLToPath(new URL('./fixtures/worker.ts', import.meta.url));
  const running = new Running([fixture], { cwd: process.cwd(), env: { CROUPIER_AGENT_ADDR: agent.address } });
  await running.waitFor('ready 0');
  await running.waitFor('ready 1');
  expect([...agent.registered.keys()].sort()).toEqual(['game-0', 'game-1']);
  const addresses = [...agent.registered.values()].map((one) => one.rpcAddr);
  expect(new Set(addresses).size).toBe(2);

  running.child.kill('SIGHUP');
  await running.waitFor('game-0 leaves: shutdown');
  await running.waitFor('game-1 leaves: shutdown');
  expect(await running.exited).toEqual({ code: 0, signal: null });
  expect([...agent.registered.values()].map((one) => one.functions.length)).toEqual([0, 0]);
});
