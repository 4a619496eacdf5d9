import type { CroupierEvent, FunctionSummary } from '../../src/core/events.js';

type EventOf<Type extends CroupierEvent['type']> = Extract<CroupierEvent, { type: Type }>;

/** Events of a service called `game`, complete with what a test does not care about. */
/** Of the events of an upstream. */
export const UPSTREAM = 'agent://127.0.0.1:19090';

export const events = {
  sessionReady: (gateway = '127.0.0.1:19090', upstream: string | null = null): CroupierEvent => ({
    type: 'session.ready',
    gateway,
    control: null,
    upstream,
    pid: 1,
  }),
  upstreamConnected: (attempt = 1): CroupierEvent => ({ type: 'upstream.connected', url: UPSTREAM, attempt }),
  upstreamLost: (reason = 'the connection broke'): CroupierEvent => ({
    type: 'upstream.lost',
    url: UPSTREAM,
    reason,
    attempt: 1,
  }),
  upstreamRegistered: (ids: readonly string[] = ['player.ban']): CroupierEvent => ({
    type: 'upstream.registered',
    url: UPSTREAM,
    service: 'game',
    functions: ids.map((id) => ({ id, version: '1.0.0' })),
  }),
  upstreamDrained: (reason: 'swap' | 'exit'): CroupierEvent => ({
    type: 'upstream.drained',
    url: UPSTREAM,
    service: 'game',
    reason,
  }),
  closed: (reason = 'SIGINT'): CroupierEvent => ({ type: 'session.closed', reason }),
  notice: (level: 'info' | 'warn' | 'error', message: string): CroupierEvent => ({
    type: 'session.notice',
    level,
    message,
  }),
  changed: (...paths: string[]): CroupierEvent => ({
    type: 'files.changed',
    service: 'game',
    paths,
    rule: 'default',
  }),
  building: (generation: number): CroupierEvent => ({ type: 'build.started', service: 'game', generation }),
  built: (generation: number, output = ''): CroupierEvent => ({
    type: 'build.finished',
    service: 'game',
    generation,
    ms: 590,
    output,
  }),
  buildCancelled: (generation: number): CroupierEvent => ({
    type: 'build.cancelled',
    service: 'game',
    generation,
    ms: 12,
  }),
  buildFailed: (
    generation: number,
    more: Partial<EventOf<'build.failed'>> = {},
  ): EventOf<'build.failed'> => ({
    type: 'build.failed',
    service: 'game',
    generation,
    ms: 80,
    output: 'server.js:1\nSyntaxError: Unexpected token\n',
    serving: null,
    reason: 'build-failed',
    message: 'the build failed with exit code 1',
    ...more,
  }),
  starting: (generation: number, service = 'game'): CroupierEvent => ({
    type: 'generation.starting',
    service,
    generation,
    pid: 100 + generation,
  }),
  ready: (generation: number, ms = 312): CroupierEvent => ({
    type: 'generation.ready',
    service: 'game',
    generation,
    pid: 100 + generation,
    functions: [],
    ms,
  }),
  active: (generation: number, ids: readonly string[] = ['player.ban'], service = 'game'): CroupierEvent => ({
    type: 'generation.active',
    service,
    generation,
    pid: 100 + generation,
    functions: ids.map((id): FunctionSummary => ({ id, version: '1.0.0' })),
  }),
  draining: (generation: number): CroupierEvent => ({
    type: 'generation.draining',
    service: 'game',
    generation,
    pid: 100 + generation,
  }),
  stopped: (generation: number): CroupierEvent => ({
    type: 'generation.stopped',
    service: 'game',
    generation,
    pid: 100 + generation,
    exitCode: 0,
    signal: null,
    ms: 31,
  }),
  failed: (
    generation: number,
    more: Partial<EventOf<'generation.failed'>> = {},
  ): EventOf<'generation.failed'> => ({
    type: 'generation.failed',
    service: 'game',
    generation,
    pid: 100 + generation,
    reason: 'exited',
    message: 'the process exited with code 1',
    exitCode: 1,
    signal: null,
    serving: null,
    retryMs: null,
    outputTail: ['boom'],
    ...more,
  }),
  functions: (
    generation: number,
    more: Partial<EventOf<'functions.changed'>> = {},
  ): EventOf<'functions.changed'> => ({
    type: 'functions.changed',
    service: 'game',
    generation,
    added: [],
    removed: [],
    updated: [],
    breaking: [],
    ...more,
  }),
  reload: (
    generation: number,
    more: Partial<EventOf<'reload.finished'>> = {},
  ): EventOf<'reload.finished'> => ({
    type: 'reload.finished',
    service: 'game',
    generation,
    trigger: { kind: 'change', paths: ['server.js'] },
    rule: 'default',
    strategy: 'overlap',
    outcome: 'swapped',
    ms: { build: 0, drain: 12, stop: 0, start: 121, total: 143 },
    calls: { held: 4, drained: 2, replayed: 0, lost: 0 },
    ...more,
  }),
};

/** The same events with a time, as a bus hands them to a sink. */
export function stamp<T extends CroupierEvent>(event: T): T & { readonly time: string } {
  return { ...event, time: '2026-01-01T00:00:00.000Z' };
}
