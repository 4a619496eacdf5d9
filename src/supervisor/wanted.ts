import { assertNever } from '../core/failure.js';
import { CRASH_REQUEST, needsBuild, supersede } from './request.js';
import type { Effect, Facts, Live, Machine, ReloadRequest, State } from './state.js';
import {
  type Alive,
  after,
  begin,
  planned,
  rest,
  type Step,
  serving,
  step,
  swap,
  trySwitch,
} from './swap.js';

export function wanted({ facts, state }: Machine, request: ReloadRequest): Step {
  switch (state.state) {
    case 'closed':
      return step(facts, state);
    case 'draining':
    case 'stopping':
      return wantedWhileLeaving(facts, state, request);
    case 'building': {
      const cancel: Effect = { type: 'cancel-build', generation: state.build.generation };
      return after([cancel], begin(facts, state, supersede(state.build.request, state.build.done, request)));
    }
    case 'starting': {
      const merged = supersede(state.candidate.request, true, request);
      return cannotBeThrownAway(facts, state.serving, merged)
        ? step(facts, state)
        : begin(facts, state, merged);
    }
    case 'ready': {
      const merged = supersede(facts.interrupted, false, request);
      return cannotBeThrownAway(facts, state.active, merged)
        ? step(facts, state)
        : begin(facts, { serving: state.active, retiring: state.retiring }, merged);
    }
    case 'failed': {
      const built = state.failure.reason !== 'build-failed' && state.failure.reason !== 'build-timeout';
      const merged = supersede(state.request.id === CRASH_REQUEST.id ? null : state.request, built, request);
      if (cannotBeThrownAway(facts, state.serving, merged)) return step(facts, state);
      return after(
        [{ type: 'cancel-retry' }],
        begin(facts, { ...serving(state.serving), retiring: state.retiring }, merged),
      );
    }
    case 'idle':
      return begin(facts, { retiring: state.retiring }, supersede(facts.interrupted, false, request));
    default:
      return assertNever(state);
  }
}

/** For an open batch nothing is done that would touch the generation that serves. */
function cannotBeThrownAway(facts: Facts, live: Live | undefined, request: ReloadRequest): boolean {
  return (
    !request.settled && facts.mode === 'stop-first' && live !== undefined && !needsBuild(facts, request, true)
  );
}

function wantedWhileLeaving(
  facts: Facts,
  state: Extract<State, { state: 'draining' | 'stopping' }>,
  request: ReloadRequest,
): Step {
  const { following } = state;
  if (following.kind === 'close' || !request.settled) return step(facts, state);
  const merged = supersede(following.request, !following.rebuild, request);
  if (!needsBuild(facts, merged, state.state === 'draining')) {
    const artifact = merged.artifact ?? following.artifact;
    const now: State = { ...state, following: { ...following, artifact, request: merged } };
    return step(facts, now, [{ type: 'merged', request: merged }]);
  }
  if (state.state === 'stopping')
    return step(facts, { ...state, following: { ...following, request: merged, rebuild: true } });
  // The drain is given up: the old generation serves while the newer change is built.
  const resume: Effect = { type: 'resume', generation: state.active.generation };
  return after([resume], begin(facts, { serving: state.active, retiring: state.retiring }, merged));
}

/** Work for an open batch is given up; the end of the batch decides what is wanted. */
export function throwAway(machine: Machine): Step {
  const { facts, state } = machine;
  if (state.state === 'building' && !state.build.request.settled) {
    const interrupted = { ...facts, interrupted: state.build.request.supersedes ?? null };
    return after([{ type: 'cancel-build', generation: state.build.generation }], rest(interrupted, state));
  }
  if (state.state === 'starting' && !state.candidate.request.settled) {
    const interrupted = { ...facts, interrupted: state.candidate.request.supersedes ?? null };
    const alive: Alive = { ...serving(state.serving), retiring: state.retiring };
    return after([{ type: 'discard', generation: state.candidate.generation }], rest(interrupted, alive));
  }
  if (state.state === 'failed' && !state.request.settled) {
    const interrupted = { ...facts, interrupted: state.request.supersedes ?? null };
    return rest(interrupted, { ...serving(state.serving), retiring: state.retiring });
  }
  return [machine, []];
}

export function settled(machine: Machine, request: ReloadRequest | null): Step {
  if (request === null) {
    const [thrown, effects] = throwAway(machine);
    const interrupted = thrown.facts.interrupted;
    return interrupted === null ? [thrown, effects] : after(effects, wanted(thrown, interrupted));
  }
  const { facts, state } = machine;
  if (state.state === 'building' && state.build.request.id === request.id) {
    const build = { ...state.build, request: settle(state.build.request, request) };
    const now = { ...state, build };
    return build.done ? swap(facts, now, planned(facts, build)) : step(facts, now);
  }
  if (state.state === 'starting' && state.candidate.request.id === request.id) {
    return trySwitch(facts, {
      ...state,
      candidate: { ...state.candidate, request: settle(state.candidate.request, request) },
    });
  }
  if (state.state === 'failed' && state.request.id === request.id) {
    return step(facts, { ...state, request: settle(state.request, request) });
  }
  return wanted(machine, request);
}

function settle(open: ReloadRequest, closed: ReloadRequest): ReloadRequest {
  return {
    ...open,
    trigger: { ...open.trigger, paths: closed.trigger.paths },
    rule: closed.rule,
    settled: true,
  };
}
