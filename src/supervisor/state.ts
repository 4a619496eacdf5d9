import type { RestartStrategy, ServiceConfig } from '../config/types.js';
import type { ReloadOutcome, ReloadTrigger, SwapStrategy } from '../core/events.js';
import { assertNever, type Failure } from '../core/failure.js';

/** Why a generation is wanted. A request lives until a generation serves it, it fails, or a newer one takes its place. */
export interface ReloadRequest {
  /** Unique per service; tells the parts of one batch from the next. */
  readonly id: number;
  readonly trigger: ReloadTrigger;
  /** For people: pattern of the rule that decided. */
  readonly rule: string;
  readonly action: 'restart' | 'rebuild';
  /** Clock time of the first change, in ms: the reload's total counts from here. */
  readonly at: number;
  /** False while its batch is still open: only work that can be thrown away is done for it. */
  readonly settled: boolean;
  /** Runs this artifact, which was built before or elsewhere; nothing is built. */
  readonly artifact?: string;
  /** With overlap: the generation that it replaces is kept, so that one can go back to it, until the supervisor is told that nobody will. */
  readonly pinsOld?: true;
  /** What was wanted and not yet served when this one came; wanted again if this one turns out to be nothing. */
  readonly supersedes?: ReloadRequest;
}

/** A live generation that has had the calls. `artifact` is null for projects whose command names none. */
export interface Live {
  readonly generation: number;
  readonly artifact: string | null;
}

/** A generation that had the calls and is on its way out. */
export interface Retiring extends Live {
  /** Still within `keepOld` and not signalled: calls can go back to it. */
  readonly kept: boolean;
}

/** A generation that has not had a call yet. */
export interface Candidate extends Live {
  readonly request: ReloadRequest;
  readonly ready: boolean;
  /** It was not ready in time, nothing else can serve, so it stays. */
  readonly degraded: boolean;
  /** It is the last good artifact, started because something newer failed. */
  readonly fallback: boolean;
}

export interface Build {
  /** The generation that will run what is built. */
  readonly generation: number;
  readonly request: ReloadRequest;
  /** Set when the build is done and only the end of the batch is awaited. */
  readonly done: boolean;
}

/** What comes after the active generation has been drained or stopped. */
export type Following =
  | {
      readonly kind: 'start';
      readonly generation: number;
      readonly artifact: string | null;
      readonly request: ReloadRequest;
      /** A newer change arrived when the old generation could not be kept any more: build before the start. */
      readonly rebuild: boolean;
    }
  | { readonly kind: 'close' };

/** The states of a service. Each variant has its own data only. `serving` is the generation that has the calls meanwhile. */
export type State =
  | { readonly state: 'idle'; readonly retiring: readonly Retiring[] }
  | {
      readonly state: 'building';
      readonly build: Build;
      readonly serving?: Live;
      /** Kept while building only where nothing serves: it may still become ready. */
      readonly candidate?: Candidate;
      readonly retiring: readonly Retiring[];
    }
  | {
      readonly state: 'starting';
      readonly candidate: Candidate;
      readonly serving?: Live;
      readonly retiring: readonly Retiring[];
    }
  | { readonly state: 'ready'; readonly active: Live; readonly retiring: readonly Retiring[] }
  | {
      readonly state: 'draining';
      readonly phase: 'jobs' | 'calls';
      readonly active: Live;
      readonly following: Following;
      readonly retiring: readonly Retiring[];
    }
  | {
      readonly state: 'stopping';
      readonly active: Live;
      readonly following: Following;
      readonly retiring: readonly Retiring[];
    }
  | {
      readonly state: 'failed';
      readonly failure: Failure;
      readonly request: ReloadRequest;
      readonly serving?: Live;
      /** Set while a restart after a crash is due; counts from 1. */
      readonly retryAttempt?: number;
      readonly retiring: readonly Retiring[];
    }
  | { readonly state: 'closed' };

