import { describe, expect, it } from 'vitest';
import { awaitQuiet } from '../../../src/dev/control-drain.js';
import { ServiceNews, showFunction } from '../../../src/dev/control-status.js';
import { events, stamp } from '../../support/events.js';
import { VirtualClock } from '../../support/virtual-clock.js';

const GAME = { service: 'game', generation: 1 };

const failed = stamp({
  type: 'generation.failed',
  ...GAME,
  pid: 41,
  reason: 'exited',
  message: 'the process exited with code 1',
  exitCode: 1,
  signal: null,
  serving: null,
  retryMs: null,
  outputTail: [],
});

const finished = stamp({
  type: 'reload.finished',
  ...GAME,
  trigger: { kind: 'manual', paths: [] },
  rule: 'manual',
  strategy: 'overlap',
  outcome: 'failed',
  ms: { build: 0, drain: 0, stop: 0, start: 9, total: 9 },
  calls: { held: 0, drained: 0, replayed: 0, lost: 0 },
});

describe('the news of services', () => {
  it('follow their states', () => {
    const news = new ServiceNews();
    expect(news.state('game')).toBe('idle');
    news.take(stamp({ type: 'generation.starting', ...GAME, pid: 41 }));
    expect(news.state('game')).toBe('starting');
    news.take(failed);
    expect(news.state('game')).toBe('failed');
    expect(news.failure('game')).toEqual({ reason: 'exited', message: 'the process exited with code 1' });
    news.take(stamp({ type: 'generation.active', ...GAME, generation: 2, pid: 42, functions: [] }));
    expect(news.state('game')).toBe('ready');
    expect(news.failure('game')).toBeNull();
  });

  it('tell why a reload failed, and who serves after it', () => {
    const news = new ServiceNews();
    news.take(failed);
    news.take(finished);
    expect(news.lastReload('game')).toMatchObject({
      outcome: 'failed',
      failure: 'the process exited with code 1',
      serving: null,
      time: finished.time,
    });
    news.take(stamp({ type: 'generation.active', ...GAME, generation: 2, pid: 42, functions: [] }));
    expect(news.report({ ...finished, outcome: 'swapped' })).toMatchObject({ failure: null, serving: 2 });
    expect(news.report({ ...finished, reason: 'instance 2: it died' }).failure).toBe('instance 2: it died');
  });

  it('have the reload of all instances, not of each', () => {
    const news = new ServiceNews();
    news.take({ ...finished, outcome: 'swapped' });
    news.take({ ...finished, instance: 2 });
    expect(news.lastReload('game')?.outcome).toBe('swapped');
    const crash = { kind: 'crash', paths: [] } as const;
    news.take({ ...finished, instance: 2, trigger: crash });
    expect(news.lastReload('game')?.trigger.kind).toBe('crash');
    news.take(stamp(events.notice('info', 'no reload')));
    expect(news.lastReload('chat')).toBeNull();
  });
});

describe('a function', () => {
  it('is shown with its schemas as what they are', () => {
    const registered = {
      id: 'echo',
      version: '1.0.0',
      tags: ['a'],
      summary: '',
      description: '',
      operationId: '',
      deprecated: false,
      inputSchema: '{"type":"object"}',
      outputSchema: 'not json',
      category: '',
      risk: 'low',
      entity: '',
      operation: '',
      service: 'game',
      generation: 3,
    };
    expect(showFunction(registered)).toMatchObject({
      inputSchema: { type: 'object' },
      outputSchema: 'not json',
      generation: 3,
      risk: 'low',
    });
    expect(showFunction({ ...registered, outputSchema: '' }).outputSchema).toBeNull();
  });
});

describe('the wait for a drained service', () => {
  const never = new AbortController().signal;

  it('is over when nothing has been under way for a quarter of a second', async () => {
    const clock = new VirtualClock();
    const gauges = { held: 0, calls: 1, jobs: 0 };
    let left: unknown = null;
    void awaitQuiet([{ gauges }], clock, 60_000, never).then((load) => {
      left = load;
    });
    await clock.advance(5000);
    gauges.calls = 0;
    await clock.advance(240);
    expect(left).toBeNull();
    // One more that was on its way.
    gauges.held = 1;
    await clock.advance(40);
    gauges.held = 0;
    await clock.advance(240);
    expect(left).toBeNull();
    await clock.advance(60);
    expect(left).toEqual({ held: 0, calls: 0, jobs: 0 });
    expect(clock.pending).toBe(0);
  });

  it('is over when its time is up, with what is left of all services', async () => {
    const clock = new VirtualClock();
    const services = [{ gauges: { held: 0, calls: 2, jobs: 0 } }, { gauges: { held: 1, calls: 0, jobs: 3 } }];
    const waiting = awaitQuiet(services, clock, 1000, never);
    await clock.advance(1000);
    expect(await waiting).toEqual({ held: 1, calls: 2, jobs: 3 });
  });

  it('is over when nobody waits for the answer any more', async () => {
    const clock = new VirtualClock();
    const gone = new AbortController();
    const waiting = awaitQuiet([{ gauges: { held: 0, calls: 1, jobs: 0 } }], clock, 60_000, gone.signal);
    await clock.advance(100);
    gone.abort();
    await clock.advance(20);
    expect(await waiting).toMatchObject({ calls: 1 });
  });
});
