import { readPackageInfo } from '../config/package-info.js';
import type { CallsPort, ControlledSession } from '../control/controlled-session.js';
import { EventLog } from '../control/event-log.js';
import { GenerationHistory } from '../control/generation-history.js';
import { HostGuard } from '../control/guard.js';
import type { Refusal } from '../control/refusal.js';
import type {
  DrainAnswer,
  DrainRequest,
  FunctionAnswer,
  GenerationAnswer,
  ReadinessAnswer,
  ReloadAnswer,
  RollbackAnswer,
  ServiceStatusAnswer,
  StatusAnswer,
} from '../control/schemas.js';
import { StreamSlots } from '../control/stream-slots.js';
import type { EventSink } from '../core/bus.js';
import type { Clock } from '../core/clock.js';
import type { StampedEvent } from '../core/events.js';
import { err, ok, type Result } from '../core/result.js';
import type { Gateway } from '../gateway/types.js';
import { type RenderedMetrics, SessionMetrics } from '../observe/metrics.js';
import { awaitQuiet } from './control-drain.js';
import type { ControlDoor } from './control-listener.js';
import { ControlReloads } from './control-reload.js';
import { ServiceNews, showFunction } from './control-status.js';
import { Targets } from './control-targets.js';
import type { LiveConfig } from './live-config.js';
import type { OutputEvent } from './output-events.js';
import type { OutputQueue } from './output-queue.js';
import type { ServiceGroup } from './service-group.js';
import type { ServiceSession } from './service-session.js';
import type { SessionUpstream } from './session-upstream.js';

export interface SessionControlOptions {
  readonly door: ControlDoor;
  readonly root: string;
  readonly gateway: Gateway;
  readonly services: ServiceGroup;
  readonly live: LiveConfig;
  /** What processes wrote and nobody has read yet; null: their lines are among the events. */
  readonly outputs: OutputQueue | null;
  readonly clock: Clock;
  /** null: there is none. */
  upstream(): SessionUpstream | null;
  subscribe(sink: EventSink): () => void;
  /** Somebody wants the session to end. */
  onStop(): void;
  onBug(message: string): void;
}

/** Shows and commands a session for other commands of this machine: what the control API does. */
export class SessionControl implements ControlledSession {
  readonly version = readPackageInfo().version;
  readonly events: EventLog;
  readonly #options: SessionControlOptions;
  readonly #startedAt = new Date();
  readonly #news = new ServiceNews();
  readonly #metrics = new SessionMetrics();
  readonly #history: GenerationHistory;
  readonly #targets: Targets;
  readonly #reloads: ControlReloads;
  readonly #streams = new StreamSlots();
  /** Names of services that were taken out of routing upstream. */
  readonly #drained = new Set<string>();

