import type { ServiceConfig } from '../config/types.js';
import type { Clock } from '../core/clock.js';
import type { CroupierEvent } from '../core/events.js';
import type { Gateway } from '../gateway/gateway.js';
import type { ServiceGate } from '../gateway/types.js';
import type { Guardian } from '../process/guardian.js';
import type { StablePort } from '../proxy/types.js';
import type { SupervisorPorts } from '../supervisor/ports.js';
import { Supervisor } from '../supervisor/supervisor.js';
import { toRelative } from '../watch/patterns.js';
import type { Watcher } from '../watch/types.js';
import { watchService } from '../watch/watch.js';
import { Artifacts, artifactFolder } from './artifacts.js';
import { Builder } from './builder.js';
import { ChangeFeed } from './change-feed.js';
import { HotReloads } from './hot-reload.js';
import { HttpFunctions } from './http-functions.js';
import type { HttpInputSchemas } from './http-input-schemas.js';
import { Launcher } from './launcher.js';
import { OutputEvents } from './output-events.js';
import { type Group, ProcessGroups } from './process-groups.js';
import { RegistrationLog } from './registration-log.js';
import { RunRules } from './run-rules.js';
import type { ServiceChange } from './service-change.js';
import { ServiceWatch } from './service-watch.js';
import type { SessionUpstream } from './session-upstream.js';
import { initialMode } from './strategy.js';
import { swapGate } from './swap-gate.js';

export interface ServiceSessionOptions {
  /** As it is configured at first; see reconfigure(). */
  readonly service: ServiceConfig;
  readonly clock: Clock;
  readonly gateway: Gateway;
  readonly upstream: SessionUpstream | null;
  /** Ports in front of the generations' own. */
  readonly stablePorts: readonly StablePort[];
  readonly schemas: HttpInputSchemas;
  readonly guardian: Guardian;
  readonly sessionMarker: string;
  readonly env: NodeJS.ProcessEnv;
  readonly color: boolean;
  readonly watch: boolean;
  /** Files of the session's configuration, absolute: what they say is read by the session, and a change of them is none of the sources. */
  settingsFiles(): readonly string[];
  /** Lines of output are told as events. */
  readonly outputAsEvents: boolean;
  publish(event: CroupierEvent): void;
  onOutput(stream: 'stdout' | 'stderr', chunk: Buffer): void;
  onGroupsChanged(): void;
}

/** The files that a changed configuration was read from. */
export interface SettingsCause {
  /** Absolute. */
  readonly files: readonly string[];
  /** The one that decided, for people. */
  readonly rule: string;
}

/** One service of a session: joins its watcher, supervisor, processes and gate. */
export class ServiceSession {
  readonly #options: ServiceSessionOptions;
  readonly #groups = new ProcessGroups();
  readonly #output: OutputEvents | null;
  readonly #registrations = new RegistrationLog();
  readonly #gate: ServiceGate;
  readonly #supervisor: Supervisor;
  readonly #hotReloads: HotReloads;
  readonly #runRules: RunRules;
  readonly #feed: ChangeFeed;
  readonly #artifacts = new Artifacts();
  /** Where artifacts are, or were before the configuration changed. */
  readonly #artifactFolders = new Set<string>();
  readonly #watch: ServiceWatch | null;
  #service: ServiceConfig;

