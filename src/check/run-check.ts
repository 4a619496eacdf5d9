import type { ServiceConfig, SessionConfig } from '../config/types.js';
import { type Clock, systemClock } from '../core/clock.js';
import type { UserError } from '../core/user-error.js';
import { runSession } from '../dev/session.js';
import type { SessionTask } from '../dev/session-task.js';
import { SIGNAL_EXIT_CODES, type StopSignal } from '../dev/stop-signals.js';
import type { StandardStreams } from '../observe/types.js';
import { adaptConfig } from './adapt-config.js';
import { buildAlone } from './build-alone.js';
import type { CheckOptions } from './check-options.js';
import { configFlags, describeConfig, resolveChecked } from './config-step.js';
import { Interruption } from './interruption.js';
import { Ledger } from './ledger.js';
import { LiveCheck } from './live-check.js';
import { openOwnFolder } from './own-folder.js';
import type { Plan } from './plan.js';
import { checkPorts } from './ports-step.js';
import { failedBy, SESSION_STEPS, type StepReport, skipped } from './step.js';
import { checkTools } from './tools-step.js';

/** What came of a whole check. */
export interface CheckReport {
  readonly result: 'passed' | 'failed' | 'interrupted';
  readonly exitCode: number;
  /** Whole ms. */
  readonly ms: number;
  /** Absolute; null: there was no configuration. */
  readonly root: string | null;
  /** Names, in the order of the configuration. */
  readonly services: readonly string[];
  readonly steps: readonly StepReport[];
}

/** Takes the steps of a check, one after the other; `onStep` is told each as soon as it is over. */
export async function runCheck(
  options: CheckOptions,
  plan: Plan,
  io: StandardStreams,
  onStep: (report: StepReport, services: readonly string[]) => void,
): Promise<CheckReport> {
  const clock = systemClock;
  const began = clock.now();
  const interruption = new Interruption();
  const { timeoutMs } = options;
  const cancelTimer = clock.after(timeoutMs, () =>
    interruption.occur({ kind: 'time-up', afterMs: timeoutMs }),
  );
  const check = new Check({ options, plan, io, clock, interruption, onStep });
  await check.run();
  cancelTimer();
  const { config, steps } = check;
  return {
    ...conclude(steps, interruption),
    ms: Math.round(clock.now() - began),
    root: config?.root ?? null,
    services: config?.services.map(({ name }) => name) ?? [],
    steps,
  };
}

/** The first failure decides; a check that could not take all its steps in time is none that passed. */
function conclude(
  steps: readonly StepReport[],
  { cause }: Interruption,
): Pick<CheckReport, 'result' | 'exitCode'> {
  if (cause?.kind === 'signal') return { result: 'interrupted', exitCode: SIGNAL_EXIT_CODES[cause.signal] };
  const failures = steps.flatMap(({ outcome }) => (outcome.result === 'failed' ? [outcome] : []));
  const [first] = failures;
  if (first !== undefined) return { result: 'failed', exitCode: first.exitCode };
  return cause === null ? { result: 'passed', exitCode: 0 } : { result: 'failed', exitCode: 1 };
}

interface CheckParts {
  readonly options: CheckOptions;
  readonly plan: Plan;
  readonly io: StandardStreams;
  readonly clock: Clock;
  readonly interruption: Interruption;
  onStep(report: StepReport, services: readonly string[]): void;
}

class Check {
  readonly #parts: CheckParts;
  readonly #ledger: Ledger;
  #config: SessionConfig | null = null;
  #live: LiveCheck | null = null;

