import type { ServiceConfig } from '../config/types.js';
import type { Clock } from '../core/clock.js';
import type { CroupierEvent } from '../core/events.js';
import type { Result } from '../core/result.js';
import type { Gateway } from '../gateway/gateway.js';
import type { GateCounters } from '../gateway/types.js';
import type { Guardian } from '../process/guardian.js';
import type { StablePort } from '../proxy/types.js';
import type { SupervisorPorts } from '../supervisor/ports.js';
import type { Input } from '../supervisor/state.js';
import { toRelative } from '../watch/patterns.js';
import type { Watcher } from '../watch/types.js';
import { watchService } from '../watch/watch.js';
import { Artifacts, artifactFolder } from './artifacts.js';
import { Builder } from './builder.js';
import { ChangeFeed } from './change-feed.js';
import type { HotReloads } from './hot-reload.js';
import type { HttpInputSchemas } from './http-input-schemas.js';
import { InstancesFunctions } from './instances-functions.js';
import { InstancesPort } from './instances-port.js';
import type { PublishOutput } from './output-events.js';
import type { OutputQueue } from './output-queue.js';
import type { Group } from './process-groups.js';
import { RollingReload } from './rolling-reload.js';
import { RunRules } from './run-rules.js';
import type { ServiceChange } from './service-change.js';
import { ServiceInstance } from './service-instance.js';
import { ServiceWatch } from './service-watch.js';
import type { SessionUpstream } from './session-upstream.js';

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
  /** How many processes it has at once. */
  readonly instances: number;
  /** Crashes in a row after which a process is given up; null: there is somebody who saves a file. */
  readonly crashLimit: number | null;
  /** Files of the session's configuration, absolute: what they say is read by the session, and a change of them is none of the sources. */
  settingsFiles(): readonly string[];
  /** Takes each line of output; null: nobody wants lines. */
  readonly publishOutput: PublishOutput | null;
  /** Where output waits until somebody wants its lines; null: they are told at once. */
  readonly outputQueue: OutputQueue | null;
  publish(event: CroupierEvent): void;
  /** `instance`: from 1; null: there is one. */
  onOutput(instance: number | null, stream: 'stdout' | 'stderr', chunk: Buffer): void;
  onGroupsChanged(): void;
}

/** The files that a changed configuration was read from. */
export interface SettingsCause {
  /** Absolute. */
  readonly files: readonly string[];
  /** The one that decided, for people. */
  readonly rule: string;
}

/** One service of a session: joins its watcher with the processes that it has, one or several. */
export class ServiceSession {
  readonly #options: ServiceSessionOptions;
  /** At least one. */
  readonly #instances: readonly ServiceInstance[];
  /** null: there is one instance. */
  readonly #rolling: RollingReload | null;
  readonly #runRules: RunRules;
  readonly #feed: ChangeFeed;
  readonly #artifacts = new Artifacts();
  /** By instance, the artifacts that it may still run. */
  readonly #keptArtifacts = new Map<number, readonly string[]>();
  /** Where artifacts are, or were before the configuration changed. */
  readonly #artifactFolders = new Set<string>();
  readonly #watch: ServiceWatch | null;
  #service: ServiceConfig;

