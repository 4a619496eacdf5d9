import { beforeEach, describe, expect, it } from 'vitest';
import type { SupervisedService } from '../../../src/supervisor/generations.js';
import { Supervisor } from '../../../src/supervisor/supervisor.js';
import { settle } from '../../support/virtual-clock.js';
import { FakePorts } from './fake-ports.js';
import { request } from './machine.js';

const service: SupervisedService = {
  name: 'game',
  build: null,
  restart: {
    strategy: 'overlap',
    signal: 'SIGTERM',
    stopTimeout: 5000,
    keepOld: 2000,
    backoff: { initial: 500, max: 15_000 },
  },
  ready: { kind: 'auto', timeout: 30_000 },
  drain: { calls: 10_000, jobs: 30_000 },
};

const crash = { reason: 'exited', exitCode: 1, signal: null, outputTail: ['boom'] } as const;

let fake: FakePorts;
let supervisor: Supervisor;

function open(mode: 'overlap' | 'stop-first' = 'overlap', changed: Partial<SupervisedService> = {}): void {
  fake = new FakePorts();
  supervisor = new Supervisor({ ...service, ...changed }, fake.ports(), mode);
}

async function want(): Promise<void> {
  supervisor.dispatch({ type: 'wanted', request: request({ at: fake.clock.now() }) });
  await settle();
}

async function serve(generation: number): Promise<void> {
  fake.process(generation).readiness.resolve();
  await settle();
}

async function startFirst(): Promise<void> {
  supervisor.dispatch({ type: 'wanted', request: request({ trigger: { kind: 'start', paths: [] } }) });
  await settle();
  await serve(1);
}

beforeEach(() => open());

describe('overlap', () => {
  it('keeps the old generation for keepOld although it is drained, then ends it', async () => {
    await startFirst();
    await want();
    await serve(2);
    fake.drained(1, 'calls');
    fake.drained(1, 'jobs');
    await fake.clock.advance(1999);
    expect(fake.process(1).stops).toEqual([]);
    await fake.clock.advance(1);
    expect(fake.process(1).stops).toEqual([['SIGTERM', 5000]]);
  });

  it('does not end it before its calls and jobs are drained', async () => {
    await startFirst();
    await want();
    await serve(2);
    fake.drained(1, 'calls');
    await fake.clock.advance(5000);
    expect(fake.process(1).stops).toEqual([]);
    fake.drained(1, 'jobs');
    await settle();
    expect(fake.process(1).stops).toHaveLength(1);
  });

  it('closes the channel before it signals', async () => {
    await startFirst();
    await want();
    await serve(2);
    fake.log.length = 0;
    fake.drained(1, 'calls');
    fake.drained(1, 'jobs');
    await fake.clock.advance(2000);
    expect(fake.log).toEqual(['retire 1']);
    expect(fake.process(1).stops).toHaveLength(1);
  });

  it('gives the calls back to a kept generation, whose end is then called off', async () => {
    await startFirst();
    await want();
    await serve(2);
    fake.drained(1, 'calls');
    fake.drained(1, 'jobs');
    fake.process(2).exit.resolve(crash);
    await settle();
    expect(fake.log.slice(-2)).toEqual(['route 1', 'retire 2']);
    await fake.clock.advance(10_000);
    expect(fake.process(1).stops).toEqual([]);
    expect(supervisor.activeGeneration).toBe(1);
    // What the dead generation's calls came to is known when it is gone.
    fake.counters = { held: 0, drained: 0, replayed: 1, lost: 2 };
    fake.process(2).groupGone.resolve();
    await settle();
    expect(fake.last('reload.finished')).toMatchObject({
      outcome: 'kept-old',
      trigger: { kind: 'crash' },
      calls: { replayed: 1, lost: 2 },
    });
  });

  it('ends a candidate that is not ready in time, with what was waited for and the last lines', async () => {
    await startFirst();
    await want();
    await fake.clock.advance(30_000);
    expect(fake.process(2).stops).toEqual([['SIGTERM', 5000]]);
    expect(fake.last('generation.failed')).toMatchObject({
      generation: 2,
      reason: 'not-ready',
      message: 'not ready after 30000 ms: waited for the test',
      outputTail: ['last line'],
      serving: 1,
    });
  });

  it('does not wait for a superseded candidate to be gone', async () => {
    await startFirst();
    await want();
    await want();
    expect(fake.process(2).stops).toHaveLength(1);
    expect(fake.log).toContain('launch 3');
  });

  it('tells what was cut when a drain ran out of time', async () => {
    await startFirst();
    await want();
    await serve(2);
    fake.drained(1, 'calls', 3);
    fake.drained(1, 'jobs');
    await fake.clock.advance(2000);
    expect(fake.last('session.notice').message).toContain(
      '3 calls of generation 1 did not end within 10000 ms',
    );
  });
});

