import type { ServiceConfig } from '../config/types.js';
import type { Clock } from '../core/clock.js';
import type { CroupierEvent } from '../core/events.js';
import type { Gateway } from '../gateway/gateway.js';
import type { ServiceGate } from '../gateway/types.js';
import type { Guardian } from '../process/guardian.js';
import type { SupervisorPorts } from '../supervisor/ports.js';
import { Supervisor } from '../supervisor/supervisor.js';
import { HotReloads } from './hot-reload.js';
import { HttpFunctions } from './http-functions.js';
import type { HttpInputSchemas } from './http-input-schemas.js';
import type { RoutedPort } from './instances-port.js';
import { Launcher } from './launcher.js';
import { OutputEvents, type PublishOutput } from './output-events.js';
import type { OutputQueue } from './output-queue.js';
import { type Group, ProcessGroups } from './process-groups.js';
import { RegistrationLog } from './registration-log.js';
import type { ServiceChange } from './service-change.js';
import type { SessionUpstream } from './session-upstream.js';
import { initialMode } from './strategy.js';
import { swapGate } from './swap-gate.js';

export interface ServiceInstanceOptions {
  /** From 1; null: the service has one. */
  readonly instance: number | null;
  /** As it is configured now. */
  service(): ServiceConfig;
  readonly clock: Clock;
  readonly gateway: Gateway;
  readonly upstream: SessionUpstream | null;
  /** Ports in front of the generations' own. */
  readonly stablePorts: readonly RoutedPort[];
  readonly schemas: HttpInputSchemas;
  readonly guardian: Guardian;
  readonly sessionMarker: string;
  readonly env: NodeJS.ProcessEnv;
  readonly color: boolean;
  /** Takes each line of output; null: nobody wants lines. */
  readonly publishOutput: PublishOutput | null;
  /** Where output waits until somebody wants its lines; null: they are told at once. */
  readonly outputQueue: OutputQueue | null;
  /** Crashes in a row after which it gives up; null: there is somebody who saves a file. */
  readonly crashLimit: number | null;
  readonly build: SupervisorPorts['build'];
  readonly pruneArtifacts: SupervisorPorts['pruneArtifacts'];
  /** What the process can load again by itself; empty: nothing. */
  onHotPaths(patterns: readonly string[]): void;
  publish(event: CroupierEvent): void;
  onOutput(stream: 'stdout' | 'stderr', chunk: Buffer): void;
  onGroupsChanged(): void;
}

/** One process of a service after the other: joins its supervisor, the processes and its gate. */
export class ServiceInstance {
  readonly instance: number | null;
  readonly gate: ServiceGate;
  readonly supervisor: Supervisor;
  /** Reload, rollback and status of functions in the running process. */
  readonly functions: HotReloads;
  readonly #options: ServiceInstanceOptions;
  readonly #groups = new ProcessGroups();
  readonly #output: OutputEvents | null;
  readonly #registrations = new RegistrationLog();

