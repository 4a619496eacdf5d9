import type { ServiceConfig } from '../config/types.js';
import type { Clock } from '../core/clock.js';
import type { CroupierEvent } from '../core/events.js';
import { runBuild } from '../process/build.js';
import type { Guardian } from '../process/guardian.js';
import type { BuildRun } from '../process/types.js';
import type { ChangeBatch } from '../watch/types.js';
import { commandEnvironment } from './child-environment.js';
import { fillPlaceholders } from './placeholders.js';

/** A command of a `run` rule that takes longer than this is ended, in ms. The default of `build.timeout`. */
const RUN_TIMEOUT_MS = 5 * 60_000;

export interface RunRulesOptions {
  /** As it is configured now. */
  service(): ServiceConfig;
  readonly clock: Clock;
  readonly guardian: Guardian;
  /** The runner's own environment. */
  readonly env: NodeJS.ProcessEnv;
  publish(event: CroupierEvent): void;
  ownCommand(): (completed: boolean) => void;
}

/** Runs the commands of `run` rules, one after the other. */
export class RunRules {
  readonly #options: RunRulesOptions;
  #current: BuildRun | null = null;
  #closing = false;

  constructor(options: RunRulesOptions) {
    this.#options = options;
  }

  /** False: a command failed, and was told about; the ones after it were not run. */
  async run(runs: ChangeBatch['runs']): Promise<boolean> {
    for (const { command, paths } of runs) {
      if (this.#closing) return false;
      if (!(await this.#runOne(command, paths))) return false;
    }
    return true;
  }

  /** Ends what is under way. */
  close(): void {
    this.#closing = true;
    this.#current?.cancel();
  }

  async #runOne(command: ChangeBatch['runs'][number]['command'], paths: readonly string[]): Promise<boolean> {
    const { clock, guardian } = this.#options;
    const service = this.#options.service();
    const filled = fillPlaceholders(command, { files: paths });
    const end = this.#options.ownCommand();
    const run = runBuild({
      command: filled,
      cwd: service.cwd,
      env: commandEnvironment(service, this.#options.env),
      timeoutMs: RUN_TIMEOUT_MS,
      clock,
      guardian,
    });
    this.#current = run;
    const result = await run.result;
    end(result.outcome !== 'cancelled');
    this.#current = null;
    switch (result.outcome) {
      case 'succeeded':
        this.#tell('info', `ran \`${command.display}\` in ${Math.round(result.ms)} ms`);
        return true;
      case 'cancelled':
        return false;
      case 'failed':
        this.#tell(
          'error',
          `\`${command.display}\` failed with ${result.signal ?? `exit code ${result.exitCode}`}\n${result.output}`,
        );
        return false;
      case 'timed-out':
        this.#tell(
          'error',
          `\`${command.display}\` did not end within ${RUN_TIMEOUT_MS} ms\n${result.output}`,
        );
        return false;
      case 'not-started':
        this.#tell('error', result.message);
        return false;
    }
  }

  #tell(level: 'info' | 'error', message: string): void {
    this.#options.publish({
      type: 'session.notice',
      service: this.#options.service().name,
      level,
      message: message.trimEnd(),
    });
  }
}
