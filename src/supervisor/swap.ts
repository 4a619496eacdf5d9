import type { Failure } from '../core/failure.js';
import { artifactOf, CRASH_REQUEST, needsBuild } from './request.js';
import {
  type Candidate,
  type Effect,
  type Facts,
  type Live,
  MAX_RETIRING,
  type Machine,
  type ReloadRequest,
  type Retiring,
  type State,
} from './state.js';

export type Step = readonly [Machine, readonly Effect[]];

/** What is alive while something new is prepared. */
export interface Alive {
  readonly serving?: Live | undefined;
  readonly candidate?: Candidate | undefined;
  readonly retiring: readonly Retiring[];
}

export function step(facts: Facts, state: State, effects: readonly Effect[] = []): Step {
  return [{ facts, state }, effects];
}

/** Runs `before` ahead of the effects of a step. */
export function after(before: readonly Effect[], [machine, effects]: Step): Step {
  return [machine, [...before, ...effects]];
}

/** Runs the effects of a step ahead of `last`: a reload is told about when its failure was and its calls are counted. */
export function before([machine, effects]: Step, last: readonly Effect[]): Step {
  return [machine, [...effects, ...last]];
}

/** Starts to work on a request: its build where one is needed, else its process. */
export function begin(facts: Facts, alive: Alive, request: ReloadRequest): Step {
  const generation = facts.nextGeneration;
  const numbered: Facts = { ...facts, nextGeneration: generation + 1, interrupted: null };
  const effects: Effect[] = [{ type: 'begun', request, generation }];
  if (alive.serving === undefined) effects.push({ type: 'hold', what: 'all' });
  if (!needsBuild(numbered, request, alive.serving !== undefined)) {
    const latest = request.trigger.kind === 'crash' ? (facts.lastGood ?? facts.lastBuilt) : facts.lastBuilt;
    const artifact = request.artifact ?? latest;
    return after(effects, swap(numbered, alive, { generation, artifact, request }));
  }
  // A candidate stays only where nothing serves: it may become ready while the build runs.
  const keep = alive.serving === undefined ? alive.candidate : undefined;
  if (keep === undefined && alive.candidate !== undefined)
    effects.push({ type: 'discard', generation: alive.candidate.generation });
  effects.push({ type: 'build', generation, artifact: artifactOf(facts, generation) });
  const build = { generation, request, done: false };
  return step(
    numbered,
    { state: 'building', build, ...serving(alive.serving), ...candidate(keep), retiring: alive.retiring },
    effects,
  );
}

interface Planned extends Live {
  readonly request: ReloadRequest;
  readonly fallback?: boolean;
}

/** What was built (or needs no build) takes over: beside the old generation, or after it. */
export function swap(facts: Facts, alive: Alive, planned: Planned): Step {
  const effects: Effect[] = [];
  if (alive.candidate !== undefined)
    effects.push({ type: 'discard', generation: alive.candidate.generation });
  const { generation, artifact, request } = planned;
  if (facts.mode === 'stop-first' && alive.serving !== undefined) {
    effects.push(
      { type: 'hold', what: 'jobs' },
      { type: 'drain', generation: alive.serving.generation, what: 'jobs' },
    );
    const following = { kind: 'start', generation, artifact, request, rebuild: false } as const;
    return step(
      facts,
      { state: 'draining', phase: 'jobs', active: alive.serving, following, retiring: alive.retiring },
      effects,
    );
  }
  const fresh: Candidate = {
    generation,
    artifact,
    request,
    ready: false,
    degraded: false,
    fallback: planned.fallback ?? false,
  };
  effects.push(...expedite(alive.retiring, MAX_RETIRING - 1));
  effects.push({ type: 'start', generation, artifact, exclusive: facts.mode === 'stop-first' });
  return step(
    facts,
    { state: 'starting', candidate: fresh, ...serving(alive.serving), retiring: alive.retiring },
    effects,
  );
}

/** Gives the calls to a ready candidate, unless its batch is still open or too many generations are on their way out. */
export function trySwitch(facts: Facts, state: Extract<State, { state: 'starting' }>): Step {
  const { candidate: next, serving: old, retiring } = state;
  if (!next.ready || !next.request.settled) return step(facts, state);
  if (old !== undefined && retiring.length >= MAX_RETIRING) {
    const waiting: Effect = { type: 'waiting-for-retiring', generation: next.generation };
    return step(facts, state, [...expedite(retiring, MAX_RETIRING - 1), waiting]);
  }
  const active: Live = { generation: next.generation, artifact: next.artifact };
  const leaving: readonly Retiring[] = old === undefined ? retiring : [...retiring, { ...old, kept: true }];
  const effects: Effect[] = [{ type: 'activate', generation: active.generation }];
  if (old !== undefined) {
    const pinned = next.request.pinsOld === true;
    effects.push({ type: 'retire', generation: old.generation, pinned });
  }
  effects.push({ type: 'watch-health', generation: active.generation });
  if (!next.degraded) {
    const outcome = next.fallback ? 'kept-old' : 'swapped';
    effects.push({ type: 'finished', request: next.request, generation: active.generation, outcome });
  }
  const good = becomeGood(facts, next);
  effects.push(pruneArtifacts(good, [active, ...leaving]));
  return step(good, { state: 'ready', active, retiring: leaving }, effects);
}

