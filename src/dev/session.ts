import type { ConfigFlags } from '../config/flags.js';
import { resolveConfig } from '../config/resolve.js';
import type { SessionConfig } from '../config/types.js';
import { readSession, readStale } from '../control/session-file.js';
import { EventBus } from '../core/bus.js';
import { type Clock, systemClock } from '../core/clock.js';
import type { StampedEvent } from '../core/events.js';
import { err, ok, type Result } from '../core/result.js';
import type { UserError } from '../core/user-error.js';
import type { Gateway } from '../gateway/gateway.js';
import { wantsColor } from '../observe/color.js';
import { canReadKeys, type Keyboard, type KeyCommand, openKeyboard } from '../observe/keys.js';
import { chooseMode, createReporter } from '../observe/reporter.js';
import type { Reporter, ReporterMode, StandardStreams } from '../observe/types.js';
import { findOwner } from '../process/attribution.js';
import { type Guardian, startGuardian } from '../process/guardian.js';
import { createSessionMarker } from '../process/marker.js';
import { endStale } from '../process/reap.js';
import { openSessionGateway } from './gateway.js';
import { invokeFunction } from './invoke-function.js';
import { ServiceSession } from './service-session.js';
import { SessionRecord } from './session-record.js';
import { SIGNAL_EXIT_CODES, type StopSignal, StopSignals } from './stop-signals.js';

export interface DevOptions {
  readonly cwd: string;
  readonly env: NodeJS.ProcessEnv;
  readonly flags: ConfigFlags;
  readonly watch: boolean;
  readonly json: boolean;
  readonly verbose: boolean;
  /** undefined: as the environment and the terminal say. */
  readonly color: boolean | undefined;
}

/** How often the figures of the status line are looked at, in ms. */
const GAUGES_EVERY_MS = 250;

/**
 * Runs `croupier dev` until it is ended: by a signal or key (exit code 128 + signal, or 0 for `q`), or because what was asked for
 * cannot be run at all (an error that the user can put right).
 */
export async function runDev(options: DevOptions, io: StandardStreams): Promise<Result<number, UserError>> {
  const config = await resolveConfig({ cwd: options.cwd, env: options.env, flags: options.flags });
  if (!config.ok) return config;
  const running = await readSession(config.value.root);
  if (running !== null && running.pid !== process.pid) return err(alreadyRunning(running, config.value.root));
  const session = new DevSession(options, io, config.value);
  return session.run();
}

function alreadyRunning(
  running: { readonly pid: number; readonly gateway: string },
  root: string,
): UserError {
  return {
    exitCode: 3,
    message: `a session of this project is running already: process ${running.pid}, gateway ${running.gateway} (${root})`,
    wayOut: `Use that one, or end it first: kill ${running.pid}`,
  };
}

/** The composition root: opens the parts, hands the events round, and closes everything in order. */
class DevSession {
  readonly #options: DevOptions;
  readonly #io: StandardStreams;
  readonly #config: SessionConfig;
  readonly #clock: Clock = systemClock;
  readonly #bus = new EventBus();
  readonly #mode: ReporterMode;
  readonly #color: boolean;
  readonly #services: ServiceSession[] = [];
  readonly #signals: StopSignals;
  readonly #ended: Promise<Result<number, UserError>>;
  #end: (result: Result<number, UserError>) => void = () => {};
  #reason = 'ended';
  #paused = false;

