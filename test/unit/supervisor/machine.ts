import type { Failure } from '../../../src/core/failure.js';
import { next } from '../../../src/supervisor/next.js';
import type { Effect, Facts, Input, Machine, ReloadRequest, State } from '../../../src/supervisor/state.js';

export const baseFacts: Facts = {
  strategy: 'overlap',
  mode: 'overlap',
  build: 'none',
  producesArtifact: false,
  artifactTemplate: null,
  nextGeneration: 1,
  lastBuilt: null,
  lastGood: null,
  previousGood: null,
  crashLimit: null,
  crashes: 0,
  interrupted: null,
};

export const compiled: Partial<Facts> = {
  build: 'full',
  producesArtifact: true,
  artifactTemplate: '/a/{generation}/app',
};

export function machine(facts: Partial<Facts> = {}, state: State = { state: 'idle', retiring: [] }): Machine {
  return { facts: { ...baseFacts, ...facts }, state };
}

let ids = 100;

export function request(part: Partial<ReloadRequest> = {}): ReloadRequest {
  ids += 1;
  return {
    id: ids,
    trigger: { kind: 'change', paths: ['server.js'] },
    rule: 'default',
    action: 'rebuild',
    at: 0,
    settled: true,
    ...part,
  };
}

export const wanted = (part: Partial<ReloadRequest> = {}): Input => ({
  type: 'wanted',
  request: request(part),
});
export const start = (): Input => wanted({ trigger: { kind: 'start', paths: [] } });
export const ready = (generation: number): Input => ({ type: 'became-ready', generation });
export const built = (generation: number): Input => ({ type: 'build-succeeded', generation });
export const stopped = (generation: number): Input => ({ type: 'stopped', generation });
export const drained = (generation: number, what: 'jobs' | 'calls'): Input => ({
  type: 'drained',
  generation,
  what,
});
export const exited = (generation: number, exitCode = 1): Input => ({
  type: 'exited',
  generation,
  failure: { reason: 'exited', exitCode, signal: null, outputTail: [] },
});
export const notReady = (generation: number): Input => ({
  type: 'not-ready',
  generation,
  failure: { reason: 'not-ready', afterMs: 1, waitedFor: 'x', outputTail: [] },
});
export const buildFailure: Failure = { reason: 'build-failed', exitCode: 1, signal: null, output: 'broken' };
export const buildFailed = (generation: number): Input => ({
  type: 'build-failed',
  generation,
  failure: buildFailure,
});
export const portTaken = (generation: number): Input => ({
  type: 'exited',
  generation,
  failure: { reason: 'address-in-use', port: 7000, holder: null, exitCode: 1, signal: null, outputTail: [] },
});

/** Feeds the inputs one after the other; the effects are those of the last one. */
export function feed(
  from: Machine,
  ...inputs: readonly Input[]
): { machine: Machine; effects: readonly Effect[] } {
  let current = from;
  let effects: readonly Effect[] = [];
  for (const input of inputs) [current, effects] = next(current, input);
  return { machine: current, effects };
}

/** One word per effect, with its generation: `start 2`, `hold jobs`. */
export function words(effects: readonly Effect[]): readonly string[] {
  return effects.flatMap((effect) => {
    switch (effect.type) {
      case 'begun':
      case 'merged':
      case 'watch-health':
      case 'prune-artifacts':
      case 'cancel-retry':
        return [];
      case 'hold':
        return [`hold ${effect.what}`];
      case 'drain':
        return [`drain ${effect.what} ${effect.generation}`];
      case 'start':
        return [`start ${effect.generation}${effect.exclusive ? ' exclusive' : ''}`];
      case 'finished':
        return [`finished ${effect.outcome}`];
      case 'schedule-retry':
        return [`retry ${effect.attempt}`];
      case 'fail-held':
      case 'explain-stop-first':
      case 'closed':
        return [effect.type];
      default:
        return [`${effect.type} ${effect.generation}`];
    }
  });
}

/** The state in one line: `starting 3 over 2, retiring 1`. */
export function line({ state }: Machine): string {
  if (state.state === 'closed') return 'closed';
  const retiring =
    state.retiring.length === 0
      ? ''
      : `, retiring ${state.retiring.map((one) => `${one.generation}${one.kept ? '' : '-'}`).join(' ')}`;
  const over = 'serving' in state && state.serving !== undefined ? ` over ${state.serving.generation}` : '';
  switch (state.state) {
    case 'idle':
      return `idle${retiring}`;
    case 'building':
      return `building ${state.build.generation}${state.build.done ? ' done' : ''}${state.candidate === undefined ? '' : ` beside candidate ${state.candidate.generation}`}${over}${retiring}`;
    case 'starting':
      return `starting ${state.candidate.generation}${state.candidate.degraded ? ' degraded' : ''}${state.candidate.fallback ? ' fallback' : ''}${over}${retiring}`;
    case 'ready':
      return `ready ${state.active.generation}${retiring}`;
    case 'draining':
      return `draining ${state.phase} of ${state.active.generation} then ${state.following.kind}${retiring}`;
    case 'stopping':
      return `stopping ${state.active.generation} then ${state.following.kind}${retiring}`;
    case 'failed':
      return `failed ${state.failure.reason}${over}${state.retryAttempt === undefined ? '' : `, retry ${state.retryAttempt}`}${retiring}`;
  }
}
