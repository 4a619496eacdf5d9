import { describe, expect, it } from 'vitest';
import { GenerationHistory } from '../../../src/control/generation-history.js';
import type { CroupierEvent } from '../../../src/core/events.js';

type EventOf<Type extends CroupierEvent['type']> = Extract<CroupierEvent, { type: Type }>;

const FUNCTIONS = [{ id: 'echo', version: '1.0.0' }];

function take(history: GenerationHistory, ...events: readonly CroupierEvent[]): void {
  for (const [index, event] of events.entries()) {
    history.take({ ...event, time: `2026-01-01T00:00:0${index}.000Z` });
  }
}

const of = (generation: number, more: { readonly instance?: number } = {}) => ({
  service: 'game',
  generation,
  ...more,
});

const starting = (generation: number): EventOf<'generation.starting'> => ({
  type: 'generation.starting',
  ...of(generation),
  pid: 40 + generation,
});
const ready = (generation: number): EventOf<'generation.ready'> => ({
  type: 'generation.ready',
  ...of(generation),
  pid: 40 + generation,
  functions: FUNCTIONS,
  ms: 120,
});
const active = (generation: number): EventOf<'generation.active'> => ({
  type: 'generation.active',
  ...of(generation),
  pid: 40 + generation,
  functions: FUNCTIONS,
});
const draining = (generation: number): EventOf<'generation.draining'> => ({
  type: 'generation.draining',
  ...of(generation),
  pid: 40 + generation,
});
const stopped = (generation: number): EventOf<'generation.stopped'> => ({
  type: 'generation.stopped',
  ...of(generation),
  pid: 40 + generation,
  exitCode: 0,
  signal: null,
  ms: 5,
});
const failed = (
  generation: number,
  reason: 'exited' | 'not-ready' | 'spawn-failed',
  pid: number | null,
): EventOf<'generation.failed'> => ({
  type: 'generation.failed',
  ...of(generation),
  pid,
  reason,
  message: 'it failed',
  exitCode: 1,
  signal: null,
  serving: null,
  retryMs: null,
  outputTail: [],
});

function open(): GenerationHistory {
  return new GenerationHistory(() => [...FUNCTIONS, { id: 'more', version: '2.0.0' }]);
}

describe('the history of generations', () => {
  it('follows a process from its start to its end', () => {
    const history = open();
    take(history, starting(1), ready(1), active(1));
    expect(history.list('game')).toEqual([
      {
        service: 'game',
        generation: 1,
        instance: null,
        pid: 41,
        state: 'active',
        startedAt: '2026-01-01T00:00:00.000Z',
        readyMs: 120,
        activeAt: '2026-01-01T00:00:02.000Z',
        endedAt: null,
        exitCode: null,
        signal: null,
        failure: null,
        functions: FUNCTIONS,
      },
    ]);
    take(history, draining(1), stopped(1));
    expect(history.list('game')).toMatchObject([
      { state: 'stopped', endedAt: '2026-01-01T00:00:01.000Z', exitCode: 0 },
    ]);
    expect(history.active('game')).toEqual([]);
  });

  it('shows one that drains as the active one until another is', () => {
    const history = open();
    take(history, starting(1), ready(1), active(1), draining(1));
    expect(history.active('game')).toMatchObject([{ generation: 1, state: 'draining' }]);
    take(history, starting(2), ready(2), active(2));
    expect(history.active('game')).toMatchObject([{ generation: 2 }]);
    take(history, { ...active(1) });
    expect(history.active('game').map(({ generation }) => generation)).toEqual([1, 2]);
  });

  it('keeps why one failed: a build, a start, a crash', () => {
    const history = open();
    take(
      history,
      { type: 'build.started', ...of(1) },
      {
        type: 'build.failed',
        ...of(1),
        ms: 5,
        output: '',
        serving: null,
        reason: 'build-failed',
        message: 'the build failed with exit code 2',
      },
      failed(2, 'spawn-failed', null),
      starting(3),
      ready(3),
      active(3),
      failed(3, 'exited', 43),
      stopped(3),
    );
    expect(history.list('game')).toMatchObject([
      { generation: 1, state: 'failed', failure: { reason: 'build-failed' }, pid: null },
      { generation: 2, state: 'failed', failure: { reason: 'spawn-failed' } },
      { generation: 3, state: 'failed', failure: { reason: 'exited', message: 'it failed' }, exitCode: 0 },
    ]);
    expect(history.list('game').every(({ endedAt }) => endedAt !== null)).toBe(true);
  });

  it('a first one that is not ready in its time goes on starting, and may get ready after all', () => {
    const history = open();
    take(history, starting(1), failed(1, 'not-ready', 41));
    expect(history.list('game')).toMatchObject([
      { state: 'starting', failure: { reason: 'not-ready' }, endedAt: null },
    ]);
    take(history, ready(1), active(1));
    expect(history.list('game')).toMatchObject([{ state: 'active', failure: null }]);
  });

  it('takes the functions that are served now when they change', () => {
    const history = open();
    const changed = { added: ['more'], removed: [], updated: [], breaking: [] };
    take(history, starting(1), ready(1), active(1), { type: 'functions.changed', ...of(1), ...changed });
    expect(history.list('game')[0]?.functions).toHaveLength(2);
  });

  it('keeps the last 50 of each service, and what still runs', () => {
    const history = open();
    take(history, starting(1), ready(1), active(1));
    for (let generation = 2; generation <= 80; generation++)
      take(history, starting(generation), stopped(generation));
    take(history, { ...starting(1), service: 'chat' });
    const numbers = history.list('game').map(({ generation }) => generation);
    expect(numbers).toEqual([1, ...Array.from({ length: 49 }, (_, index) => index + 32)]);
    expect(history.list('chat')).toHaveLength(1);
    expect(history.list(null)).toHaveLength(51);
    expect(history.list('nobody')).toEqual([]);
  });

  it('tells the instances of a service apart', () => {
    const history = open();
    for (const instance of [1, 2]) take(history, { ...starting(1), instance }, { ...active(1), instance });
    expect(history.active('game')).toMatchObject([
      { instance: 1, generation: 1 },
      { instance: 2, generation: 1 },
    ]);
    take(history, { ...stopped(1), instance: 1 });
    expect(history.active('game')).toMatchObject([{ instance: 2 }]);
  });

  it('is not changed by what a process writes or by the end of a reload', () => {
    const history = open();
    take(history, { type: 'process.output', ...of(1), stream: 'stdout', line: 'x' });
    expect(history.list(null)).toEqual([]);
  });
});
