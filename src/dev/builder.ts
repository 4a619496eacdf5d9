import type { BuildConfig, ServiceConfig } from '../config/types.js';
import type { Clock } from '../core/clock.js';
import { runBuild } from '../process/build.js';
import type { Guardian } from '../process/guardian.js';
import type { BuildResult, BuildRun } from '../process/types.js';
import type { BuildOutcome, RunningBuild } from '../supervisor/ports.js';
import type { Artifacts } from './artifacts.js';
import { commandEnvironment } from './child-environment.js';
import { fillPlaceholders } from './placeholders.js';

export interface BuilderOptions {
  /** As it is configured now. */
  service(): ServiceConfig;
  readonly artifacts: Artifacts;
  readonly clock: Clock;
  readonly guardian: Guardian;
  /** The runner's own environment. */
  readonly env: NodeJS.ProcessEnv;
  /** Marks the time in which files change by our own doing; the returned function ends it. */
  ownCommand(): (completed: boolean) => void;
}

/** Runs the build step of one service. */
export class Builder {
  readonly #options: BuilderOptions;

  constructor(options: BuilderOptions) {
    this.#options = options;
  }

  build(generation: number, artifact: string | null): RunningBuild {
    const { artifacts, clock, guardian } = this.#options;
    const service = this.#options.service();
    const { build } = service;
    if (build === null) throw new Error('a build was asked for where none is configured');
    let run: BuildRun | null = null;
    let cancelled = false;
    const begin = async (): Promise<BuildOutcome> => {
      if (artifact !== null) await artifacts.prepare(build.artifact, generation);
      if (cancelled) return { outcome: 'cancelled', ms: 0 };
      const command = fillPlaceholders(build.command, { artifact, generation });
      const env = commandEnvironment(service, this.#options.env);
      const endOwnCommand = this.#options.ownCommand();
      run = runBuild({ command, cwd: service.cwd, env, timeoutMs: build.timeout, clock, guardian });
      const result = await run.result;
      endOwnCommand(result.outcome !== 'cancelled');
      return toOutcome(result, build);
    };
    return {
      result: begin(),
      cancel: () => {
        cancelled = true;
        run?.cancel();
      },
    };
  }
}

function toOutcome(result: BuildResult, build: BuildConfig): BuildOutcome {
  const { ms } = result;
  switch (result.outcome) {
    case 'succeeded':
      return { outcome: 'succeeded', ms, output: result.output };
    case 'cancelled':
      return { outcome: 'cancelled', ms };
    case 'failed': {
      const { exitCode, signal, output } = result;
      return { outcome: 'failed', ms, failure: { reason: 'build-failed', exitCode, signal, output } };
    }
    case 'timed-out':
      return {
        outcome: 'failed',
        ms,
        failure: { reason: 'build-timeout', afterMs: build.timeout, output: result.output },
      };
    case 'not-started': {
      const output = `${result.message}\n`;
      return {
        outcome: 'failed',
        ms,
        failure: { reason: 'build-failed', exitCode: null, signal: null, output },
      };
    }
  }
}
