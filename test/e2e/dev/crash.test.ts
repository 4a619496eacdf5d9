import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { until } from '../../support/dev-process.js';
import { Load } from '../../support/load.js';
import { gameServer } from '../../support/project.js';
import { eventsOf, lastOf, reloaded, Scenario } from './scenario.js';

/** Dies at its start for as long as the barrier is closed. */
const DIES = {
  beforeConnect: `if (!existsSync(process.env.BARRIERS + '/repaired')) throw new Error('no database');`,
};

/** A function whose run on the first generation never ends. */
const STUCK = {
  beforeConnect: `service.registerFunction({ id: 'stuck', version: '1.0.0' }, async ({ id }) => {
  appendFileSync(process.env.EXECUTIONS, id + ' ' + generation + '\\n');
  if (generation === 1) await new Promise(() => {});
  return { id, generation };
});`,
};

let scenario: Scenario;

beforeEach(() => {
  scenario = new Scenario();
});

afterEach(() => scenario.close());

describe('a game server that dies at its start', () => {
  it('is started again after growing pauses; calls wait and are answered when it comes up', async () => {
    scenario.save(gameServer('one', DIES));
    scenario.config({ restart: { backoff: { initial: '100ms', max: '400ms' } } });
    const dev = scenario.start();
    const caller = await scenario.caller(dev);
    const held = caller.echo();

    await dev.waitFor('generation.failed', ({ generation }) => generation === 5);
    expect(held.isPending).toBe(true);
    const failures = eventsOf(dev, 'generation.failed');
    // 100, 200, 400, 400 and 400 ms, each up to a quarter more or less.
    const bounds = [100, 200, 400, 400, 400];
    for (const [index, failure] of failures.slice(0, bounds.length).entries()) {
      const expected = bounds[index] ?? Number.NaN;
      expect(failure).toMatchObject({ generation: index + 1, reason: 'exited', exitCode: 1, serving: null });
      expect(failure.outputTail.join('\n')).toContain('no database');
      expect(failure.retryMs).toBeGreaterThanOrEqual(expected * 0.75);
      expect(failure.retryMs).toBeLessThanOrEqual(expected * 1.25);
    }
    const starts = eventsOf(dev, 'generation.starting').map(({ time }) => Date.parse(time));
    for (const [index, { time, retryMs }] of failures.slice(0, bounds.length - 1).entries()) {
      // Event times are whole ms.
      expect((starts[index + 1] ?? Number.NaN) - Date.parse(time)).toBeGreaterThanOrEqual(
        (retryMs ?? Number.NaN) - 2,
      );
    }
    scenario.open('repaired');
    const { generation } = await dev.waitFor('generation.active');
    expect(await held.outcome).toMatchObject({ status: 'OK', answer: { generation, version: 'one' } });
    expect((await dev.waitFor('reload.finished', ({ outcome }) => outcome === 'swapped')).trigger.kind).toBe(
      'crash',
    );
  });

  it('is started at once when a file is saved', async () => {
    scenario.save(gameServer('one', DIES));
    scenario.config({ restart: { backoff: { initial: '10m', max: '10m' } } });
    const dev = scenario.start();
    const failed = await dev.waitFor('generation.failed');
    expect(failed.retryMs).toBeGreaterThanOrEqual(450_000);
    scenario.save(gameServer('two'));
    await dev.waitFor('generation.active');
    const caller = await scenario.caller(dev);
    expect(await caller.echo().outcome).toMatchObject({ status: 'OK', answer: { version: 'two' } });
  });
});

