import type { Failure } from './failure.js';

/** One registered function, as events show it. */
export interface FunctionSummary {
  readonly id: string;
  readonly version: string;
}

/** Phase durations of one reload, in ms; a phase that did not happen is 0. */
export interface ReloadPhases {
  readonly build: number;
  readonly drain: number;
  readonly stop: number;
  readonly start: number;
  readonly total: number;
}

/** What happened to calls between the trigger and the end of one reload. */
export interface CallCounts {
  readonly held: number;
  readonly drained: number;
  readonly replayed: number;
  readonly lost: number;
}

export type ReloadOutcome = 'swapped' | 'kept-old' | 'hot' | 'failed';

/** How one generation follows another. `auto` is resolved before a reload begins. */
export type SwapStrategy = 'overlap' | 'stop-first';

/** A function that was replaced in a running process. Versions are those of its descriptors; null: it is new, or gone. */
export interface ReloadedFunction {
  readonly id: string;
  readonly oldVersion: string | null;
  readonly newVersion: string | null;
}

/** A function, or a file whose functions are not known, that could not be loaded. */
export interface UnreloadedFunction {
  /** null: the file could not be loaded at all. */
  readonly id: string | null;
  /** Relative to the service's folder; empty: not said. */
  readonly path: string;
  readonly error: string;
  /** The old one still serves. */
  readonly rolledBack: boolean;
}

/** Why a reload began. `paths` are relative to the service's folder, at most the first 20. */
export interface ReloadTrigger {
  readonly kind: 'start' | 'change' | 'manual' | 'crash';
  readonly paths: readonly string[];
}

/** What happens to one process of a service that has several. */
interface InstanceEvent {
  /** From 1; absent where the service has one process, or where all of them are meant. */
  readonly instance?: number;
}

interface GenerationEvent extends InstanceEvent {
  readonly service: string;
  readonly generation: number;
}

/**
 * Everything that happens in a session, without its `time`. Sinks print these; nothing else prints.
 * Names and fields are a contract with scripts (`--json`).
 */
export type CroupierEvent =
  | {
      readonly type: 'session.ready';
      readonly gateway: string;
      readonly control: string | null;
      readonly upstream: string | null;
      readonly pid: number;
    }
  | { readonly type: 'session.closed'; readonly reason: string }
  | (InstanceEvent & {
      readonly type: 'session.notice';
      readonly service?: string;
      readonly level: 'info' | 'warn' | 'error';
      readonly message: string;
    })
  | (GenerationEvent & {
      readonly type: 'process.output';
      readonly stream: 'stdout' | 'stderr';
      readonly line: string;
    })
  | {
      readonly type: 'files.changed';
      readonly service: string;
      readonly paths: readonly string[];
      readonly rule: string;
    }
  | (GenerationEvent & { readonly type: 'build.started' })
  | (GenerationEvent & { readonly type: 'build.finished'; readonly ms: number; readonly output: string })
  | (GenerationEvent & {
      readonly type: 'build.failed';
      readonly ms: number;
      readonly output: string;
      readonly serving: number | null;
      readonly reason: Extract<Failure['reason'], 'build-failed' | 'build-timeout'>;
      readonly message: string;
    })
  /** A newer change took its place, or the change turned out to be none. */
  | (GenerationEvent & { readonly type: 'build.cancelled'; readonly ms: number })
  | (GenerationEvent & { readonly type: 'generation.starting'; readonly pid: number })
  | (GenerationEvent & {
      readonly type: 'generation.ready';
      readonly pid: number;
      readonly functions: readonly FunctionSummary[];
      readonly ms: number;
    })
  | (GenerationEvent & {
      readonly type: 'generation.active';
      readonly pid: number;
      readonly functions: readonly FunctionSummary[];
    })
  | (GenerationEvent & { readonly type: 'generation.draining'; readonly pid: number })
  | (GenerationEvent & {
      readonly type: 'generation.stopped';
      readonly pid: number;
      readonly exitCode: number | null;
      readonly signal: string | null;
      readonly ms: number;
      /** SIGKILL was needed. Absent: it was not. */
      readonly killed?: boolean;
      /** Descendants that outlived the process outside of its group, such as `sleep 60 (pid 4711)`; they were ended. Absent: none. */
      readonly leftBehind?: readonly string[];
    })
  | (GenerationEvent & {
      readonly type: 'generation.failed';
      readonly pid: number | null;
      readonly reason: Failure['reason'];
      readonly message: string;
      readonly exitCode: number | null;
      readonly signal: string | null;
      /** The generation that keeps answering; null: none. */
      readonly serving: number | null;
      /** When the next start is tried by itself, in ms from now; null: at the next change. */
      readonly retryMs: number | null;
      readonly outputTail: readonly string[];
    })
  | (GenerationEvent & {
      readonly type: 'functions.changed';
      readonly added: readonly string[];
      readonly removed: readonly string[];
      readonly updated: readonly string[];
      readonly breaking: readonly string[];
    })
  /** Functions of a running process were replaced in it, or could not be: then it goes on with the old ones, or is restarted. */
  | (GenerationEvent & {
      readonly type: 'functions.reloaded';
      readonly reloaded: readonly ReloadedFunction[];
      readonly failed: readonly UnreloadedFunction[];
      readonly ms: number;
    })
  /** Registered there, and seen there. `attempt`: of this connection, 1 is the first. */
  | { readonly type: 'upstream.connected'; readonly url: string; readonly attempt: number }
  /** It cannot be reached, or does not answer; it is tried again by itself. Told once for each loss, and when the reason changes. */
  | {
      readonly type: 'upstream.lost';
      readonly url: string;
      readonly reason: string;
      readonly attempt: number;
    }
  /** The upstream knows the present functions of this service, with their versions. */
  | {
      readonly type: 'upstream.registered';
      readonly url: string;
      readonly service: string;
      readonly functions: readonly FunctionSummary[];
    }
  /** This service was taken out of the upstream's routing: for a swap, or because the session ends. */
  | {
      readonly type: 'upstream.drained';
      readonly url: string;
      readonly service: string;
      readonly reason: 'swap' | 'exit';
    }
  /** The upstream was another session of this program, which has ended: this one serves its address now, and has no upstream. */
  | { readonly type: 'upstream.replaced'; readonly url: string }
  /**
   * Of a service with several instances each tells of its own, and at the end of a rolling reload one without `instance` tells of all of
   * them together: its generation is that of the first.
   */
  | (GenerationEvent & {
      readonly type: 'reload.finished';
      readonly trigger: ReloadTrigger;
      readonly rule: string;
      readonly strategy: SwapStrategy;
      readonly outcome: ReloadOutcome;
      readonly ms: ReloadPhases;
      readonly calls: CallCounts;
      /** Of a rolling reload that went back: why, in a sentence. */
      readonly reason?: string;
    });

export type EventType = CroupierEvent['type'];

/** An event as it goes to sinks: `time` is ISO 8601 in UTC. */
export type StampedEvent = CroupierEvent & { readonly time: string };
