import type { Failure } from '../core/failure.js';
import { artifactOf } from './request.js';
import { type Effect, type Facts, failureReport, type Live, type Machine, type State } from './state.js';
import {
  type Alive,
  after,
  becomeGood,
  before,
  fallBack,
  giveUpOrRetry,
  planned,
  rest,
  type Step,
  serving,
  step,
  swap,
  trySwitch,
} from './swap.js';

export function buildSucceeded(machine: Machine, generation: number): Step {
  const { facts, state } = machine;
  if (state.state !== 'building' || state.build.generation !== generation) return [machine, []];
  const built: Facts = { ...facts, lastBuilt: artifactOf(facts, generation) };
  const touches =
    state.candidate !== undefined || (facts.mode === 'stop-first' && state.serving !== undefined);
  if (touches && !state.build.request.settled)
    return step(built, { ...state, build: { ...state.build, done: true } });
  return swap(built, state, planned(built, state.build));
}

export function buildFailed(machine: Machine, generation: number, failure: Failure): Step {
  const { facts, state } = machine;
  if (state.state !== 'building' || state.build.generation !== generation) return [machine, []];
  const { request } = state.build;
  const { retiring } = state;
  const report = failureReport(generation, failure, state.serving);
  if (state.serving !== undefined) {
    const now: State = { state: 'failed', failure, request, serving: state.serving, retiring };
    return step(facts, now, [report, { type: 'finished', request, generation, outcome: 'kept-old' }]);
  }
  const finished: Effect = { type: 'finished', request, generation, outcome: 'failed' };
  if (state.candidate !== undefined) {
    return after([report, finished], rest(facts, { candidate: state.candidate, retiring }));
  }
  const fallback = fallBack(facts, { retiring }, null, request);
  if (fallback !== null) return after([report], fallback);
  return before(giveUpOrRetry(facts, { generation, failure, request, retiring }), [finished]);
}

export function becameReady(machine: Machine, generation: number): Step {
  const { facts, state } = machine;
  if (state.state === 'starting' && state.candidate.generation === generation) {
    return trySwitch(facts, { ...state, candidate: { ...state.candidate, ready: true } });
  }
  if (state.state === 'building' && state.candidate?.generation === generation) {
    // Nothing served while the newer change is being built: this one will do until then.
    const { candidate: one, ...rest } = state;
    const live: Live = { generation, artifact: one.artifact };
    const good = becomeGood(facts, one);
    return step(good, { ...rest, serving: live }, [
      { type: 'activate', generation },
      { type: 'watch-health', generation },
      { type: 'finished', request: one.request, generation, outcome: one.fallback ? 'kept-old' : 'swapped' },
    ]);
  }
  return [machine, []];
}

export function notReady(machine: Machine, generation: number, failure: Failure): Step {
  const { facts, state } = machine;
  if (state.state !== 'starting' || state.candidate.generation !== generation) return [machine, []];
  const { candidate: late, retiring } = state;
  const discard: Effect = { type: 'discard', generation };
  if (state.serving !== undefined) return after([discard], candidateFailed(machine, generation, failure));
  const fallback = late.fallback ? null : fallBack(facts, { retiring }, late.artifact, late.request);
  if (fallback !== null) return after([discard, failureReport(generation, failure, undefined)], fallback);
  // Nothing else could answer: it stays, and becomes active should it get ready after all.
  return step(facts, { ...state, candidate: { ...late, degraded: true } }, [
    failureReport(generation, failure, undefined),
    { type: 'fail-held', message: 'the generation is not ready' },
    { type: 'finished', request: late.request, generation, outcome: 'failed' },
  ]);
}

export function candidateFailed(machine: Machine, generation: number, failure: Failure): Step {
  const { facts, state } = machine;
  if (state.state === 'building' && state.candidate?.generation === generation) {
    const { candidate: _, ...rest } = state;
    return step(facts, rest, [failureReport(generation, failure, undefined)]);
  }
  if (state.state !== 'starting' || state.candidate.generation !== generation) return [machine, []];
  const { candidate: failed, retiring } = state;
  const { request } = failed;
  const report = failureReport(generation, failure, state.serving);
  if (failure.reason === 'address-in-use' && state.serving !== undefined && mayTurnToStopFirst(facts)) {
    return after([report], turnToStopFirst(facts, state, describePort(failure.port)));
  }
  if (state.serving !== undefined) {
    const now: State = { state: 'failed', failure, request, serving: state.serving, retiring };
    return step(facts, now, [report, { type: 'finished', request, generation, outcome: 'kept-old' }]);
  }
  const fallback = failed.fallback ? null : fallBack(facts, { retiring }, failed.artifact, request);
  if (fallback !== null) return after([report], fallback);
  const finished: readonly Effect[] = failed.degraded
    ? []
    : [{ type: 'finished', request, generation, outcome: 'failed' }];
  return before(giveUpOrRetry(facts, { generation, failure, request, retiring }), finished);
}

function mayTurnToStopFirst(facts: Facts): boolean {
  return facts.strategy === 'auto' && facts.mode === 'overlap';
}

function describePort(port: number | null): string {
  return `both generations want ${port === null ? 'the same port' : `port ${port}`}`;
}

/** The candidate (dead or discarded) is started again, this time after the old generation has gone. */
function turnToStopFirst(facts: Facts, state: Extract<State, { state: 'starting' }>, why: string): Step {
  const turned: Facts = { ...facts, mode: 'stop-first' };
  const explain: Effect = { type: 'explain-stop-first', why };
  const { request, artifact } = state.candidate;
  const alive: Alive = { ...serving(state.serving), retiring: state.retiring };
  if (!request.settled)
    return after([explain], rest({ ...turned, interrupted: request.supersedes ?? null }, alive));
  const generation = facts.nextGeneration;
  return after(
    [explain],
    swap({ ...turned, nextGeneration: generation + 1 }, alive, { generation, artifact, request }),
  );
}

export function overlapImpossible(machine: Machine, generation: number, why: string): Step {
  const { facts, state } = machine;
  if (!mayTurnToStopFirst(facts)) return [machine, []];
  if (
    state.state === 'starting' &&
    state.candidate.generation === generation &&
    state.serving !== undefined
  ) {
    return after([{ type: 'discard', generation }], turnToStopFirst(facts, state, why));
  }
  return step({ ...facts, mode: 'stop-first' }, state, [{ type: 'explain-stop-first', why }]);
}