  constructor(options: SessionControlOptions) {
    this.#options = options;
    const { gateway, services, live, outputs, subscribe, door } = options;
    this.events = new EventLog(() => outputs?.flush());
    this.#history = new GenerationHistory((service) =>
      gateway
        .functions()
        .filter((one) => one.service === service)
        .map(({ id, version }) => ({ id, version })),
    );
    this.#targets = new Targets(services, gateway);
    this.#reloads = new ControlReloads({
      services,
      live,
      targets: this.#targets,
      news: this.#news,
      subscribe,
      wasStarted: (service) => this.#history.list(service).length > 0,
    });
    subscribe((event) => this.#take(event));
    const hosts = new HostGuard(door.listener.host, door.listener.port);
    door.listener.serve(async () => {
      const { createApi } = await import('../control/api.js');
      return createApi({
        session: this,
        token: door.token,
        hosts,
        streams: this.#streams,
        clock: options.clock,
        onBug: (error) => options.onBug(`the control API: ${error instanceof Error ? error.message : error}`),
      });
    });
  }

  get url(): string {
    return this.#options.door.listener.url;
  }

  get calls(): CallsPort {
    return this.#options.gateway.calls;
  }

  /** Takes a line of a process where that is not among the events of the session. `at`: ms since 1970; null: now. */
  takeOutput(event: OutputEvent, at: number | null): void {
    this.events.addOutput(event, at ?? Date.now());
  }

  status(): StatusAnswer {
    const { root, gateway, services, upstream } = this.#options;
    return {
      version: this.version,
      pid: process.pid,
      root,
      startedAt: this.#startedAt.toISOString(),
      uptimeMs: Date.now() - this.#startedAt.getTime(),
      gateway: gateway.address,
      isReady: this.readiness().isReady,
      isPaused: services.isPaused,
      upstream: upstream()?.status ?? null,
      services: this.#services().map((service) => this.#statusOf(service)),
    };
  }

  readiness(): ReadinessAnswer {
    const services = this.#options.services.names.map((name) => ({ name, isServing: this.#isServing(name) }));
    return { isReady: services.every(({ isServing }) => isServing), services };
  }

  functions(): readonly FunctionAnswer[] {
    return this.#options.gateway.functions().map(showFunction);
  }

  generations(service: string | null): readonly GenerationAnswer[] {
    return this.#history.list(service);
  }

  checkService(name: string): Refusal | null {
    if (this.#history.list(name).length > 0) return null;
    const found = this.#targets.findService(name);
    return found.ok ? null : found.error;
  }

  checkFunction(id: string): Refusal | null {
    return this.#targets.checkFunction(id);
  }

  reload(targets: readonly string[], signal: AbortSignal): Promise<Result<ReloadAnswer, Refusal>> {
    return this.#reloads.reload(targets, signal);
  }

  rollback(target: string | null, signal: AbortSignal): Promise<Result<RollbackAnswer, Refusal>> {
    return this.#reloads.rollback(target, signal);
  }

  setPaused(isPaused: boolean): void {
    const { services, live } = this.#options;
    services.setPaused(isPaused);
    if (isPaused) live.pause();
    else live.resume();
  }

  async drain(
    { target, timeoutMs }: DrainRequest,
    signal: AbortSignal,
  ): Promise<Result<DrainAnswer, Refusal>> {
    const { clock, upstream } = this.#options;
    const startedAt = clock.now();
    const found = target === undefined ? ok(null) : this.#targets.findService(target);
    if (!found.ok) return err(found.error);
    const services = found.value === null ? this.#services() : [found.value];
    for (const { name } of services) this.#drained.add(name);
    if (found.value === null) await upstream()?.withdraw();
    else upstream()?.withhold(found.value.name);
    const left = await awaitQuiet(services, clock, timeoutMs, signal);
    const { held, calls, jobs } = left;
    return ok({
      isDrained: held + calls + jobs === 0,
      services: services.map(({ name }) => name),
      inFlight: { calls, jobs },
      held,
      ms: Math.round(clock.now() - startedAt),
    });
  }

  stop(force: boolean): void {
    this.#options.onStop();
    if (force) this.#options.services.force();
  }

  metrics(): Promise<RenderedMetrics> {
    const { services, upstream } = this.#options;
    return this.#metrics.render({
      version: this.version,
      startedAt: this.#startedAt.getTime() / 1000,
      isPaused: services.isPaused,
      services: this.#services().map((service) => {
        const { name, functions, active, inFlight, held, calls } = this.#statusOf(service);
        const generation = active.at(-1)?.generation ?? null;
        return { name, generation, functions: functions.length, inFlight, held, calls };
      }),
      upstream: upstream()?.status ?? null,
    });
  }

  /** The readers of events get the last ones; what is being answered has half a second. */
  async close(): Promise<void> {
    this.#streams.finish();
    await this.#options.door.listener.close();
  }

  #take(event: StampedEvent): void {
    this.events.add(event);
    if (event.type === 'process.output') return;
    this.#news.take(event);
    this.#metrics.take(event);
    this.#history.take(event);
  }

  #services(): readonly ServiceSession[] {
    const { services } = this.#options;
    return services.names.flatMap((name) => services.find(name) ?? []);
  }

  #isServing(name: string): boolean {
    return this.#history.active(name).length > 0;
  }

  #statusOf(service: ServiceSession): ServiceStatusAnswer {
    const { name, gauges, counters } = service;
    const functions = this.#options.gateway.functions().filter((one) => one.service === name);
    return {
      name,
      state: this.#news.state(name),
      isServing: this.#isServing(name),
      isDrained: this.#drained.has(name),
      active: [...this.#history.active(name)],
      functions: functions.map(({ id, version }) => ({ id, version })),
      inFlight: { calls: gauges.calls, jobs: gauges.jobs },
      held: gauges.held,
      calls: counters,
      crashes: this.#metrics.crashes(name),
      lastReload: this.#news.lastReload(name),
      failure: this.#news.failure(name),
    };
  }
}