  constructor(options: ServiceSessionOptions) {
    this.#options = options;
    const { service, clock, publish, guardian, env } = options;
    this.#service = service;
    const ownCommand = () => this.#watch?.ownCommand() ?? (() => {});
    const current = () => this.#service;
    const artifacts = this.#artifacts;
    const builder = new Builder({ service: current, artifacts, clock, guardian, env, ownCommand });
    this.#instances = this.#openInstances((generation, artifact) => builder.build(generation, artifact));
    this.#rolling = this.#openRolling();
    this.#runRules = new RunRules({ service: current, clock, guardian, env, publish, ownCommand });
    this.#feed = new ChangeFeed({
      name: service.name,
      clock,
      supervisor: { dispatch: (input) => this.#dispatch(input) },
      publish,
      hot: (change) => this.#first.functions.take(change),
      run: (runs) => this.#runRules.run(runs),
    });
    this.#watch = options.watch ? new ServiceWatch(this.#openWatcher()) : null;
  }

  get name(): string {
    return this.#service.name;
  }

  get dependsOn(): readonly string[] {
    return this.#service.dependsOn;
  }

  get groups(): readonly Group[] {
    return this.#instances.flatMap((one) => one.groups);
  }

  /** From the first to the last; at least one. */
  get instances(): readonly ServiceInstance[] {
    return this.#instances;
  }

  /** What the status line shows: of all instances together. */
  get gauges(): { readonly held: number; readonly calls: number; readonly jobs: number } {
    const sum = { held: 0, calls: 0, jobs: 0 };
    for (const { gauges } of this.#instances) {
      sum.held += gauges.held;
      sum.calls += gauges.calls;
      sum.jobs += gauges.jobs;
    }
    return sum;
  }

  /** Totals since it was opened. */
  get counters(): GateCounters {
    return sumCounters(this.#instances.map(({ gate }) => gate.counters()));
  }

  /** Whose a connection may be. */
  owners(): ReturnType<ServiceInstance['owners']> {
    return this.#instances.flatMap((one) => one.owners());
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
    this.#options.upstream?.reconfigure(service);
    for (const one of this.#instances) one.reconfigure({ service, needsMode });
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

  /** Builds and restarts now; several instances one after the other. A file that was taken for part of a loop counts again, unless the user paused. */
  reload(isPaused: boolean): void {
    if (!isPaused) this.#watch?.resume();
    this.#feed.reload();
  }

  /** Runs the build before the present one again. The generation is the one that is started for it; the error says in words why not. */
  rollbackBuild(): Result<{ readonly generation: number }, string> {
    return this.#rolling === null ? this.#feed.rollBack(this.#first.supervisor) : this.#rolling.rollBack();
  }

  /** Reload, rollback and status of functions in the running process; with several instances, in each of them. */
  get functions(): Pick<HotReloads, 'reload' | 'rollback' | 'status'> {
    return this.#rolling === null
      ? this.#first.functions
      : new InstancesFunctions(this.#instances.map(({ functions }) => functions));
  }

  /** Another generation has the calls. `instance`: whose it is, where there are several. */
  activated(generation: number, instance: number = 1): void {
    void this.#instances[instance - 1]?.functions.activated(generation);
    this.#rolling?.activated(instance);
  }

  pause(): void {
    this.#watch?.pause();
  }

  resume(): void {
    this.#watch?.resume();
  }

  async close(): Promise<void> {
    this.#feed.close();
    this.#rolling?.close();
    this.#runRules.close();
    for (const port of this.#options.stablePorts) port.windDown();
    await Promise.all([this.#watch?.close(), ...this.#instances.map((one) => one.close())]);
  }

  /** Ends everything at once; close() tells when it is over. */
  force(): void {
    for (const one of this.#instances) one.force();
  }

  get #first(): ServiceInstance {
    const [first] = this.#instances;
    if (first === undefined) throw new Error('a service has at least one instance');
    return first;
  }

  #dispatch(input: Input): void {
    if (this.#rolling === null) this.#first.supervisor.dispatch(input);
    // Nothing is watched where there are several: there is no open batch.
    else if (input.type === 'wanted') this.#rolling.want(input.request);
  }

  #openInstances(build: SupervisorPorts['build']): readonly ServiceInstance[] {
    const { instances, stablePorts } = this.#options;
    const shared = stablePorts.map((port) => new InstancesPort(port, instances));
    return Array.from({ length: instances }, (_, index) => {
      const instance = instances === 1 ? null : index + 1;
      return new ServiceInstance({
        ...this.#options,
        instance,
        service: () => this.#service,
        stablePorts: instances === 1 ? stablePorts : shared.map((port) => port.lane(index)),
        build,
        pruneArtifacts: (keep) => this.#pruneArtifacts(index, keep),
        onHotPaths: (patterns) => this.#watch?.setHotPaths(patterns),
        onOutput: (stream, chunk) => this.#options.onOutput(instance, stream, chunk),
      });
    });
  }

  #openRolling(): RollingReload | null {
    if (this.#instances.length === 1) return null;
    const { clock, publish } = this.#options;
    return new RollingReload({
      name: this.name,
      clock,
      instances: this.#instances.map(({ supervisor }, index) => ({ instance: index + 1, supervisor })),
      counters: () => this.counters,
      publish,
    });
  }

  /** What one instance does not need any more another one may. */
  #pruneArtifacts(index: number, keep: readonly string[]): void {
    this.#keptArtifacts.set(index, keep);
    const kept = [...this.#keptArtifacts.values()].flat();
    void this.#artifacts.prune([...kept, ...(this.#rolling?.keptArtifacts ?? [])]);
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

  #tell(level: 'info' | 'warn', message: string): void {
    this.#options.publish({ type: 'session.notice', service: this.name, level, message });
  }
}

function sumCounters(all: readonly GateCounters[]): GateCounters {
  const sum = { held: 0, drained: 0, replayed: 0, lost: 0, answered: 0 };
  for (const one of all) {
    sum.held += one.held;
    sum.drained += one.drained;
    sum.replayed += one.replayed;
    sum.lost += one.lost;
    sum.answered += one.answered;
  }
  return sum;
}