describe('stop-first', () => {
  it('starts the new process only when the whole old group is gone', async () => {
    open('stop-first');
    await startFirst();
    await want();
    fake.drained(1, 'jobs');
    await settle();
    fake.drained(1, 'calls');
    await settle();
    expect(fake.process(1).stops).toHaveLength(1);
    expect(fake.log).not.toContain('launch 2');
    fake.process(1).groupGone.resolve();
    await settle();
    expect(fake.log.slice(-2)).toEqual(['gone 1', 'launch 2']);
  });

  it('starts a further candidate only when the discarded one is gone', async () => {
    open('stop-first');
    supervisor.dispatch({ type: 'wanted', request: request({ trigger: { kind: 'start', paths: [] } }) });
    await settle();
    await want();
    expect(fake.log).not.toContain('launch 2');
    fake.process(1).groupGone.resolve();
    await settle();
    expect(fake.log).toContain('launch 2');
  });

  it('reports the phases', async () => {
    open('stop-first');
    await startFirst();
    await want();
    await fake.clock.advance(10);
    fake.drained(1, 'jobs');
    await fake.clock.advance(20);
    fake.drained(1, 'calls');
    await fake.clock.advance(40);
    fake.process(1).groupGone.resolve();
    await fake.clock.advance(80);
    await serve(2);
    expect(fake.last('reload.finished').ms).toEqual({ build: 0, drain: 30, stop: 40, start: 80, total: 150 });
  });
});

describe('figures of a request that a newer one replaced during the drain', () => {
  it('go on, and are told with the newer one', async () => {
    open('stop-first');
    await startFirst();
    await want();
    await fake.clock.advance(10);
    fake.counters = { held: 2, drained: 1, replayed: 0, lost: 0 };
    await want();
    fake.drained(1, 'jobs');
    await settle();
    fake.drained(1, 'calls');
    await settle();
    fake.process(1).groupGone.resolve();
    await settle();
    await serve(2);
    expect(fake.last('reload.finished')).toMatchObject({
      ms: { drain: 10, total: 10 },
      calls: { held: 2, drained: 1 },
    });
  });
});

describe('calls in the report', () => {
  it('are those between the change and the end', async () => {
    fake.counters = { held: 5, drained: 5, replayed: 5, lost: 5 };
    await startFirst();
    await want();
    fake.counters = { held: 7, drained: 6, replayed: 8, lost: 5 };
    await serve(2);
    expect(fake.last('reload.finished').calls).toEqual({ held: 2, drained: 1, replayed: 3, lost: 0 });
  });

  it('count what still ends on the replaced generation as drained', async () => {
    await startFirst();
    await want();
    fake.inFlight = 4;
    await serve(2);
    expect(fake.last('reload.finished').calls.drained).toBe(4);
  });
});

describe('crashes', () => {
  async function crashAndRetry(generation: number, waitMs: number): Promise<void> {
    fake.process(generation).exit.resolve(crash);
    fake.process(generation).groupGone.resolve();
    await settle();
    expect(fake.last('generation.failed')).toMatchObject({ retryMs: waitMs, serving: null });
    await fake.clock.advance(waitMs - 1);
    expect(fake.processes.has(generation + 1)).toBe(false);
    await fake.clock.advance(1);
    await serve(generation + 1);
  }

  it('are answered after 0.5 s, doubling', async () => {
    await startFirst();
    await crashAndRetry(1, 500);
    await crashAndRetry(2, 1000);
    await crashAndRetry(3, 2000);
  });

  it('begin again with 0.5 s after 10 s of health', async () => {
    await startFirst();
    await crashAndRetry(1, 500);
    await crashAndRetry(2, 1000);
    await fake.clock.advance(10_000);
    await crashAndRetry(3, 500);
  });

  it('are reported from the crash on: the pause, and the calls that it cost', async () => {
    await startFirst();
    fake.process(1).exit.resolve(crash);
    fake.process(1).groupGone.resolve();
    await settle();
    fake.counters = { held: 3, drained: 0, replayed: 1, lost: 2 };
    await fake.clock.advance(500);
    await serve(2);
    expect(fake.last('reload.finished')).toMatchObject({
      trigger: { kind: 'crash' },
      ms: { total: 500 },
      calls: { held: 3, replayed: 1, lost: 2 },
    });
  });

  it('are retried at once when a file is saved', async () => {
    await startFirst();
    fake.process(1).exit.resolve(crash);
    fake.process(1).groupGone.resolve();
    await settle();
    await want();
    expect(fake.log).toContain('launch 2');
    await fake.clock.advance(60_000);
    expect(fake.log).not.toContain('launch 3');
  });
});