describe('a game server that ends by itself with 0', () => {
  it('is not started again before a file is saved; calls are told at once', async () => {
    const quits = { beforeConnect: `setTimeout(async () => { await passed('quit'); process.exit(0); }, 1);` };
    scenario.save(gameServer('one', quits));
    scenario.config();
    const { dev, caller } = await scenario.running();
    scenario.open('quit');
    const failed = await dev.waitFor('generation.failed');
    expect(failed).toMatchObject({ generation: 1, exitCode: 0, serving: null, retryMs: null });
    expect(await caller.echo().outcome).toMatchObject({ status: 'UNAVAILABLE', reason: 'generation-failed' });
    const mark = dev.mark();
    scenario.save(gameServer('two'));
    expect(await reloaded(dev, mark)).toMatchObject({ outcome: 'swapped' });
    expect(await caller.echo().outcome).toMatchObject({ status: 'OK', answer: { version: 'two' } });
  });
});

describe('a game server that dies with calls in flight', () => {
  it('answers them child-lost with its generation; listed ones with a key run again on the next', async () => {
    scenario.save(gameServer('one', STUCK));
    scenario.config({ replay: ['stuck'], restart: { backoff: { initial: '50ms', max: '50ms' } } });
    const { dev, caller } = await scenario.running();
    const { pid } = await dev.waitFor('generation.active');

    const notListed = caller.echo({ id: 'not-listed', barrier: 'never' }, { idempotencyKey: 'key-1' });
    const withoutKey = caller.call('stuck', { id: 'without-key' });
    const listed = caller.call('stuck', { id: 'listed' }, { idempotencyKey: 'key-2' });
    await until('all three run', () => scenario.executions().length === 3);
    const mark = dev.mark();
    process.kill(pid, 'SIGKILL');

    const lost = { status: 'UNAVAILABLE', reason: 'child-lost', generation: '1' };
    expect(await notListed.outcome).toMatchObject(lost);
    expect(await withoutKey.outcome).toMatchObject(lost);
    expect(await listed.outcome).toMatchObject({ status: 'OK', answer: { id: 'listed', generation: 2 } });
    expect([...scenario.executions()].sort()).toEqual([
      'listed 1',
      'listed 2',
      'not-listed 1',
      'without-key 1',
    ]);
    expect(await dev.waitFor('generation.failed', () => true, mark)).toMatchObject({
      generation: 1,
      reason: 'exited',
      message: 'the process was ended by SIGKILL',
      exitCode: null,
      signal: 'SIGKILL',
      serving: null,
    });
    expect(await reloaded(dev, mark)).toMatchObject({
      generation: 2,
      trigger: { kind: 'crash' },
      outcome: 'swapped',
      calls: { replayed: 1, lost: 2 },
    });
    expect(await caller.echo().outcome).toMatchObject({ status: 'OK', answer: { generation: 2 } });
  });
});

describe('a new generation that dies while the old one is kept', () => {
  it('gives the calls back to the old one, and none is lost', async () => {
    scenario.save(gameServer('one'));
    scenario.config({ replay: ['echo'], restart: { strategy: 'overlap', keepOld: '5m' } });
    const { dev } = await scenario.running();
    const load = new Load(await dev.gateway(), { perSecond: 100, longestMs: 50 });
    load.start();

    const saved = dev.mark();
    scenario.save(gameServer('two'));
    await reloaded(dev, saved);
    await until('the new code answers', () => load.answers.at(-1)?.version === 'two');
    const active = lastOf(dev, 'generation.active');
    const mark = dev.mark();
    process.kill(active.pid, 'SIGKILL');

    expect(await dev.waitFor('generation.failed', () => true, mark)).toMatchObject({
      generation: active.generation,
      reason: 'exited',
      signal: 'SIGKILL',
      serving: 1,
    });
    await dev.waitFor('generation.active', ({ generation }) => generation === 1, mark);
    expect(await reloaded(dev, mark)).toMatchObject({
      generation: 1,
      outcome: 'kept-old',
      calls: { lost: 0 },
    });
    await until('the old code answers', () => load.answers.at(-1)?.version === 'one');
    await load.stop();
    expect(load.losses).toEqual([]);
    expect(load.answers).toHaveLength(load.sent);
  });
});
