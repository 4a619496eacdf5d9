import { afterEach, beforeEach, expect, it } from 'vitest';
import type { DevProcess } from '../../support/dev-process.js';
import { gameServer } from '../../support/project.js';
import { Scenario } from '../dev/scenario.js';

let scenario: Scenario;

beforeEach(() => {
  scenario = new Scenario();
});

afterEach(() => scenario.close());

const start = (): DevProcess => scenario.startCommand(['run', '--json', '--port', '0']);

it('a first build that fails ends the session with the reason', async () => {
  scenario.save('throw new Error("does not compile")', 'build.js');
  scenario.save(gameServer('v0'));
  scenario.config({ build: { command: 'node build.js' } });
  const run = start();
  expect((await run.exited).code).toBe(1);
  expect(run.stderr.join('')).toContain('error: game: the build failed with exit code 1\n');
});

it('a first process that is not ready in time ends the session with what was waited for', async () => {
  scenario.save('setInterval(() => {}, 1000);');
  scenario.config({ ready: { http: '/healthz', timeout: '300ms' } });
  const run = start();
  expect((await run.exited).code).toBe(1);
  expect(run.stderr.join('')).toMatch(/error: game: not ready after 300 ms: waited for GET .*\/healthz/);
});

it('the 16th crash in a row ends the session', async () => {
  scenario.save('process.exit(5);');
  scenario.config({ restart: { backoff: { initial: 1, max: 1 } } });
  const run = start();
  expect((await run.exited).code).toBe(1);
  expect(run.events.filter(({ type }) => type === 'generation.failed')).toHaveLength(16);
  expect(run.stderr.join('')).toContain('error: game: the process exited with code 5\n');
});

it('SIGHUP reads the configuration again and replaces the process; a saved file alone does nothing', async () => {
  scenario.save(gameServer('v0'));
  scenario.config({ version: '1.0.0' });
  const run = start();
  await run.waitFor('reload.finished', ({ outcome }) => outcome === 'swapped');
  const caller = await scenario.caller(run);
  scenario.save(gameServer('v1'));
  scenario.config({ version: '1.0.0', environment: { FROM_FILE: 'yes' } });
  scenario.save(`${gameServer('v2')}\nconsole.log('FROM_FILE is ' + process.env.FROM_FILE);`);
  expect((await caller.echo().outcome).answer?.version).toBe('v0');
  const mark = run.mark();
  run.signal('SIGHUP');
  const finished = await run.waitFor('reload.finished', () => true, mark);
  expect(finished).toMatchObject({ outcome: 'swapped', generation: 2, trigger: { kind: 'manual' } });
  expect('instance' in finished).toBe(false);
  await run.waitFor('process.output', ({ line }) => line === 'FROM_FILE is yes', mark);
  expect((await caller.echo().outcome).answer?.version).toBe('v2');
  expect(run.events.some(({ type }) => type === 'files.changed')).toBe(false);
  expect((await run.stop('SIGTERM')).code).toBe(143);
});
