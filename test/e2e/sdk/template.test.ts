import { cp, mkdir, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, onTestFinished, test } from 'vitest';
import { connectAgent } from '../../../src/protocol/client.js';
import { REPOSITORY } from '../../support/dev-process.js';
import { FakeAgent } from '../../unit/sdk/fake-agent.js';
import { callHotReload } from '../../unit/sdk/hot-reload-client.js';
import { requestOf } from '../../unit/sdk/served.js';
import { Running } from './running.js';

const CALL = { timeoutMs: 30_000 };
const TEMPLATE = fileURLToPath(new URL('../../../templates/node', import.meta.url));
/** What `npm install` would put there: the package, what runs TypeScript, and what checks it. */
const INSTALLED = ['tsx', 'typescript', '@types/node'];

/** The template in a folder of its own, with this checkout as the installed package. */
async function install(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'croupier-template-'));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  await cp(TEMPLATE, folder, { recursive: true });
  const modules = join(folder, 'node_modules');
  await mkdir(join(modules, '@types'), { recursive: true });
  await symlink(REPOSITORY, join(modules, 'croupier-cli'), 'dir');
  for (const name of INSTALLED)
    await symlink(join(REPOSITORY, 'node_modules', name), join(modules, name), 'dir');
  return folder;
}

test('the tests of the template pass', async () => {
  const tests = new Running(['--test', 'test/functions.test.ts'], { cwd: await install(), env: {} });
  const { code } = await tests.exited;
  expect(tests.output).toMatch(/# pass [1-9]\d*\n# fail 0|pass [1-9]\d*\n.*fail 0/);
  expect(code, tests.output).toBe(0);
});

test('the types of the template hold', async () => {
  const types = new Running(['node_modules/typescript/bin/tsc'], { cwd: await install(), env: {} });
  expect(await types.exited, types.output).toEqual({ code: 0, signal: null });
});

test('the server of the template serves its functions and its job, and takes an edit without losing its players', async () => {
  const agent = await new FakeAgent().start();
  onTestFinished(() => agent.stop());
  const folder = await install();
  const server = new Running(['server.ts'], {
    cwd: folder,
    env: { CROUPIER_AGENT_ADDR: agent.address, CROUPIER_GENERATION: '2' },
  });
  await server.waitFor('serving player.ban, season.recalculate, server.status on ');
  const registered = agent.registered.get('game-server');
  expect(JSON.parse(registered?.functions[0]?.inputSchema ?? '')).toMatchObject({ required: ['playerId'] });
  const client = connectAgent(registered?.rpcAddr ?? '');
  onTestFinished(() => client.close());

  const ban = await client.invoke(requestOf('player.ban', { playerId: '1', hours: 24 }), CALL);
  expect(ban.ok && JSON.parse(ban.value.payload.toString())).toMatchObject({
    result: 'success',
    playerId: '1',
  });
  const state = await client.invoke(requestOf('server.status'), CALL);
  expect(state.ok && JSON.parse(state.value.payload.toString())).toMatchObject({
    version: '1.0.0',
    generation: 2,
  });
  const job = await client.startJob(requestOf('season.recalculate'), CALL);
  const types: string[] = [];
  for await (const item of client.streamJob(job.ok ? job.value.jobId : '', CALL)) {
    types.push(item.ok ? item.value.type : item.error.message);
  }
  expect(types[0]).toBe('started');
  expect(types.filter((type) => type === 'progress')).toHaveLength(10);
  expect(types.at(-1)).toBe('done');

  const online = (text: Buffer) => JSON.parse(text.toString()).online;
  const before = state.ok ? online(state.value.payload) : null;
  const file = join(folder, 'functions', 'server.ts');
  await writeFile(file, (await readFile(file, 'utf8')).replace("version: '1.0.0'", "version: '1.1.0'"));
  expect((await callHotReload(registered?.rpcAddr ?? '').reload(['functions/server.ts'])).reloaded).toEqual([
    { id: 'server.status', oldVersion: '1.0.0', newVersion: '1.1.0' },
  ]);
  const after = await client.invoke(requestOf('server.status'), CALL);
  expect(after.ok && online(after.value.payload)).toBe(before);

  server.child.kill('SIGTERM');
  expect(await server.exited).toEqual({ code: 0, signal: null });
});
