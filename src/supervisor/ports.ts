import type { Clock } from '../core/clock.js';
import type { CroupierEvent } from '../core/events.js';
import type { Failure } from '../core/failure.js';
import type { Result } from '../core/result.js';

export interface FunctionDescriptor {
  readonly id: string;
  readonly version: string;
  /** JSON Schemas as text; empty: none. */
  readonly inputSchema: string;
  readonly outputSchema: string;
}

export interface Counters {
  readonly held: number;
  readonly drained: number;
  readonly replayed: number;
  readonly lost: number;
}

/** The calls of the service, as far as the supervisor decides about them. */
export interface GatePort {
  route(generation: number): void;
  hold(what: 'jobs' | 'all'): void;
  fail(reason: 'generation-failed', message: string): void;
  drain(
    generation: number,
    what: 'calls' | 'jobs',
    timeoutMs: number,
  ): Promise<{ readonly complete: boolean; readonly cut: number; readonly ms: number }>;
  inFlight(generation: number): { readonly calls: number; readonly jobs: number };
  retire(generation: number): void;
  gone(generation: number): Promise<void>;
  functions(generation: number): readonly FunctionDescriptor[];
  counters(): Counters;
}

/** A process that runs one generation. */
export interface Launched {
  readonly pid: number;
  /** Resolves when the leader is gone, with what is to be told about it. */
  readonly exited: Promise<Failure>;
  /** Resolves when it can take calls; never on a timeout. Rejects never. */
  ready(signal: AbortSignal): Promise<void>;
  /** For people: what ready() waits for now. */
  waitingFor(): string;
  outputTail(): readonly string[];
  /** Ends the group; a second call with a shorter grace shortens the first. */
  stop(
    signal: NodeJS.Signals,
    graceMs: number,
  ): Promise<{
    readonly exit: { readonly exitCode: number | null; readonly signal: string | null };
    readonly killed: boolean;
    readonly ms: number;
    /** Descendants that outlived it outside of the group. */
    readonly leftBehind?: readonly string[];
  }>;
}

export type BuildOutcome =
  | { readonly outcome: 'succeeded'; readonly ms: number; readonly output: string }
  | { readonly outcome: 'failed'; readonly ms: number; readonly failure: Failure }
  | { readonly outcome: 'cancelled'; readonly ms: number };

export interface RunningBuild {
  readonly result: Promise<BuildOutcome>;
  cancel(): void;
}

/** What the supervisor needs from the rest; joined by the session. */
export interface SupervisorPorts {
  readonly clock: Clock;
  /** In [0, 1); spreads retries. */
  readonly random: () => number;
  readonly gate: GatePort;
  build(generation: number, artifact: string | null): RunningBuild;
  launch(generation: number, artifact: string | null): Promise<Result<Launched, Failure>>;
  publish(event: CroupierEvent): void;
  /** Deletes artifacts of earlier generations, except these. */
  pruneArtifacts(keep: readonly string[]): void;
}