/** What the configuration says, as far as it decides about steps. */
export interface Settings {
  readonly strategy: RestartStrategy;
  /** How the next swap is done; `auto` turns from overlap to stop-first when overlap proves impossible. */
  readonly mode: SwapStrategy;
  /** `check`: a syntax check, only worth its time before an old generation is stopped. */
  readonly build: 'none' | 'check' | 'full';
  readonly producesArtifact: boolean;
  /** Path template with `{generation}`; null where no artifact is produced. */
  readonly artifactTemplate: string | null;
  /**
   * Crashes in a row after which a service is given up. Where there is a limit, every process that ends by itself counts and is started
   * again. null: only what nobody provoked is, and without a limit: somebody is there to save a file.
   */
  readonly crashLimit: number | null;
}

/** What stays true across states. */
export interface Facts extends Settings {
  readonly nextGeneration: number;
  /** The newest artifact that was built, whether or not it ever became ready. */
  readonly lastBuilt: string | null;
  /** The newest artifact that became active. */
  readonly lastGood: string | null;
  /** The one that was active before it: what a rollback runs again. */
  readonly previousGood: string | null;
  /** Crashes in a row without 10 s of health between them. */
  readonly crashes: number;
  /** What was wanted when an open batch took its place and was then thrown away; wanted again when that batch ends. */
  readonly interrupted: ReloadRequest | null;
}

export interface Machine {
  readonly facts: Facts;
  readonly state: State;
}

/** At most this many generations may be on their way out; a switch waits for the oldest. */
export const MAX_RETIRING = 2;

/** What happened. Whatever names a generation that is no longer meant is dropped. */
export type Input =
  /** A batch opened (settled: false), or something wanted at once (settled: true). */
  | { readonly type: 'wanted'; readonly request: ReloadRequest }
  /** The open batch grew: what was done for it is thrown away. */
  | { readonly type: 'grown' }
  /** The open batch ended with this; null: nothing had changed after all. */
  | { readonly type: 'settled'; readonly request: ReloadRequest | null }
  | { readonly type: 'build-succeeded'; readonly generation: number }
  | { readonly type: 'build-failed'; readonly generation: number; readonly failure: Failure }
  | { readonly type: 'start-failed'; readonly generation: number; readonly failure: Failure }
  | { readonly type: 'became-ready'; readonly generation: number }
  | { readonly type: 'not-ready'; readonly generation: number; readonly failure: Failure }
  | { readonly type: 'exited'; readonly generation: number; readonly failure: Failure }
  | { readonly type: 'drained'; readonly generation: number; readonly what: 'jobs' | 'calls' }
  /** The whole group of a stopped, retiring or discarded generation is gone. */
  | { readonly type: 'stopped'; readonly generation: number }
  | { readonly type: 'keep-elapsed'; readonly generation: number }
  | { readonly type: 'retry-due' }
  | { readonly type: 'healthy'; readonly generation: number }
  /** Overlap is impossible here (a debugger port, one fixed rpc_addr): `auto` turns to stop-first. */
  | { readonly type: 'overlap-impossible'; readonly generation: number; readonly why: string }
  /** This generation, which has the calls, is not wanted after all: back to the one that is kept for it. Without one nothing happens. */
  | { readonly type: 'go-back'; readonly generation: number; readonly request: ReloadRequest }
  /** The configuration changed: it counts from the next step on. Whether anything is started for it is wanted separately. */
  | { readonly type: 'reconfigured'; readonly settings: Settings }
  | { readonly type: 'close' };

