import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { DevProcess } from '../../support/dev-process.js';
import { gameServer } from '../../support/project.js';
import type { Caller } from './caller.js';
import { eventsOf, reloaded, Scenario } from './scenario.js';

const WAITS = { beforeConnect: `await passed('start');` };

let scenario: Scenario;

beforeEach(() => {
  scenario = new Scenario();
});

afterEach(() => scenario.close());

/** A stop-first reload that stands between two generations: the old one is gone, the new one waits before it registers. */
async function betweenGenerations(
  hold: object = {},
): Promise<{ dev: DevProcess; caller: Caller; mark: number; generation: number }> {
  scenario.save(gameServer('one'));
  scenario.config({ restart: { strategy: 'stop-first' }, hold });
  const { dev, caller } = await scenario.running();
  const mark = dev.mark();
  scenario.save(gameServer('two', WAITS));
  await dev.waitFor('generation.stopped', (event) => event.generation === 1);
  const { generation } = await scenario.reached(dev, 'start', mark);
  return { dev, caller, mark, generation };
}

describe('calls while no generation serves', () => {
  it('wait, and are answered by the new generation in their order', async () => {
    const { dev, caller, mark, generation } = await betweenGenerations();
    const ids = ['a', 'b', 'c', 'd', 'e'];
    const calls = ids.map((id) => caller.echo({ id }));
    await caller.roundTrips(10);
    expect(calls.map((call) => call.isPending)).toEqual(ids.map(() => true));
    expect(scenario.executions()).toEqual([]);
    scenario.open('start');
    for (const [index, call] of calls.entries()) {
      const answer = { id: ids[index], generation, version: 'two' };
      expect(await call.outcome).toMatchObject({ status: 'OK', answer });
    }
    expect(scenario.executions()).toEqual(ids.map((id) => `${id} ${generation}`));
    expect(await reloaded(dev, mark)).toMatchObject({ outcome: 'swapped', calls: { held: 5, lost: 0 } });
  });

  it('wait for the first generation as well', async () => {
    scenario.save(gameServer('one', WAITS));
    scenario.config();
    const dev = scenario.start();
    const caller = await scenario.caller(dev);
    await scenario.reached(dev, 'start');
    // Nobody knows yet which functions there will be, so a call of any function waits.
    const call = caller.echo();
    const unknown = caller.call('no-such-function', {});
    await caller.roundTrips();
    expect([call.isPending, unknown.isPending]).toEqual([true, true]);
    scenario.open('start');
    expect(await call.outcome).toMatchObject({ status: 'OK', answer: { generation: 1 } });
    expect(await unknown.outcome).toMatchObject({ status: 'NOT_FOUND' });
  });

  it('are refused when the queue is full; those in it are answered', async () => {
    const { dev, caller, mark } = await betweenGenerations({ calls: 2 });
    const held = [caller.echo({ id: 'a' }), caller.echo({ id: 'b' })];
    const refused = await caller.echo({ id: 'c' }).outcome;
    expect(refused).toMatchObject({ status: 'UNAVAILABLE', reason: 'hold-queue-full' });
    expect(refused.message).toContain('no more than 2 calls');
    expect(held.map((call) => call.isPending)).toEqual([true, true]);
    scenario.open('start');
    for (const call of held)
      expect(await call.outcome).toMatchObject({ status: 'OK', answer: { version: 'two' } });
    expect(await reloaded(dev, mark)).toMatchObject({ calls: { held: 2, lost: 1 } });
    expect(scenario.executions().map((line) => line.split(' ')[0])).toEqual(['a', 'b']);
  });

  it('are refused when what is held is too large', async () => {
    const { caller } = await betweenGenerations({ bytes: '1KiB' });
    const small = caller.echo({ id: 'small' });
    expect(await caller.echo({ id: 'x'.repeat(2000) }).outcome).toMatchObject({ reason: 'hold-queue-full' });
    expect(small.isPending).toBe(true);
    scenario.open('start');
    expect(await small.outcome).toMatchObject({ status: 'OK' });
  });

  it('are told so when they cannot be held any longer', async () => {
    const { dev, caller, mark, generation } = await betweenGenerations({ timeout: '300ms' });
    const sentAt = performance.now();
    const outcome = await caller.echo({ id: 'late' }).outcome;
    expect(performance.now() - sentAt).toBeGreaterThanOrEqual(290);
    expect(outcome).toMatchObject({
      status: 'UNAVAILABLE',
      reason: 'hold-timeout',
      generation: String(generation),
    });
    scenario.open('start');
    expect(await reloaded(dev, mark)).toMatchObject({ outcome: 'swapped', calls: { held: 1, lost: 1 } });
    expect(await caller.echo({ id: 'next' }).outcome).toMatchObject({ status: 'OK' });
    expect(scenario.executions()).toEqual([`next ${generation}`]);
  });

  it('are answered before their deadline, or leave the queue with their caller, and never run then', async () => {
    const { dev, caller, mark, generation } = await betweenGenerations();
    const hurried = [500, 600, 700, 800, 900].map((timeoutMs) =>
      caller.echo({ id: 'hurried' }, { timeoutMs }),
    );
    const leaving = new AbortController();
    const left = caller.echo({ id: 'left' }, { signal: leaving.signal });
    await caller.roundTrips();
    leaving.abort();
    expect(await left.outcome).toMatchObject({ status: 'CANCELLED' });
    const outcomes = await Promise.all(hurried.map((call) => call.outcome));
    // The gateway answers 100 ms before the deadline, which a very busy machine can miss for one or the other.
    expect(outcomes.filter(({ reason }) => reason === 'hold-timeout').length).toBeGreaterThan(0);
    for (const { status, reason } of outcomes) {
      expect(reason === 'hold-timeout' || status === 'DEADLINE_EXCEEDED').toBe(true);
    }
    scenario.open('start');
    await reloaded(dev, mark);
    expect(await caller.echo({ id: 'next' }).outcome).toMatchObject({ status: 'OK' });
    expect(scenario.executions()).toEqual([`next ${generation}`]);
  });
});

