import { randomUUID } from 'node:crypto';
import { resolveConfig } from '../config/resolve.js';
import type { SessionConfig } from '../config/types.js';
import { readSession } from '../control/session-file.js';
import { EventBus, type EventSink } from '../core/bus.js';
import { type Clock, systemClock } from '../core/clock.js';
import type { StampedEvent } from '../core/events.js';
import { err, ok, type Result } from '../core/result.js';
import type { UserError } from '../core/user-error.js';
import type { Gateway } from '../gateway/gateway.js';
import { wantsColor } from '../observe/color.js';
import { canReadKeys } from '../observe/keys.js';
import { createReporter } from '../observe/reporter.js';
import type { Reporter, ReporterMode, StandardStreams } from '../observe/types.js';
import { type Guardian, startGuardian } from '../process/guardian.js';
import { createSessionMarker } from '../process/marker.js';
import type { ControlDoor } from './control-listener.js';
import { HttpInputSchemas } from './http-input-schemas.js';
import { checkInstances, instanceLabels } from './instances-config.js';
import { openListeners, type SessionListeners } from './listeners.js';
import { OutputQueue } from './output-queue.js';
import type { ServiceGroup } from './service-group.js';
import { SessionControl, type SessionControlOptions } from './session-control.js';
import { openSessionKeys } from './session-keys.js';
import { chooseSessionMode, type SessionOptions } from './session-options.js';
import { SessionRecord } from './session-record.js';
import { openSessionServices } from './session-services.js';
import type { SessionUpstream } from './session-upstream.js';
import { endStaleSession } from './stale-session.js';
import { SIGNAL_EXIT_CODES, type StopSignal, StopSignals } from './stop-signals.js';
import { type ChosenUpstream, chooseUpstream } from './upstream-choice.js';
import { whyNothingCanRun } from './why-nothing-can-run.js';

/** How often the figures of the status line are looked at, in ms. */
const GAUGES_EVERY_MS = 250;

/**
 * Runs a session until it is ended: by a signal or key (exit code 128 + signal, or 0 for `q`), by its task (the code that this gives), or
 * because what was asked for cannot be run at all (an error that the user can put right).
 */
export async function runSession(
  options: SessionOptions,
  io: StandardStreams,
): Promise<Result<number, UserError>> {
  const { cwd, env, flags, profile = 'dev' } = options;
  const resolved = await resolveConfig({ cwd, env, flags, profile });
  if (!resolved.ok) return resolved;
  const config = options.adapt?.(resolved.value) ?? resolved.value;
  const obstacle = checkInstances(config, profile);
  if (obstacle !== null) return err(obstacle);
  if (options.isRecorded ?? true) {
    const running = await readSession(config.root);
    if (running !== null && running.pid !== process.pid) return err(alreadyRunning(running, config.root));
  }
  return new RunningSession(options, io, config).run();
}

function alreadyRunning(
  running: { readonly pid: number; readonly gateway: string },
  root: string,
): UserError {
  return {
    exitCode: 3,
    message: `a session of this project is running already: process ${running.pid}, gateway ${running.gateway} (${root})`,
    wayOut: `Use that one, or end it first: croupier stop (or kill ${running.pid})`,
  };
}

/** What a session is put together of. */
interface Parts extends SessionListeners {
  readonly reporter: Reporter;
  readonly guardian: Guardian;
  readonly marker: string;
  readonly chosen: ChosenUpstream | null;
  readonly schemas: HttpInputSchemas;
}

/** The composition root: opens the parts, hands the events round, and closes everything in order. */
class RunningSession {
  readonly #options: SessionOptions;
  readonly #io: StandardStreams;
  readonly #config: SessionConfig;
  /** By it other sessions tell this one from the rest. */
  readonly #id = randomUUID();
  readonly #clock: Clock = systemClock;
  readonly #bus = new EventBus();
  readonly #mode: ReporterMode;
  readonly #color: boolean;
  #services: ServiceGroup | null = null;
  /** Reads the configuration and replaces the processes; before they are started there is nothing to do. */
  #reload: () => void = () => {};
  #upstream: SessionUpstream | null = null;
  readonly #signals: StopSignals;
  readonly #ended: Promise<Result<number, UserError>>;
  #end: (result: Result<number, UserError>) => void = () => {};
  #reason = 'ended';