  constructor(given: ServiceInstanceOptions) {
    const { instance } = given;
    const options = instance === null ? given : namingInstance(given, instance);
    const { service, clock, publish } = options;
    const { name, hold, replay } = service();
    this.#options = options;
    this.instance = instance;
    const { publishOutput, outputQueue } = options;
    this.#output = publishOutput === null ? null : new OutputEvents(name, publishOutput, outputQueue);
    this.gate = options.gateway.openService(
      { name, hold, replay, ...(instance === null ? {} : { instance }) },
      { onRegistered: (generation) => this.#onRegistered(generation) },
    );
    const { mode, why } = initialMode(service());
    this.supervisor = new Supervisor(service(), this.#supervisorPorts(), mode, options.crashLimit);
    this.functions = new HotReloads({
      service,
      clock,
      gate: this.gate,
      supervisor: this.supervisor,
      onHotPaths: (patterns) => options.onHotPaths(patterns),
      publish,
    });
    if (why !== null) this.#explainStopFirst(why);
  }

  get groups(): readonly Group[] {
    return this.#groups.all;
  }

  /** What it has to do now. */
  get gauges(): { readonly held: number; readonly calls: number; readonly jobs: number } {
    const active = this.supervisor.activeGeneration;
    const { calls, jobs } = active === null ? { calls: 0, jobs: 0 } : this.gate.inFlight(active);
    return { held: this.gate.held(), calls, jobs };
  }

  /** Whose a connection may be. */
  owners(): ReturnType<ProcessGroups['owners']> {
    const { service, instance } = this.#options;
    const { name } = service();
    return this.#groups.owners(instance === null ? { name } : { name, instance });
  }

  /** The configuration changed; see Supervisor. */
  reconfigure({ service, needsMode }: Pick<ServiceChange, 'service' | 'needsMode'>): void {
    this.gate.configure(service);
    const { mode, why } = initialMode(service);
    const isNewMode = needsMode && mode !== this.supervisor.mode;
    this.supervisor.reconfigure(service, needsMode ? mode : null);
    if (isNewMode && why !== null) this.#explainStopFirst(why);
  }

  close(): Promise<void> {
    return this.supervisor.close();
  }

  /** Ends everything at once; close() tells when it is over. */
  force(): void {
    this.supervisor.force();
  }

  #supervisorPorts(): SupervisorPorts {
    const { clock, guardian, sessionMarker, env, color, publish, upstream, stablePorts, instance } =
      this.#options;
    const { service, build, pruneArtifacts } = this.#options;
    const launcher = new Launcher({
      service,
      instance,
      clock,
      gate: this.gate,
      guardian,
      sessionMarker,
      env,
      color,
      registrations: this.#registrations,
      httpFunctions: this.#openHttpFunctions(),
      activeGeneration: () => this.supervisor.activeGeneration,
      onOutput: (generation, stream, chunk) => this.#onOutput(generation, stream, chunk),
      onPort: (generation, port) => this.#groups.setPort(generation, port),
      onGroup: (generation, group) => {
        this.#groups.add(generation, group);
        this.#options.onGroupsChanged();
      },
      onGroupGone: (generation) => this.#onGroupGone(generation),
    });
    return {
      clock,
      random: Math.random,
      gate: swapGate({
        service,
        gate: this.gate,
        swapWatch: upstream?.join(service(), this.gate) ?? null,
        stablePorts,
        portOf: (generation) => this.#groups.portOf(generation),
        publish,
      }),
      publish,
      launch: (generation, artifact) => launcher.launch(generation, artifact),
      build,
      pruneArtifacts,
    };
  }

  #openHttpFunctions(): HttpFunctions {
    const { service, clock, schemas } = this.#options;
    return new HttpFunctions({
      service,
      clock,
      gate: this.gate,
      registrations: this.#registrations,
      schemas,
      onNotice: (level, message) => this.#tell(level, message),
    });
  }

  #onRegistered(generation: number): void {
    this.#registrations.note(generation, this.gate.speaks(generation));
    this.supervisor.functionsChanged(generation);
    const active = this.supervisor.activeGeneration;
    if (active === null || active === generation || this.supervisor.mode !== 'overlap') return;
    const taken = new Set(this.gate.addresses(active));
    const shared = this.gate.addresses(generation).find((address) => taken.has(address));
    if (shared === undefined) return;
    const why = `two generations register the same address ${shared}`;
    this.supervisor.dispatch({ type: 'overlap-impossible', generation, why });
  }

  #onOutput(generation: number, stream: 'stdout' | 'stderr', chunk: Buffer): void {
    this.#options.onOutput(stream, chunk);
    this.#output?.take(generation, stream, chunk);
  }

  #onGroupGone(generation: number): void {
    this.#groups.remove(generation);
    this.#registrations.forget(generation);
    this.#output?.end(generation);
    this.#options.onGroupsChanged();
  }

  /** Said once for a service: it is the same for all of its instances. */
  #explainStopFirst(why: string): void {
    if ((this.instance ?? 1) > 1) return;
    this.#tell(
      'info',
      `${why}, so the old generation is stopped before the new one starts. To say so yourself: "restart": { "strategy": "stop-first" }`,
    );
  }

  #tell(level: 'info' | 'warn', message: string): void {
    const { service, publish } = this.#options;
    publish({ type: 'session.notice', service: service().name, level, message });
  }
}

/** Names the instance in everything that it tells. */
function namingInstance(options: ServiceInstanceOptions, instance: number): ServiceInstanceOptions {
  const { publish, publishOutput } = options;
  return {
    ...options,
    publish: (event) => publish(isOfInstance(event) ? { ...event, instance } : event),
    publishOutput: publishOutput === null ? null : (event, at) => publishOutput({ ...event, instance }, at),
  };
}

type InstanceEvent = Extract<CroupierEvent, { readonly instance?: number }>;

function isOfInstance(event: CroupierEvent): event is InstanceEvent {
  return event.type === 'session.notice' || 'generation' in event;
}