  constructor(parts: CheckParts) {
    this.#parts = parts;
    this.#ledger = new Ledger({
      ...parts,
      onReport: (report) => parts.onStep(report, this.#config?.services.map(({ name }) => name) ?? []),
    });
  }

  get config(): SessionConfig | null {
    return this.#config;
  }

  get steps(): readonly StepReport[] {
    return this.#ledger.reports;
  }

  async run(): Promise<void> {
    const { options, clock } = this.#parts;
    await this.#ledger.take('config', null, async () => {
      const resolved = await resolveChecked(options);
      if (resolved.ok) this.#config = resolved.value;
      return describeConfig(resolved, options.cwd);
    });
    const config = this.#config;
    for (const service of config?.services ?? []) {
      await this.#ledger.take('tools', service.name, () => checkTools(service, options.env, clock));
    }
    if (config === null) await this.#skip('tools');
    await this.#ledger.take('ports', null, async () =>
      config === null ? skipped('there is no configuration') : checkPorts(config),
    );
    if (config !== null) await this.#checkSession(config);
    for (const step of SESSION_STEPS) await this.#skip(step);
  }

  /** Runs the services that can be run, where there is a step to take with them. */
  async #checkSession(config: SessionConfig): Promise<void> {
    const services: ServiceConfig[] = [];
    const built: ServiceConfig[] = [];
    for (const service of config.services) {
      if (this.#parts.plan.leftOut('build') !== null && service.build?.producesArtifact === true) {
        const why = 'its command runs what the build makes, and that is left out';
        await this.#ledger.take('boot', service.name, async () => skipped(why));
      } else if (this.#ledger.isDue('boot', service.name)) {
        services.push(service);
      } else if (this.#ledger.isDue('build', service.name)) {
        built.push(service);
      }
    }
    if (built.length > 0) await this.#inOwnFolder({ ...config, services: built }, (own) => this.#build(own));
    if (services.length > 0) await this.#inOwnFolder({ ...config, services }, (own) => this.#runSession(own));
  }

  /** `work` gets the configuration as a check runs it. */
  async #inOwnFolder(config: SessionConfig, work: (adapted: SessionConfig) => Promise<void>): Promise<void> {
    const { options, plan } = this.#parts;
    const makesArtifact = config.services.some(({ build }) => build?.producesArtifact === true);
    const folder = await openOwnFolder(config.root, makesArtifact);
    if (!folder.ok) return this.#fail(folder.error);
    const adapted = adaptConfig(config, {
      folder: folder.value.path,
      usesUpstream: options.upstream !== undefined,
      usesPort: options.port !== undefined,
      skipsBuild: plan.leftOut('build') !== null,
    });
    await work(adapted).finally(() => folder.value.remove());
  }

  /** Nothing is to be started: builds are looked at alone. */
  async #build(config: SessionConfig): Promise<void> {
    const { options, clock, interruption } = this.#parts;
    for (const service of config.services) {
      const built = buildAlone({ config, service }, options.env, clock, interruption.occurred);
      await this.#ledger.take('build', service.name, () => built);
      await built;
    }
  }

  async #runSession(adapted: SessionConfig): Promise<void> {
    const { options, io } = this.#parts;
    const task: SessionTask = async (live, signal) => {
      this.#follow(signal, () => live.services.force());
      this.#live = new LiveCheck({ ...this.#parts, live, ledger: this.#ledger });
      await this.#live.run();
      return 0;
    };
    const quiet = { watch: false, json: false, verbose: false, color: false, quiet: true, isRecorded: false };
    const session = { cwd: options.cwd, env: options.env, flags: configFlags(options), ...quiet };
    const ended = await runSession({ ...session, adapt: () => adapted, task }, io);
    await this.#live?.conclude();
    if (this.#live === null && !ended.ok) await this.#fail(ended.error);
  }

  /** A signal ends the session, and with it the check; time that is up ends both at once. */
  #follow(signal: AbortSignal, force: () => void): void {
    const { interruption } = this.#parts;
    signal.addEventListener('abort', () => {
      const stop = stopSignalOf(signal.reason);
      if (stop !== null) interruption.occur({ kind: 'signal', signal: stop });
    });
    void interruption.occurred.then((cause) => {
      if (cause.kind === 'time-up') force();
    });
  }

  /** The session could not be opened: the first step that needs it says so. */
  async #fail(error: UserError): Promise<void> {
    const step = SESSION_STEPS.find((one) => this.#parts.plan.leftOut(one) === null);
    if (step !== undefined) await this.#ledger.take(step, null, async () => failedBy(error));
  }

  /** Tells of a step that nobody has told of yet why it was not taken. */
  async #skip(step: (typeof SESSION_STEPS)[number] | 'tools'): Promise<void> {
    const services = this.#config?.services.map(({ name }) => name) ?? [null];
    for (const service of services) {
      if (this.#ledger.isTold(step, service)) continue;
      await this.#ledger.take(step, service, async () => skipped('it was not come to'));
    }
  }
}

function stopSignalOf(reason: unknown): StopSignal | null {
  return reason === 'SIGINT' || reason === 'SIGTERM' || reason === 'SIGHUP' ? reason : null;
}