  constructor(options: DevOptions, io: StandardStreams, config: SessionConfig) {
    this.#options = options;
    this.#io = io;
    this.#config = config;
    this.#mode = chooseMode({ json: options.json, env: options.env, stderr: io.stderr });
    this.#color = wantsColor({ flag: options.color, env: options.env, stream: io.stderr });
    this.#ended = new Promise((resolve) => {
      this.#end = resolve;
    });
    this.#signals = new StopSignals(this.#clock, {
      onStop: (signal) => this.#stop(signal, ok(SIGNAL_EXIT_CODES[signal])),
      onForce: () => this.#force(),
    });
  }

  async run(): Promise<Result<number, UserError>> {
    this.#signals.listen();
    const reporter = await this.#openReporter();
    const guarded = createSessionMarker();
    const guardian = startGuardian(guarded);
    try {
      await this.#endStale();
      const gateway = await openSessionGateway({
        config: this.#config.gateway,
        clock: this.#clock,
        // A process table that cannot be read tells nothing: the caller counts as external then.
        attribute: (caller) =>
          findOwner(
            this.#services.flatMap((service) => service.owners()),
            caller,
          ).catch(() => null),
        onNotice: (level, message) => this.#bus.publish({ type: 'session.notice', level, message }),
      });
      if (!gateway.ok) return gateway;
      return await this.#serve({ reporter, guardian, marker: guarded, gateway: gateway.value });
    } finally {
      this.#signals.close();
      await guardian.close();
      reporter.close();
    }
  }

  async #serve(parts: {
    readonly reporter: Reporter;
    readonly guardian: Guardian;
    readonly marker: string;
    readonly gateway: Gateway;
  }): Promise<Result<number, UserError>> {
    const { reporter, guardian, marker, gateway } = parts;
    const record = await SessionRecord.open(this.#config.root, {
      gateway: gateway.address,
      services: this.#config.services.map((service) => service.name),
      onNotice: (message) => this.#bus.publish({ type: 'session.notice', level: 'warn', message }),
    });
    const groups = () => this.#services.flatMap((service) => service.groups);
    for (const service of this.#config.services) {
      this.#services.push(
        new ServiceSession({
          service,
          clock: this.#clock,
          gateway,
          guardian,
          sessionMarker: marker,
          env: this.#options.env,
          color: this.#color && this.#io.stdout.isTTY === true,
          watch: this.#options.watch,
          outputAsEvents: this.#mode === 'json',
          publish: (event) => this.#bus.publish(event),
          onOutput: (stream, chunk) => reporter.output(service.name, stream, chunk),
          onGroupsChanged: () => record.setGroups(groups()),
        }),
      );
    }
    const notes = this.#config.notes;
    for (const message of notes) this.#bus.publish({ type: 'session.notice', level: 'info', message });
    this.#bus.publish({
      type: 'session.ready',
      gateway: gateway.address,
      control: null,
      upstream: null,
      pid: process.pid,
    });
    const keyboard = this.#openKeyboard(reporter, gateway);
    const gauges = setInterval(() => reporter.gauges(this.#gauges()), GAUGES_EVERY_MS);
    for (const service of this.#services) service.start();
    const result = await this.#ended;
    await Promise.all(this.#services.map((service) => service.close()));
    clearInterval(gauges);
    keyboard?.close();
    await gateway.close();
    record.close();
    this.#bus.publish({ type: 'session.closed', reason: this.#reason });
    return result;
  }

  async #openReporter(): Promise<Reporter> {
    const reporter = await createReporter({
      mode: this.#mode,
      stdout: this.#io.stdout,
      stderr: this.#io.stderr,
      color: this.#color,
      verbose: this.#options.verbose,
      services: this.#config.services.map((service) => service.name),
      keys: this.#readsKeys(),
      clock: this.#clock,
      env: this.#options.env,
    });
    this.#bus.subscribe(reporter.sink);
    this.#bus.subscribe((event) => this.#giveUpWhereNothingCanRun(event));
    return reporter;
  }

  #readsKeys(): boolean {
    const childHasStdin = this.#config.services.some((service) => service.stdin);
    return canReadKeys({ mode: this.#mode, stdin: this.#io.stdin, childHasStdin });
  }

  #openKeyboard(reporter: Reporter, gateway: Gateway): Keyboard | null {
    if (!this.#readsKeys()) return null;
    return openKeyboard({
      stdin: this.#io.stdin,
      stderr: this.#io.stderr,
      reporter,
      handlers: {
        onCommand: (command) => this.#obey(command, reporter),
        functions: () => gateway.functions().map((one) => one.id),
        invoke: (functionId, payload) => invokeFunction(gateway.address, functionId, payload),
      },
    });
  }

  #obey(command: KeyCommand, reporter: Reporter): void {
    switch (command) {
      case 'reload':
        for (const service of this.#services) service.reload(this.#paused);
        break;
      case 'pause':
        this.#paused = !this.#paused;
        for (const service of this.#services) this.#paused ? service.pause() : service.resume();
        reporter.gauges(this.#gauges());
        break;
      case 'quit':
        this.#stop('q', ok(0));
        break;
      case 'interrupt':
        this.#signals.take('SIGINT');
        break;
    }
  }

  /** A command that cannot be started at all will not start after an edit either: there is nothing to wait for. */
  #giveUpWhereNothingCanRun(event: StampedEvent): void {
    if (event.type !== 'generation.failed' || event.reason !== 'spawn-failed' || event.generation !== 1)
      return;
    const { file } = this.#config;
    const wayOut =
      file === null
        ? 'Name what to run: croupier dev -- node server.js'
        : `Change "command" in ${file}, or name what to run: croupier dev -- node server.js`;
    this.#stop('spawn-failed', err({ exitCode: 3, message: event.message, wayOut }));
  }

  #stop(reason: StopSignal | 'q' | 'spawn-failed', result: Result<number, UserError>): void {
    this.#reason = reason;
    this.#end(result);
  }

  #force(): void {
    for (const service of this.#services) service.force();
  }

  #gauges() {
    const sum = { held: 0, calls: 0, jobs: 0 };
    for (const service of this.#services) {
      const { held, calls, jobs } = service.gauges;
      sum.held += held;
      sum.calls += calls;
      sum.jobs += jobs;
    }
    return { ...sum, paused: this.#paused };
  }

  async #endStale(): Promise<void> {
    const onNotice = (message: string) =>
      this.#bus.publish({ type: 'session.notice', level: 'warn', message });
    const stale = await readStale(this.#config.root, { onNotice });
    if (stale === null) return;
    const ended = await endStale(stale.groups);
    const what = ended.map(({ pid, command }) => `${command} (pid ${pid})`).join(', ');
    const survivors = ended.length === 0 ? 'nothing of it was left' : `ended what was left of it: ${what}`;
    onNotice(`the session of ${stale.startedAt} was not ended properly; ${survivors}`);
  }
}
