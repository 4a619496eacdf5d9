import type { EventSink } from '../core/bus.js';
import type { Clock } from '../core/clock.js';

/** Where text goes: `process.stdout` and `process.stderr`, or what a test puts in their place. */
export interface OutputStream extends NodeJS.WritableStream {
  readonly isTTY?: boolean;
  /** Width of the terminal in cells; absent or 0 where it is not known. */
  readonly columns?: number;
}

/** Where keys come from: `process.stdin`. */
export interface InputStream extends NodeJS.ReadableStream {
  readonly isTTY?: boolean;
  setRawMode?(mode: boolean): unknown;
}

export interface StandardStreams {
  readonly stdin: InputStream;
  readonly stdout: OutputStream;
  readonly stderr: OutputStream;
}

/** `terminal`: a status line that changes; `plain`: lines only; `json`: one event a line on stdout; `silent`: nothing. */
export type ReporterMode = 'json' | 'plain' | 'terminal' | 'silent';

export interface ReporterOptions {
  readonly mode: ReporterMode;
  readonly stdout: OutputStream;
  readonly stderr: OutputStream;
  /** Whether our own lines are coloured; the child's output never is, by us. */
  readonly color: boolean;
  /** Shows changed files, builds and the life of each generation as well. */
  readonly verbose: boolean;
  /** Names of the services of the session. With several, each line of their output is prefixed. */
  readonly services: readonly string[];
  /** The keys work: the status line may name them. */
  readonly keys: boolean;
  readonly clock?: Clock;
  /** The environment that says what the terminal can do. Default: that of this process. */
  readonly env?: NodeJS.ProcessEnv;
}

/** What goes on at this moment, for the status line. */
export interface Gauges {
  /** Calls and jobs that wait for a generation. */
  readonly held: number;
  /** Calls under way. */
  readonly calls: number;
  /** Jobs under way. */
  readonly jobs: number;
  /** Changes are not acted upon until the user resumes. */
  readonly paused?: boolean;
}

/**
 * Prints what happens in a session, and never commands. A stream that breaks (a closed pipe) is left alone from
 * then on; the session goes on.
 */
export interface Reporter {
  readonly sink: EventSink;
  /** Output of a service's process, as it came. In `json` mode it goes out as `process.output` events instead. */
  output(service: string, stream: 'stdout' | 'stderr', chunk: Uint8Array): void;
  gauges(gauges: Gauges): void;
  /** The services of the session are others now: their names. */
  setServices(names: readonly string[]): void;
  /** Lines that the user asked for, such as the answer of a call. Not in `json` mode. */
  print(lines: readonly string[]): void;
  /** Clears the screen, where there is one. */
  clear(): void;
  /**
   * Takes the status line away, and holds the child's output (up to 1 MiB) while the terminal is used for something
   * else. The returned function brings both back.
   */
  suspend(): () => void;
  /** Takes the status line away for good. What comes later is printed without one. */
  close(): void;
}
