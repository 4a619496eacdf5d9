import { assertNever, type Failure } from '../core/failure.js';
import { candidateFailed } from './candidate.js';
import { CRASH_REQUEST } from './request.js';
import {
  active,
  type Effect,
  type Facts,
  failureReport,
  type Machine,
  type Retiring,
  type State,
} from './state.js';
import {
  after,
  begin,
  expedite,
  giveUpOrRetry,
  replaceDead,
  type Step,
  serving,
  step,
  swap,
  trySwitch,
} from './swap.js';

export function exited(machine: Machine, generation: number, failure: Failure): Step {
  const { facts, state } = machine;
  if (state.state === 'closed') return [machine, []];
  if (active(state)?.generation !== generation) {
    const [unkept] = mapRetiring(machine, (one) =>
      one.generation === generation ? { ...one, kept: false } : one,
    );
    return candidateFailed(unkept, generation, failure);
  }
  switch (state.state) {
    case 'stopping':
    case 'idle':
      return [machine, []];
    case 'draining':
      // Nothing is left to drain; what follows is as after a stop.
      return step(facts, { ...state, state: 'stopping' }, [
        ...(state.following.kind === 'start' ? [{ type: 'hold', what: 'all' } as const] : []),
        { type: 'stop', generation },
      ]);
    case 'building':
    case 'starting': {
      const { serving: _, ...rest } = state;
      const replaced = replaceDead(facts, state.retiring);
      const now: State = { ...rest, ...serving(replaced.serving), retiring: replaced.retiring };
      const effects = [...replaced.effects, failureReport(generation, failure, replaced.serving)];
      return now.state === 'starting'
        ? after(effects, trySwitch(replaced.facts, now))
        : step(replaced.facts, now, effects);
    }
    case 'ready':
    case 'failed':
      return crashed(facts, state.retiring, generation, failure);
    default:
      return assertNever(state);
  }
}

function crashed(facts: Facts, retiring: readonly Retiring[], generation: number, failure: Failure): Step {
  const replaced = replaceDead(facts, retiring);
  if (replaced.serving === undefined) {
    return giveUpOrRetry(facts, { generation, failure, request: CRASH_REQUEST, retiring });
  }
  const now: State = {
    state: 'failed',
    failure,
    request: CRASH_REQUEST,
    serving: replaced.serving,
    retiring: replaced.retiring,
  };
  return step(replaced.facts, now, [
    ...replaced.effects,
    failureReport(generation, failure, replaced.serving),
    {
      type: 'finished',
      request: CRASH_REQUEST,
      generation: replaced.serving.generation,
      outcome: 'kept-old',
      dead: generation,
    },
  ]);
}

export function drained(machine: Machine, generation: number, what: 'jobs' | 'calls'): Step {
  const { facts, state } = machine;
  if (state.state !== 'draining' || state.active.generation !== generation || state.phase !== what)
    return [machine, []];
  if (what === 'calls')
    return step(facts, { ...withoutPhase(state), state: 'stopping' }, [{ type: 'stop', generation }]);
  const drain: Effect = { type: 'drain', generation, what: 'calls' };
  const hold: readonly Effect[] = state.following.kind === 'start' ? [{ type: 'hold', what: 'all' }] : [];
  return step(facts, { ...state, phase: 'calls' }, [...hold, drain]);
}

function withoutPhase(state: Extract<State, { state: 'draining' }>) {
  const { phase: _, ...rest } = state;
  return rest;
}

export function stopped(machine: Machine, generation: number): Step {
  const { facts, state } = machine;
  if (state.state === 'stopping' && state.active.generation === generation) {
    const { following, retiring } = state;
    if (following.kind === 'close') return step(facts, { state: 'closed' }, [{ type: 'closed' }]);
    if (following.rebuild) return begin(facts, { retiring }, following.request);
    return swap(facts, { retiring }, following);
  }
  if (state.state === 'closed') return [machine, []];
  const gone = state.retiring.filter((one) => one.generation !== generation);
  if (gone.length === state.retiring.length) return [machine, []];
  const now = { ...state, retiring: gone };
  return now.state === 'starting' ? trySwitch(facts, now) : step(facts, now);
}

export function mapRetiring({ facts, state }: Machine, change: (one: Retiring) => Retiring): Step {
  return state.state === 'closed'
    ? step(facts, state)
    : step(facts, { ...state, retiring: state.retiring.map(change) });
}

export function retryDue(machine: Machine): Step {
  const { facts, state } = machine;
  if (state.state !== 'failed' || state.retryAttempt === undefined) return [machine, []];
  return begin(facts, { ...serving(state.serving), retiring: state.retiring }, CRASH_REQUEST);
}

export function close(machine: Machine): Step {
  const { facts, state } = machine;
  if (state.state === 'closed') return [machine, []];
  const effects: Effect[] = [
    { type: 'cancel-retry' },
    { type: 'fail-held', message: 'the session is closing' },
  ];
  if (state.state === 'building') effects.push({ type: 'cancel-build', generation: state.build.generation });
  if ((state.state === 'starting' || state.state === 'building') && state.candidate !== undefined) {
    effects.push({ type: 'discard', generation: state.candidate.generation });
  }
  effects.push(...expedite(state.retiring, 0));
  if (state.state === 'draining' || state.state === 'stopping') {
    return step(facts, { ...state, following: { kind: 'close' } }, effects);
  }
  const live = active(state);
  if (live === undefined) return step(facts, { state: 'closed' }, [...effects, { type: 'closed' }]);
  const drain: Effect = { type: 'drain', generation: live.generation, what: 'jobs' };
  const now: State = {
    state: 'draining',
    phase: 'jobs',
    active: live,
    following: { kind: 'close' },
    retiring: state.retiring,
  };
  return step(facts, now, [...effects, drain]);
}
