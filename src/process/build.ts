import type { Clock } from '../core/clock.js';
import { BuildOutput } from './build-output.js';
import { startChild } from './child.js';
import type { Guardian } from './guardian.js';
import type { BuildResult, BuildRun, Child, ChildSpec } from './types.js';

/** What a build that is cancelled or out of time gets between SIGTERM and SIGKILL, in ms. */
const CANCEL_GRACE_MS = 500;

export interface BuildOptions extends Pick<ChildSpec, 'command' | 'cwd' | 'env'> {
  readonly timeoutMs: number;
  readonly clock: Clock;
  /** Told about the build's group, so that it does not outlive us. */
  readonly guardian?: Pick<Guardian, 'add' | 'remove'>;
  /** Output as it comes, bytes untouched. */
  readonly onOutput?: (stream: 'stdout' | 'stderr', chunk: Buffer) => void;
}

/**
 * Runs a build, or the command of a `run` rule, in a group of its own. What the command leaves running when it ends by itself is
 * left alone: compiler daemons live on between builds on purpose.
 */
export function runBuild(options: BuildOptions): BuildRun {
  const run = new Run(options);
  return { result: run.result, cancel: () => run.cancel() };
}

type Ending = 'exited' | 'cancelled' | 'timed-out';

class Run {
  readonly result: Promise<BuildResult>;
  readonly #options: BuildOptions;
  readonly #began: number;
  readonly #output = new BuildOutput();
  #cancel: () => void = () => {};
  readonly #cancelled: Promise<'cancelled'>;

  constructor(options: BuildOptions) {
    this.#options = options;
    this.#began = options.clock.now();
    this.#cancelled = new Promise((resolve) => {
      this.#cancel = () => resolve('cancelled');
    });
    this.result = this.#run();
  }

  cancel(): void {
    this.#cancel();
  }

  async #run(): Promise<BuildResult> {
    const { command, cwd, env, clock, guardian, onOutput } = this.#options;
    const started = await startChild({ command, cwd, env, stdin: false, marker: null }, clock);
    if (!started.ok) return { outcome: 'not-started', ms: this.#ms(), message: started.error.message };
    const child = started.value;
    guardian?.add(child.pid);
    child.onOutput((stream, chunk) => {
      this.#output.add(chunk);
      onOutput?.(stream, chunk);
    });
    const ending = await this.#waitForEnd(child);
    if (ending !== 'exited') await child.stop('SIGTERM', CANCEL_GRACE_MS);
    guardian?.remove(child.pid);
    return this.#describe(ending, child);
  }

  #waitForEnd(child: Child): Promise<Ending> {
    return new Promise((resolve) => {
      const cancelTimer = this.#options.clock.after(this.#options.timeoutMs, () => resolve('timed-out'));
      const end = (ending: Ending) => {
        cancelTimer();
        resolve(ending);
      };
      void child.exited.then(() => end('exited'));
      void this.#cancelled.then(end);
    });
  }

  async #describe(ending: Ending, child: Child): Promise<BuildResult> {
    const ms = this.#ms();
    if (ending === 'cancelled') return { outcome: 'cancelled', ms };
    const output = this.#output.text();
    if (ending === 'timed-out') return { outcome: 'timed-out', ms, output };
    const { exitCode, signal } = await child.exited;
    return exitCode === 0
      ? { outcome: 'succeeded', ms, output }
      : { outcome: 'failed', ms, output, exitCode, signal };
  }

  #ms(): number {
    return Math.round(this.#options.clock.now() - this.#began);
  }
}
