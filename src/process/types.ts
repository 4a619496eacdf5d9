import type { CommandLine } from '../config/types.js';

export interface ChildSpec {
  readonly command: CommandLine;
  readonly cwd: string;
  /** The whole environment of the child; nothing is added but the marker. */
  readonly env: Readonly<Record<string, string>>;
  /** The child gets the terminal's stdin; otherwise it has none. */
  readonly stdin: boolean;
  /** Put into the child's environment as CROUPIER_PROCESS; finds descendants that left the group. Unique per generation. */
  readonly marker: string;
}

export interface ChildExit {
  readonly exitCode: number | null;
  readonly signal: string | null;
}

/** One process and its group. */
export interface Child {
  readonly pid: number;
  /** The leader exited and its output was read to the end, or the output stayed open 200 ms longer (a grandchild has it). */
  readonly exited: Promise<ChildExit>;
  /** The last lines of stdout and stderr together, oldest first, at most 50. */
  outputTail(): readonly string[];
  /** Output as it comes, bytes untouched. */
  onOutput(listener: (stream: 'stdout' | 'stderr', chunk: Buffer) => void): void;
  /**
   * Ends the whole group: `signal`, then SIGKILL after `graceMs`; escaped descendants (by marker) too. Resolves when nobody of it
   * is left but zombies. A second call with a shorter grace (0: at once) shortens the first.
   */
  stop(signal: NodeJS.Signals, graceMs: number): Promise<StopOutcome>;
}

export interface StopOutcome {
  readonly exit: ChildExit;
  /** SIGKILL was needed. */
  readonly killed: boolean;
  readonly ms: number;
  /** Processes that even SIGKILL did not end within 5 s: another user's, or stuck in the kernel. Absent when nobody is left. */
  readonly survivors?: readonly number[];
  /** Descendants that had left the group and outlived it, such as `sleep 60 (pid 4711)`; they were ended as well. Absent when there were none. */
  readonly leftBehind?: readonly string[];
}

export type Readiness =
  | { readonly ok: true }
  /** `waitedFor` completes the sentence `waited for ...`. */
  | { readonly ok: false; readonly waitedFor: string };

export interface BuildRun {
  /** Output is stdout and stderr interleaved, at most the last 64 KiB. `cancelled` after cancel(). */
  readonly result: Promise<BuildResult>;
  /** Ends the build's whole group. */
  cancel(): void;
}

export type BuildResult =
  | { readonly outcome: 'succeeded'; readonly ms: number; readonly output: string }
  | {
      readonly outcome: 'failed';
      readonly ms: number;
      readonly output: string;
      readonly exitCode: number | null;
      readonly signal: string | null;
    }
  | { readonly outcome: 'timed-out'; readonly ms: number; readonly output: string }
  | { readonly outcome: 'not-started'; readonly ms: number; readonly message: string }
  | { readonly outcome: 'cancelled'; readonly ms: number };
