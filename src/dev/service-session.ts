import type { ServiceConfig } from '../config/types.js';
import type { Clock } from '../core/clock.js';
import type { CroupierEvent } from '../core/events.js';
import type { Gateway } from '../gateway/gateway.js';
import type { GenerationRef, ServiceGate } from '../gateway/types.js';
import type { Guardian } from '../process/guardian.js';
import { LineReader } from '../process/output-tail.js';
import type { SupervisorPorts } from '../supervisor/ports.js';
import { Supervisor } from '../supervisor/supervisor.js';
import type { Watcher } from '../watch/types.js';
import { watchService } from '../watch/watch.js';
import { Artifacts } from './artifacts.js';
import { Builder } from './builder.js';
import { ChangeFeed } from './change-feed.js';
import { commandEnvironment } from './child-environment.js';
import { type Group, Launcher } from './launcher.js';
import { RegistrationLog } from './registration-log.js';
import { RunRules } from './run-rules.js';
import { initialMode } from './strategy.js';

export interface ServiceSessionOptions {
  readonly service: ServiceConfig;
  readonly clock: Clock;
  readonly gateway: Gateway;
  readonly guardian: Guardian;
  readonly sessionMarker: string;
  readonly env: NodeJS.ProcessEnv;
  readonly color: boolean;
  readonly watch: boolean;
  /** Lines of output are told as events. */
  readonly outputAsEvents: boolean;
  publish(event: CroupierEvent): void;
  onOutput(stream: 'stdout' | 'stderr', chunk: Buffer): void;
  onGroupsChanged(): void;
}

/** One service of a session: joins its watcher, supervisor, processes and gate. */
export class ServiceSession {
  readonly #options: ServiceSessionOptions;
  readonly #groups = new Map<number, Group>();
  readonly #lines = new Map<string, LineReader>();
  readonly #registrations = new RegistrationLog();
  readonly #gate: ServiceGate;
  readonly #supervisor: Supervisor;
  readonly #runRules: RunRules;
  readonly #feed: ChangeFeed;
  readonly #artifacts: Artifacts | null;
  readonly #watcher: Watcher | null;