  constructor(options: ServiceSessionOptions) {
    this.#options = options;
    const { service, clock, publish, guardian, env } = options;
    this.#service = service;
    this.#output = options.outputAsEvents ? new OutputEvents(service.name, publish) : null;
    const ownCommand = () => this.#watch?.ownCommand() ?? (() => {});
    const current = () => this.#service;
    this.#gate = options.gateway.openService(
      { name: service.name, hold: service.hold, replay: service.replay },
      { onRegistered: (generation) => this.#onRegistered(generation) },
    );
    const { mode, why } = initialMode(service);
    this.#supervisor = new Supervisor(service, this.#supervisorPorts(ownCommand), mode);
    this.#hotReloads = new HotReloads({
      service: current,
      clock,
      gate: this.#gate,
      supervisor: this.#supervisor,
      onHotPaths: (patterns) => this.#watch?.setHotPaths(patterns),
      publish,
    });
    this.#runRules = new RunRules({ service: current, clock, guardian, env, publish, ownCommand });
    this.#feed = new ChangeFeed({
      name: service.name,
      clock,
      supervisor: this.#supervisor,
      publish,
      hot: (change) => this.#hotReloads.take(change),
      run: (runs) => this.#runRules.run(runs),
    });
    if (why !== null) this.#explainStopFirst(why);
    this.#watch = options.watch ? new ServiceWatch(this.#openWatcher()) : null;
  }

  get name(): string {
    return this.#service.name;
  }

  get dependsOn(): readonly string[] {
    return this.#service.dependsOn;
  }

  get groups(): readonly Group[] {
    return this.#groups.all;
  }

  /** What the status line shows. */
  get gauges(): { readonly held: number; readonly calls: number; readonly jobs: number } {
    const active = this.#supervisor.activeGeneration;
    const { calls, jobs } = active === null ? { calls: 0, jobs: 0 } : this.#gate.inFlight(active);
    return { held: this.#gate.held(), calls, jobs };
  }

  /** Whose a connection may be. */
  owners(): ReturnType<ProcessGroups['owners']> {
    return this.#groups.owners(this.name);
  }

  start(): void {
    this.#feed.start();
  }

  /** The configuration changed. `cause`: why its process is replaced, if it has to be; null: that is somebody else's business. */
  reconfigure(
    { service, action, needsMode, needsWatcher }: ServiceChange,
    cause: SettingsCause | null,
  ): void {
    this.#service = service;
    this.#gate.configure(service);
    this.#options.upstream?.reconfigure(service);
    const { mode, why } = initialMode(service);
    const isNewMode = needsMode && mode !== this.#supervisor.mode;
    this.#supervisor.reconfigure(service, needsMode ? mode : null);
    if (isNewMode && why !== null) this.#explainStopFirst(why);
    if (needsWatcher)
      this.watchAnew(action === null ? 'what is watched counts from now on, without a restart' : null);
    if (action === null || cause === null) return;
    const paths = cause.files.map((file) => toRelative(service.cwd, file));
    this.#feed.settingsChanged(paths, cause.rule, action);
  }

  /** What is watched is asked for again. `message`: to be told when that counts. */
  watchAnew(message: string | null = null): void {
    this.#watch?.replace(this.#openWatcher(), () => {
      if (message !== null) this.#tell('info', message);
    });
  }

  /** Builds and restarts now. A file that was taken for part of a loop counts again, unless the user paused. */
  reload(isPaused: boolean): void {
    if (!isPaused) this.#watch?.resume();
    this.#feed.reload();
  }

  /** Reload, rollback and status of functions in the running process. */
  get functions(): Pick<HotReloads, 'reload' | 'rollback' | 'status'> {
    return this.#hotReloads;
  }

  /** Another generation has the calls. */
  activated(generation: number): void {
    void this.#hotReloads.activated(generation);
  }

  pause(): void {
    this.#watch?.pause();
  }

  resume(): void {
    this.#watch?.resume();
  }

  async close(): Promise<void> {
    this.#feed.close();
    this.#runRules.close();
    for (const port of this.#options.stablePorts) port.windDown();
    await Promise.all([this.#watch?.close(), this.#supervisor.close()]);
  }

  /** Ends everything at once; close() tells when it is over. */
  force(): void {
    this.#supervisor.force();
  }

  #supervisorPorts(ownCommand: () => (completed: boolean) => void): SupervisorPorts {
    const { clock, guardian, sessionMarker, env, color, publish, upstream, stablePorts } = this.#options;
    const service = () => this.#service;
    const launcher = new Launcher({
      service,
      clock,
      gate: this.#gate,
      guardian,
      sessionMarker,
      env,
      color,
      registrations: this.#registrations,
      httpFunctions: this.#openHttpFunctions(),
      activeGeneration: () => this.#supervisor.activeGeneration,
      onOutput: (generation, stream, chunk) => this.#onOutput(generation, stream, chunk),
      onPort: (generation, port) => this.#groups.setPort(generation, port),
      onGroup: (generation, group) => {
        this.#groups.add(generation, group);
        this.#options.onGroupsChanged();
      },
      onGroupGone: (generation) => this.#onGroupGone(generation),
    });
    const artifacts = this.#artifacts;
    const builder = new Builder({ service, artifacts, clock, guardian, env, ownCommand });
    return {
      clock,
      random: Math.random,
      gate: swapGate({
        service,
        gate: this.#gate,
        swapWatch: upstream?.join(this.#service, this.#gate) ?? null,
        stablePorts,
        portOf: (generation) => this.#groups.portOf(generation),
        publish,
      }),
      publish,
      launch: (generation, artifact) => launcher.launch(generation, artifact),
      build: (generation, artifact) => builder.build(generation, artifact),
      pruneArtifacts: (keep) => void artifacts.prune(keep),
    };
  }

  #openHttpFunctions(): HttpFunctions {
    const { clock, schemas } = this.#options;
    return new HttpFunctions({
      service: () => this.#service,
      clock,
      gate: this.#gate,
      registrations: this.#registrations,
      schemas,
      onNotice: (level, message) => this.#tell(level, message),
    });
  }

  #openWatcher(): Watcher {
    const { clock, settingsFiles } = this.#options;
    const service = this.#service;
    if (service.build?.producesArtifact === true)
      this.#artifactFolders.add(artifactFolder(service.build.artifact));
    return watchService({
      root: service.cwd,
      config: service.watch,
      rules: service.rules,
      extraIgnore: [...this.#artifactFolders, ...settingsFiles()],
      clock,
      handlers: this.#feed,
    });
  }

  #onRegistered(generation: number): void {
    this.#registrations.note(generation, this.#gate.speaks(generation));
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
    this.#output?.take(generation, stream, chunk);
  }

  #onGroupGone(generation: number): void {
    this.#groups.remove(generation);
    this.#registrations.forget(generation);
    this.#output?.end(generation);
    this.#options.onGroupsChanged();
  }

  #explainStopFirst(why: string): void {
    this.#tell(
      'info',
      `${why}, so the old generation is stopped before the new one starts. To say so yourself: "restart": { "strategy": "stop-first" }`,
    );
  }

  #tell(level: 'info' | 'warn', message: string): void {
    this.#options.publish({ type: 'session.notice', service: this.name, level, message });
  }
}