/** Rests where there is nothing to do: with whatever serves, or idle with calls held. */
export function rest(facts: Facts, alive: Alive): Step {
  if (alive.serving !== undefined)
    return step(facts, { state: 'ready', active: alive.serving, retiring: alive.retiring });
  if (alive.candidate !== undefined) {
    return trySwitch(facts, { state: 'starting', candidate: alive.candidate, retiring: alive.retiring });
  }
  return step(facts, { state: 'idle', retiring: alive.retiring }, [{ type: 'hold', what: 'all' }]);
}

/** Nothing serves and nothing newer works: the last good artifact, if there is one that is not what just failed. */
export function fallBack(
  facts: Facts,
  alive: Alive,
  failed: string | null,
  request: ReloadRequest,
): Step | null {
  if (!facts.producesArtifact || facts.lastGood === null || facts.lastGood === failed) return null;
  const generation = facts.nextGeneration;
  const numbered: Facts = { ...facts, nextGeneration: generation + 1 };
  return swap(numbered, alive, { generation, artifact: facts.lastGood, request, fallback: true });
}

/** The generation that has the calls died. Calls go back to a kept predecessor where there is one. */
export function replaceDead(
  facts: Facts,
  retiring: readonly Retiring[],
): {
  readonly serving?: Live;
  readonly retiring: readonly Retiring[];
  readonly effects: readonly Effect[];
  readonly facts: Facts;
} {
  const kept = retiring.findLast((one) => one.kept);
  if (kept === undefined) return { retiring, effects: [{ type: 'hold', what: 'all' }], facts };
  const { kept: _, ...live } = kept;
  return {
    serving: live,
    retiring: retiring.filter((one) => one !== kept),
    effects: [{ type: 'reinstate', generation: kept.generation }],
    facts: goBackTo(facts, kept.artifact),
  };
}

/** What is known of artifacts once a candidate has the calls. */
export function becomeGood(facts: Facts, { artifact, request }: Candidate): Facts {
  if (artifact === null) return facts;
  const isNewer = facts.lastGood !== artifact;
  return {
    ...facts,
    lastGood: artifact,
    previousGood: isNewer ? facts.lastGood : facts.previousGood,
    // An artifact that was named is the version from now on: a restart without a build runs it again.
    ...(request.artifact === undefined ? {} : { lastBuilt: artifact }),
  };
}

/** A kept predecessor has the calls again: what had replaced it is nothing to go back to. */
export function goBackTo(facts: Facts, artifact: string | null): Facts {
  if (artifact === null) return facts;
  const previousGood = facts.previousGood === artifact ? null : facts.previousGood;
  return { ...facts, lastGood: artifact, previousGood };
}

/** Nothing serves any more: wait for a change, or restart after a pause where this was a crash. */
export function giveUpOrRetry(
  facts: Facts,
  context: {
    readonly generation: number;
    readonly failure: Failure;
    readonly request: ReloadRequest;
    readonly retiring: readonly Retiring[];
  },
): Step {
  const { generation, failure, request, retiring } = context;
  const crashed = failure.reason === 'exited' || failure.reason === 'address-in-use';
  const cleanExit = failure.reason === 'exited' && failure.exitCode === 0;
  const unprovoked = request.trigger.kind === 'crash' || request.trigger.kind === 'start';
  const { crashLimit } = facts;
  const attempt = facts.crashes + 1;
  const isRetried = crashed && (crashLimit === null ? unprovoked && !cleanExit : attempt < crashLimit);
  if (!isRetried) {
    return step(facts, { state: 'failed', failure, request, retiring }, [
      { type: 'report-failure', generation, failure, serving: null, retryAttempt: null },
      { type: 'fail-held', message: 'the new generation failed and there is no other to answer' },
    ]);
  }
  return step(
    { ...facts, crashes: attempt },
    { state: 'failed', failure, request: CRASH_REQUEST, retryAttempt: attempt, retiring },
    [
      { type: 'hold', what: 'all' },
      { type: 'report-failure', generation, failure, serving: null, retryAttempt: attempt },
      { type: 'schedule-retry', attempt },
    ],
  );
}

/** Ends the keeping of all but the newest `leave` retiring generations. */
export function expedite(retiring: readonly Retiring[], leave: number): readonly Effect[] {
  return retiring
    .slice(0, Math.max(0, retiring.length - leave))
    .map((one): Effect => ({ type: 'expedite', generation: one.generation }));
}

export function serving(live: Live | undefined): { readonly serving?: Live } {
  return live === undefined ? {} : { serving: live };
}

export function candidate(one: Candidate | undefined): { readonly candidate?: Candidate } {
  return one === undefined ? {} : { candidate: one };
}

function pruneArtifacts(facts: Facts, alive: readonly Live[]): Effect {
  const keep = new Set<string>();
  for (const path of [
    facts.lastBuilt,
    facts.lastGood,
    facts.previousGood,
    ...alive.map((one) => one.artifact),
  ])
    if (path !== null) keep.add(path);
  return { type: 'prune-artifacts', keep: [...keep] };
}

/** What a finished build is to become. */
export function planned(
  facts: Facts,
  build: { readonly generation: number; readonly request: ReloadRequest },
) {
  return { generation: build.generation, artifact: facts.lastBuilt, request: build.request };
}