  constructor(options: ServiceSessionOptions) {
    this.#options = options;
    const { service, clock, publish } = options;
    const env = commandEnvironment(service, options.env);
    const ownCommand = () => this.#watcher?.ownCommand() ?? (() => {});
    this.#gate = options.gateway.openService(
      { name: service.name, hold: service.hold, replay: service.replay },
      { onRegistered: (generation) => this.#onRegistered(generation) },
    );
    this.#artifacts = service.build === null ? null : new Artifacts(service.build);
    const { mode, why } = initialMode(service);
    this.#supervisor = new Supervisor(service, this.#ports(env, ownCommand), mode);
    this.#runRules = new RunRules({ service, clock, guardian: options.guardian, env, publish, ownCommand });
    this.#feed = new ChangeFeed({
      name: service.name,
      clock,
      supervisor: this.#supervisor,
      publish,
      run: (runs) => this.#runRules.run(runs),
    });
    if (why !== null) this.#explainStopFirst(why);
    this.#watcher = options.watch ? this.#openWatcher() : null;
  }

  get name(): string {
    return this.#options.service.name;
  }

  get groups(): readonly Group[] {
    return [...this.#groups.values()];
  }

  /** What the status line shows. */
  get gauges(): { readonly held: number; readonly calls: number; readonly jobs: number } {
    const active = this.#supervisor.activeGeneration;
    const { calls, jobs } = active === null ? { calls: 0, jobs: 0 } : this.#gate.inFlight(active);
    return { held: this.#gate.held(), calls, jobs };
  }

  /** Process groups by generation, newest last, to find out whose a connection is. */
  owners(): readonly { readonly pgid: number; readonly marker: string; readonly ref: GenerationRef }[] {
    return [...this.#groups].map(([generation, group]) => ({
      pgid: group.pid,
      marker: group.marker,
      ref: { name: this.name, generation },
    }));
  }

  start(): void {
    this.#feed.start();
  }

  /** Builds and restarts now. A file that was taken for part of a loop counts again, unless the user paused. */
  reload(isPaused: boolean): void {
    if (!isPaused) this.#watcher?.resume();
    this.#feed.reload();
  }

  pause(): void {
    this.#watcher?.pause();
  }

  resume(): void {
    this.#watcher?.resume();
  }

  async close(): Promise<void> {
    this.#feed.close();
    this.#runRules.close();
    await Promise.all([this.#watcher?.close(), this.#supervisor.close()]);
  }

  /** Ends everything at once; close() tells when it is over. */
  force(): void {
    this.#supervisor.force();
  }

  #ports(
    env: Readonly<Record<string, string>>,
    ownCommand: () => (completed: boolean) => void,
  ): SupervisorPorts {
    const { service, clock, guardian, sessionMarker, color, publish } = this.#options;
    const launcher = new Launcher({
      service,
      clock,
      gate: this.#gate,
      guardian,
      sessionMarker,
      env: this.#options.env,
      color,
      registrations: this.#registrations,
      activeGeneration: () => this.#supervisor.activeGeneration,
      onOutput: (generation, stream, chunk) => this.#onOutput(generation, stream, chunk),
      onGroup: (generation, group) => this.#onGroup(generation, group),
      onGroupGone: (generation) => this.#onGroupGone(generation),
    });
    const { build } = service;
    const artifacts = this.#artifacts;
    const builder =
      build === null || artifacts === null
        ? null
        : new Builder({ service, build, artifacts, clock, guardian, env, ownCommand });
    return {
      clock,
      random: Math.random,
      gate: this.#gate,
      publish,
      launch: (generation, artifact) => launcher.launch(generation, artifact),
      build: (generation, artifact) => {
        if (builder === null) throw new Error('a build was asked for where none is configured');
        return builder.build(generation, artifact);
      },
      pruneArtifacts: (keep) => void artifacts?.prune(keep),
    };
  }

  #openWatcher(): Watcher {
    const { service, clock } = this.#options;
    const { build } = service;
    return watchService({
      root: service.cwd,
      config: service.watch,
      rules: service.rules,
      extraIgnore:
        build?.producesArtifact === true && this.#artifacts !== null ? [this.#artifacts.folder] : [],
      alwaysInclude: [service.envFile],
      clock,
      handlers: this.#feed,
    });
  }

  #onRegistered(generation: number): void {
    this.#registrations.note(generation);
    this.#supervisor.functionsChanged(generation);
    const active = this.#supervisor.activeGeneration;
    if (active === null || active === generation || this.#supervisor.mode !== 'overlap') return;
    const taken = new Set(this.#gate.addresses(active));
    const shared = this.#gate.addresses(generation).find((address) => taken.has(address));
    if (shared === undefined) return;
    const why = `two generations register the same address ${shared}`;
    this.#supervisor.dispatch({ type: 'overlap-impossible', generation, why });
  }

  #onOutput(generation: number, stream: 'stdout' | 'stderr', chunk: Buffer): void {
    this.#options.onOutput(stream, chunk);
    if (!this.#options.outputAsEvents) return;
    const key = `${generation} ${stream}`;
    const reader = this.#lines.get(key) ?? new LineReader();
    this.#lines.set(key, reader);
    for (const line of reader.read(chunk)) this.#tellLine(generation, stream, line);
  }

  #tellLine(generation: number, stream: 'stdout' | 'stderr', line: string): void {
    this.#options.publish({ type: 'process.output', service: this.name, generation, stream, line });
  }

  #onGroup(generation: number, group: Group): void {
    this.#groups.set(generation, group);
    this.#options.onGroupsChanged();
  }

  #onGroupGone(generation: number): void {
    this.#groups.delete(generation);
    this.#registrations.forget(generation);
    for (const stream of ['stdout', 'stderr'] as const) {
      const unfinished = this.#lines.get(`${generation} ${stream}`)?.unfinished ?? '';
      if (unfinished !== '') this.#tellLine(generation, stream, unfinished);
      this.#lines.delete(`${generation} ${stream}`);
    }
    this.#options.onGroupsChanged();
  }

  #explainStopFirst(why: string): void {
    const message = `${why}, so the old generation is stopped before the new one starts. To say so yourself: "restart": { "strategy": "stop-first" }`;
    this.#options.publish({ type: 'session.notice', service: this.name, level: 'info', message });
  }
}