  constructor(options: SessionOptions, io: StandardStreams, config: SessionConfig) {
    this.#options = options;
    this.#io = io;
    this.#config = config;
    this.#mode = chooseSessionMode(options, io);
    this.#color = wantsColor({ flag: options.color, env: options.env, stream: io.stderr });
    this.#ended = new Promise((resolve) => {
      this.#end = resolve;
    });
    this.#signals = new StopSignals(this.#clock, {
      onStop: (signal) => this.#stop(signal, ok(SIGNAL_EXIT_CODES[signal])),
      onForce: () => this.#services?.force(),
      ...(options.reloadsOnHangup === true ? { onReload: () => this.#reload() } : {}),
    });
  }

  async run(): Promise<Result<number, UserError>> {
    this.#signals.listen();
    const reporter = await this.#openReporter();
    const guarded = createSessionMarker();
    const guardian = startGuardian(guarded);
    try {
      const notice = (level: 'info' | 'warn' | 'error', message: string) =>
        this.#bus.publish({ type: 'session.notice', level, message });
      if (this.#isRecorded) await endStaleSession(this.#config.root, (message) => notice('warn', message));
      const schemas = new HttpInputSchemas();
      const usable = await schemas.check(this.#config.services.flatMap((service) => service.functions));
      if (!usable.ok) return usable;
      const upstream = await chooseUpstream(this.#config.upstream, this.#config.gateway, notice);
      if (!upstream.ok) return upstream;
      const listeners = await openListeners({
        config: this.#config,
        upstream: upstream.value,
        isRecorded: this.#isRecorded,
        sessionId: this.#id,
        clock: this.#clock,
        services: () => this.#services,
        openUpstream: () => this.#upstream,
        onNotice: notice,
      });
      if (!listeners.ok) return listeners;
      return await this.#serve({
        ...listeners.value,
        reporter,
        guardian,
        marker: guarded,
        chosen: upstream.value,
        schemas,
      });
    } finally {
      this.#signals.close();
      await guardian.close();
      reporter.close();
    }
  }

  async #serve(parts: Parts): Promise<Result<number, UserError>> {
    const { reporter, guardian, marker, gateway, chosen, stablePorts, schemas, door } = parts;
    const record = await SessionRecord.open(this.#isRecorded ? this.#config.root : null, {
      gateway: gateway.address,
      tls: this.#config.gateway.tls,
      services: this.#config.services.map((service) => service.name),
      control: door === null ? null : { url: door.listener.url, token: door.token },
      onNotice: (message) => this.#bus.publish({ type: 'session.notice', level: 'warn', message }),
    });
    const outputs =
      this.#outputIsEvents || door === null
        ? null
        : new OutputQueue({
            onWaiting: () => control?.events.announce(),
            onDropped: (service) => control?.events.noteGap(service),
          });
    const { services, live } = openSessionServices({
      config: this.#config,
      options: this.#options,
      clock: this.#clock,
      gateway,
      guardian,
      sessionMarker: marker,
      stablePorts,
      schemas,
      reporter,
      record,
      color: this.#color && this.#io.stdout.isTTY === true,
      publishOutput: this.#outputIsEvents
        ? (event) => this.#bus.publish(event)
        : (event, at) => control?.takeOutput(event, at),
      outputQueue: outputs,
      stdinIsFixed: canReadKeys({ mode: this.#mode, stdin: this.#io.stdin, childHasStdin: false }),
      upstream: () => this.#upstream,
      publish: (event) => this.#bus.publish(event),
    });
    this.#services = services;
    const control = door === null ? null : this.#openControl(door, { gateway, services, live, outputs });
    const upstream = chosen === null ? null : await this.#openUpstream(chosen, gateway, services);
    for (const service of this.#config.services) await services.add(service);
    const notes = this.#config.notes;
    for (const message of notes) this.#bus.publish({ type: 'session.notice', level: 'info', message });
    this.#bus.publish({
      type: 'session.ready',
      gateway: gateway.address,
      control: control?.url ?? null,
      upstream: upstream?.url ?? null,
      pid: process.pid,
    });
    const keyboard = openSessionKeys({
      io: this.#io,
      isRead: this.#readsKeys(),
      reporter,
      gateway,
      services,
      live,
      onQuit: () => this.#stop('q', ok(0)),
      onInterrupt: () => this.#signals.take('SIGINT'),
    });
    const gauges = setInterval(() => reporter.gauges(services.gauges), GAUGES_EVERY_MS);
    this.#bus.subscribe((event) => services.take(event));
    const task = this.#startTask(gateway, services);
    services.start();
    this.#reload = () => void live.refresh().then(() => services.reload());
    const result = await this.#ended;
    await task.end();
    await live.close();
    await upstream?.withdraw();
    await services.close();
    await stablePorts.close();
    await upstream?.close();
    clearInterval(gauges);
    keyboard?.close();
    await gateway.close();
    record.close();
    this.#bus.publish({ type: 'session.closed', reason: this.#reason });
    await control?.close();
    return result;
  }

  #openControl(
    door: ControlDoor,
    parts: Pick<SessionControlOptions, 'gateway' | 'services' | 'live' | 'outputs'>,
  ): SessionControl {
    return new SessionControl({
      ...parts,
      door,
      root: this.#config.root,
      clock: this.#clock,
      upstream: () => this.#upstream,
      subscribe: (sink) => this.#bus.subscribe(sink),
      onStop: () => this.#stop('asked', ok(0)),
      onBug: (message) => this.#bus.publish({ type: 'session.notice', level: 'error', message }),
    });
  }

  #startTask(gateway: Gateway, services: ServiceGroup): { end(): Promise<void> } {
    const { task } = this.#options;
    const ending = new AbortController();
    if (task === undefined) return { end: async () => {} };
    const session = {
      config: this.#config,
      gateway,
      services,
      subscribe: (sink: EventSink) => this.#bus.subscribe(sink),
    };
    const finished = task(session, ending.signal).then((code) => this.#stop('finished', ok(code)));
    return {
      end: async () => {
        ending.abort(this.#reason);
        await finished;
      },
    };
  }

  async #openUpstream(
    chosen: ChosenUpstream,
    gateway: Gateway,
    services: ServiceGroup,
  ): Promise<SessionUpstream> {
    // Most sessions have none: what it takes is loaded where it is used.
    const { SessionUpstream } = await import('./session-upstream.js');
    const upstream = new SessionUpstream(
      {
        chosen,
        sessionId: this.#id,
        gatewayConfig: this.#config.gateway,
        gateway,
        clock: this.#clock,
        publish: (event) => this.#bus.publish(event),
        findListener: (address) => services.findListener(address),
      },
      this.#config.services,
    );
    this.#bus.subscribe((event) => upstream.take(event));
    this.#upstream = upstream;
    return upstream;
  }

  async #openReporter(): Promise<Reporter> {
    const reporter = await createReporter({
      mode: this.#mode,
      stdout: this.#io.stdout,
      stderr: this.#io.stderr,
      color: this.#color,
      verbose: this.#options.verbose,
      services: instanceLabels(this.#config.services, this.#options.profile),
      keys: this.#readsKeys(),
      clock: this.#clock,
      env: this.#options.env,
    });
    this.#bus.subscribe(reporter.sink);
    const { giveUp = (event: StampedEvent) => whyNothingCanRun(event, this.#config) } = this.#options;
    this.#bus.subscribe((event) => {
      const failure = giveUp(event);
      if (failure !== null) this.#stop('failed', err(failure));
    });
    return reporter;
  }

  /** Whoever takes the events takes the output among them. */
  get #outputIsEvents(): boolean {
    return this.#mode === 'json' || this.#mode === 'silent';
  }

  get #isRecorded(): boolean {
    return this.#options.isRecorded ?? true;
  }

  #readsKeys(): boolean {
    const childHasStdin = this.#config.services.some((service) => service.stdin);
    return canReadKeys({ mode: this.#mode, stdin: this.#io.stdin, childHasStdin });
  }

  #stop(reason: StopSignal | 'q' | 'asked' | 'failed' | 'finished', result: Result<number, UserError>): void {
    this.#reason = reason;
    this.#end(result);
  }
}