/** What is to be done; run by the supervisor, in order. */
export type Effect =
  | { readonly type: 'build'; readonly generation: number; readonly artifact: string | null }
  | { readonly type: 'cancel-build'; readonly generation: number }
  /** `exclusive`: only when no process of an earlier generation is left. */
  | {
      readonly type: 'start';
      readonly generation: number;
      readonly artifact: string | null;
      readonly exclusive: boolean;
    }
  /** Ends a candidate that never had a call. */
  | { readonly type: 'discard'; readonly generation: number }
  /** New and held calls go to this generation. */
  | { readonly type: 'activate'; readonly generation: number }
  /** Calls go back to a generation that was being retired. */
  | { readonly type: 'reinstate'; readonly generation: number }
  /** A drain is given up; calls reach the active generation again. */
  | { readonly type: 'resume'; readonly generation: number }
  | { readonly type: 'hold'; readonly what: 'jobs' | 'all' }
  | { readonly type: 'fail-held'; readonly message: string }
  | { readonly type: 'drain'; readonly generation: number; readonly what: 'jobs' | 'calls' }
  /** Ends the active generation after its drain. */
  | { readonly type: 'stop'; readonly generation: number }
  /** Drains and keeps a generation in the background, then stops it. `pinned`: it is kept until nobody will go back to it. */
  | { readonly type: 'retire'; readonly generation: number; readonly pinned: boolean }
  /** A retiring generation is no longer kept: it stops as soon as it is drained. */
  | { readonly type: 'expedite'; readonly generation: number }
  | { readonly type: 'schedule-retry'; readonly attempt: number }
  | { readonly type: 'cancel-retry' }
  | { readonly type: 'watch-health'; readonly generation: number }
  /** A new request is being worked on: its figures start here. */
  | { readonly type: 'begun'; readonly request: ReloadRequest; readonly generation: number }
  /** A newer request takes the place of the one being worked on, and nothing has to be done anew: its figures go on. */
  | { readonly type: 'merged'; readonly request: ReloadRequest }
  | {
      readonly type: 'report-failure';
      readonly generation: number;
      readonly failure: Failure;
      readonly serving: number | null;
      readonly retryAttempt: number | null;
    }
  | {
      readonly type: 'finished';
      readonly request: ReloadRequest;
      readonly generation: number;
      readonly outcome: ReloadOutcome;
      /** This generation died: what its calls came to is known when it is gone, and only then is this told. */
      readonly dead?: number;
    }
  | { readonly type: 'explain-stop-first'; readonly why: string }
  | { readonly type: 'waiting-for-retiring'; readonly generation: number }
  | { readonly type: 'prune-artifacts'; readonly keep: readonly string[] }
  | { readonly type: 'closed' };

/** The generation that has the calls, if any. */
export function active(state: State): Live | undefined {
  switch (state.state) {
    case 'building':
    case 'starting':
    case 'failed':
      return state.serving;
    case 'ready':
    case 'draining':
    case 'stopping':
      return state.active;
    case 'idle':
    case 'closed':
      return undefined;
    default:
      return assertNever(state);
  }
}

export function failureReport(generation: number, failure: Failure, live: Live | undefined): Effect {
  return {
    type: 'report-failure',
    generation,
    failure,
    serving: live?.generation ?? null,
    retryAttempt: null,
  };
}

/** The generation that a request has got, whatever became of it so far; null: none, or it is over. */
export function generationOf(state: State, requestId: number): number | null {
  switch (state.state) {
    case 'building':
      return state.build.request.id === requestId ? state.build.generation : null;
    case 'starting':
      return state.candidate.request.id === requestId ? state.candidate.generation : null;
    case 'draining':
    case 'stopping':
      return state.following.kind === 'start' && state.following.request.id === requestId
        ? state.following.generation
        : null;
    case 'idle':
    case 'ready':
    case 'failed':
    case 'closed':
      return null;
    default:
      return assertNever(state);
  }
}

export function settingsOf(
  service: Pick<ServiceConfig, 'build' | 'restart'>,
  mode: SwapStrategy,
  crashLimit: number | null,
): Settings {
  const { build, restart } = service;
  return {
    strategy: restart.strategy,
    mode,
    build: build === null ? 'none' : build.checkOnly ? 'check' : 'full',
    producesArtifact: build?.producesArtifact ?? false,
    artifactTemplate: build?.producesArtifact === true ? build.artifact : null,
    crashLimit,
  };
}

/** What is true before the first generation. */
export function initialFacts(settings: Settings): Facts {
  return {
    ...settings,
    nextGeneration: 1,
    lastBuilt: null,
    lastGood: null,
    previousGood: null,
    crashes: 0,
    interrupted: null,
  };
}