describe('a drain before the old generation is stopped', () => {
  it('that runs out of time cuts the call, and says how to give it more', async () => {
    scenario.save(gameServer('one'));
    scenario.config({ restart: { strategy: 'stop-first', stopTimeout: '200ms' }, drain: { calls: '300ms' } });
    const { dev, caller } = await scenario.running();
    const stuck = caller.echo({ id: 'stuck', barrier: 'never' }, { idempotencyKey: 'key' });
    await scenario.reached(dev, 'never');

    const mark = dev.mark();
    scenario.save(gameServer('two'));
    expect(await stuck.outcome).toMatchObject({
      status: 'UNAVAILABLE',
      reason: 'drain-timeout',
      generation: '1',
    });
    expect(await reloaded(dev, mark)).toMatchObject({ outcome: 'swapped', calls: { drained: 0, lost: 1 } });
    const notices = eventsOf(dev, 'session.notice', mark).map(({ message }) => message);
    expect(notices.join('\n')).toContain(
      '1 call of generation 1 did not end within 300 ms and was cut (drain-timeout). More time: "drain": { "calls": "60s" }',
    );
    expect(scenario.executions()).toEqual(['stuck 1']);
  });

  it('lets a call pass that the draining generation itself makes', async () => {
    const asksItself = {
      beforeConnect: `const { connectAgent } = await import(import.meta.resolve('croupier-cli/sdk').replace('sdk/index.js', 'protocol/client.js'));
service.registerFunction({ id: 'outer', version: '1.0.0' }, async () => {
  await passed('outer');
  const agent = connectAgent(process.env.CROUPIER_AGENT_ADDR);
  const request = { functionId: 'echo', idempotencyKey: '', payload: Buffer.from('{"id":"inner"}'), metadata: {} };
  const inner = await agent.invoke(request, { timeoutMs: 60_000 });
  agent.close();
  return inner.ok ? JSON.parse(inner.value.payload) : inner.error;
});`,
    };
    scenario.save(gameServer('one', asksItself));
    scenario.config({ restart: { strategy: 'stop-first' } });
    const { dev, caller } = await scenario.running();
    const outer = caller.call('outer', {});
    await scenario.reached(dev, 'outer');

    const mark = dev.mark();
    scenario.save(gameServer('two', asksItself));
    await dev.waitFor('generation.draining', () => true, mark);
    const fromOutside = caller.echo({ id: 'outside' });
    await caller.roundTrips();
    expect([outer.isPending, fromOutside.isPending]).toEqual([true, true]);
    scenario.open('outer');
    expect(await outer.outcome).toMatchObject({ status: 'OK', answer: { id: 'inner', generation: 1 } });
    expect(await fromOutside.outcome).toMatchObject({ status: 'OK', answer: { version: 'two' } });
  });
});