describe('a request', () => {
  const ask = (part = {}) => supervisor.want(request({ at: fake.clock.now(), ...part }));

  it('tells what became of it', async () => {
    await startFirst();
    const swap = ask();
    await settle();
    await serve(2);
    expect(await swap).toMatchObject({ kind: 'finished', outcome: 'swapped', generation: 2, reason: null });
    const failing = ask();
    await settle();
    fake.process(3).exit.resolve(crash);
    fake.process(3).groupGone.resolve();
    expect(await failing).toMatchObject({
      outcome: 'kept-old',
      generation: 3,
      reason: 'the process exited with code 1',
    });
  });

  it('that another one takes the place of is told so', async () => {
    await startFirst();
    const first = ask();
    await settle();
    const second = ask();
    await settle();
    expect(await first).toEqual({ kind: 'superseded' });
    await serve(3);
    expect(await second).toMatchObject({ outcome: 'swapped', generation: 3 });
  });

  it('is over when the session ends', async () => {
    const first = ask();
    await settle();
    supervisor.force();
    fake.process(1).groupGone.resolve();
    expect(await first).toEqual({ kind: 'closed' });
    expect(await ask()).toEqual({ kind: 'closed' });
  });
});

describe('a pinned generation', () => {
  async function swapPinned(): Promise<void> {
    await startFirst();
    void supervisor.want(request({ at: fake.clock.now(), pinsOld: true }));
    await settle();
    await serve(2);
    fake.drained(1, 'calls');
    fake.drained(1, 'jobs');
    await settle();
  }

  it('is kept until nobody will go back to it', async () => {
    await swapPinned();
    await fake.clock.advance(60_000);
    expect(fake.process(1).stops).toEqual([]);
    supervisor.unpin();
    await settle();
    expect(fake.process(1).stops).toHaveLength(1);
  });

  it('is kept as long as any other when that is told at once', async () => {
    await swapPinned();
    supervisor.unpin();
    await fake.clock.advance(1999);
    expect(fake.process(1).stops).toEqual([]);
    await fake.clock.advance(1);
    expect(fake.process(1).stops).toHaveLength(1);
  });

  it('is kept for ten minutes at most', async () => {
    await swapPinned();
    await fake.clock.advance(599_999);
    expect(fake.process(1).stops).toEqual([]);
    await fake.clock.advance(1);
    expect(fake.process(1).stops).toHaveLength(1);
  });

  it('gets the calls back, and the one that had them is drained and ended', async () => {
    await swapPinned();
    expect(supervisor.goBack(2, request({ rule: 'rollback' }))).toBe(true);
    expect(supervisor.activeGeneration).toBe(1);
    expect(fake.log.at(-1)).toBe('drain jobs 2');
    expect(fake.last('reload.finished')).toMatchObject({
      generation: 1,
      outcome: 'kept-old',
      rule: 'rollback',
    });
    expect(fake.process(2).stops).toEqual([]);
    fake.drained(2, 'calls');
    fake.drained(2, 'jobs');
    await settle();
    expect(fake.process(2).stops).toHaveLength(1);
    expect(fake.process(1).stops).toEqual([]);
    expect(supervisor.goBack(1, request())).toBe(false);
  });
});

describe('functions', () => {
  it('are compared with those of the generation before', async () => {
    const schema = (required: string[]) =>
      JSON.stringify({ required, properties: { id: { type: 'string' } } });
    const one = { id: 'a', version: '1', inputSchema: schema([]), outputSchema: '' };
    fake.functions.set(1, [one, { ...one, id: 'gone' }]);
    fake.functions.set(2, [
      { ...one, version: '2', inputSchema: schema(['id']) },
      { ...one, id: 'new' },
    ]);
    await startFirst();
    await want();
    await serve(2);
    expect(fake.last('functions.changed')).toMatchObject({
      generation: 2,
      added: ['new'],
      removed: ['gone'],
      updated: ['a'],
      breaking: ['a'],
    });
  });

  it('that are registered later by the active generation are told as well', async () => {
    await startFirst();
    fake.functions.set(1, [{ id: 'late', version: '1', inputSchema: '', outputSchema: '' }]);
    supervisor.functionsChanged(1);
    expect(fake.last('functions.changed').added).toEqual(['late']);
  });
});

