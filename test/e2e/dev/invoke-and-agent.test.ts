import { once } from 'node:events';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { runCroupier, until } from '../../support/dev-process.js';
import { gameServer } from '../../support/project.js';
import { Scenario } from './scenario.js';

let scenario: Scenario;

beforeEach(() => {
  scenario = new Scenario();
});

afterEach(() => scenario.close());

function croupier(...words: readonly string[]) {
  return runCroupier(scenario.project.folder, words, scenario.environment);
}

describe('croupier invoke', () => {
  it('finds the session of its folder: a call, a job, a function that is not there', async () => {
    scenario.save(gameServer('one'));
    scenario.config();
    await scenario.running();

    const called = await croupier('invoke', 'echo', '{"id":"by hand"}');
    expect(called).toMatchObject({ code: 0, stderr: '' });
    expect(JSON.parse(called.stdout)).toMatchObject({ id: 'by hand', generation: 1, version: 'one' });

    const job = await croupier('invoke', 'count', '{"steps":2,"pause":1}', '--job', '--json');
    expect(job).toMatchObject({ code: 0, stderr: '' });
    const events = job.stdout
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line));
    expect(events.map(({ type }) => type)).toEqual(['started', 'progress', 'progress', 'done']);
    expect(events.at(-1)).toMatchObject({ payload: { generation: 1, steps: 2 } });

    const unknown = await croupier('invoke', 'ecko', '{}');
    expect(unknown).toMatchObject({ code: 1, stdout: '' });
    expect(unknown.stderr).toContain('echo');
    expect(unknown.stderr).not.toMatch(/^\s+at /m);
  });

  it('says that nobody is there when the session has ended', async () => {
    scenario.save(gameServer('one'));
    scenario.config();
    const { dev } = await scenario.running();
    const gateway = await dev.gateway();
    await dev.stop();
    const refused = await croupier('invoke', 'echo', '{}', '--agent', gateway, '--timeout', '2s');
    expect(refused).toMatchObject({ code: 3, stdout: '' });
    expect(refused.stderr).toContain(`nobody answers at ${gateway} (--agent)`);
  });
});

describe('croupier agent', () => {
  it('holds the calls of a game server that is started again by hand', async () => {
    scenario.save(gameServer('one'));
    const agent = scenario.startCommand(['agent', '--listen', '127.0.0.1:0', '--json']);
    const env = { CROUPIER_AGENT_ADDR: await agent.gateway() };
    const caller = await scenario.caller(agent);
    const first = scenario.startByHand('server.js', env);
    await until('the game server is registered', async () => (await caller.echo().outcome).status === 'OK');
    expect(await caller.echo().outcome).toMatchObject({ answer: { version: 'one', pid: first.pid } });

    const exited = once(first, 'exit');
    first.kill('SIGKILL');
    await exited;
    const held = caller.echo({ id: 'held' });
    await caller.roundTrips(10);
    expect(held.isPending).toBe(true);

    scenario.save(gameServer('two'));
    const second = scenario.startByHand('server.js', env);
    expect(await held.outcome).toMatchObject({ status: 'OK', answer: { version: 'two', pid: second.pid } });
    expect(await agent.stop('SIGINT')).toEqual({ code: 130, signal: null });
    expect(agent.stderr).toEqual([]);
  });
});