describe('closing', () => {
  it('resolves when every process is gone, retiring ones too', async () => {
    await startFirst();
    await want();
    await serve(2);
    let closed = false;
    const closing = supervisor.close().then(() => {
      closed = true;
    });
    for (const generation of [1, 2]) {
      fake.drained(generation, 'jobs');
      await settle();
      fake.drained(generation, 'calls');
      await settle();
    }
    fake.process(2).groupGone.resolve();
    await settle();
    expect(closed).toBe(false);
    fake.process(1).groupGone.resolve();
    await closing;
  });

  it('by force signals without grace and waits for no drain', async () => {
    await startFirst();
    const closing = supervisor.close();
    supervisor.force();
    expect(fake.process(1).stops.at(-1)).toEqual(['SIGTERM', 0]);
    fake.process(1).groupGone.resolve();
    fake.drained(1, 'jobs');
    await settle();
    fake.drained(1, 'calls');
    await closing;
  });

  it('ends a process whose start was under way', async () => {
    supervisor.dispatch({ type: 'wanted', request: request() });
    const closing = supervisor.close();
    await settle();
    fake.process(1).groupGone.resolve();
    await closing;
    expect(fake.process(1).stops).toHaveLength(1);
  });

  it('does nothing for a process that could not be started', async () => {
    fake.refusesToStart.add(1);
    await want();
    expect(fake.last('generation.failed').reason).toBe('spawn-failed');
    await supervisor.close();
  });
});

describe('builds', () => {
  it('tell when they are thrown away, and report their failure with the output and who serves', async () => {
    const build = {
      command: { argv: ['make'], shell: false, display: 'make' },
      timeout: 1000,
      artifact: '/a/{generation}/app',
      producesArtifact: true,
      checkOnly: false,
    };
    open('overlap', { build });
    supervisor.dispatch({ type: 'wanted', request: request({ trigger: { kind: 'start', paths: [] } }) });
    fake.builds.get(1)?.resolve({ outcome: 'succeeded', ms: 7, output: '' });
    await settle();
    await serve(1);
    expect(fake.log.at(-1)).toBe('keep /a/1/app');
    supervisor.dispatch({ type: 'wanted', request: request({ settled: false }) });
    supervisor.dispatch({ type: 'settled', request: null });
    await settle();
    expect(fake.last('build.cancelled').generation).toBe(2);
    await want();
    const failure = { reason: 'build-failed', exitCode: 2, signal: null, output: 'line 3: no' } as const;
    fake.builds.get(3)?.resolve({ outcome: 'failed', ms: 9, failure });
    await settle();
    expect(fake.last('build.failed')).toMatchObject({
      generation: 3,
      ms: 9,
      output: 'line 3: no',
      serving: 1,
    });
    expect(fake.last('reload.finished').outcome).toBe('kept-old');
  });
});

describe('a changed configuration', () => {
  it('counts from the next stop on, for generations that were started before as well', async () => {
    await startFirst();
    const restart = { ...service.restart, signal: 'SIGINT', stopTimeout: 1, keepOld: 100 } as const;
    supervisor.reconfigure({ ...service, restart }, null);
    expect(fake.log.filter((line) => line.startsWith('launch'))).toEqual(['launch 1']);
    await want();
    await serve(2);
    fake.drained(1, 'calls');
    fake.drained(1, 'jobs');
    await fake.clock.advance(100);
    expect(fake.process(1).stops).toEqual([['SIGINT', 1]]);
  });

  it('counts for the next wait for readiness and the next pause after a crash', async () => {
    await startFirst();
    const restart = { ...service.restart, backoff: { initial: 50, max: 50 } };
    supervisor.reconfigure({ ...service, restart, ready: { kind: 'auto', timeout: 700 } }, null);
    fake.process(1).exit.resolve(crash);
    await settle();
    expect(fake.last('generation.failed')).toMatchObject({ generation: 1, retryMs: 50 });
    fake.process(1).groupGone.resolve();
    await fake.clock.advance(50);
    await fake.clock.advance(700);
    expect(fake.last('generation.failed')).toMatchObject({ generation: 2, reason: 'not-ready' });
  });

  it('decides how the next swap is done, or leaves that as it has become', async () => {
    supervisor.reconfigure(service, 'stop-first');
    expect(supervisor.mode).toBe('stop-first');
    supervisor.reconfigure({ ...service, drain: { calls: 1, jobs: 1 } }, null);
    expect(supervisor.mode).toBe('stop-first');
    supervisor.reconfigure(service, 'overlap');
    expect(supervisor.mode).toBe('overlap');
  });
});
