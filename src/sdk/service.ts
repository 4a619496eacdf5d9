import { EventEmitter } from 'node:events';
import { systemClock } from '../core/clock.js';
import { assertNever } from '../core/failure.js';
import { AgentPresence } from './agent-presence.js';
import type { CallContext, Handler, JobContext } from './context.js';
import type { FunctionDescriptor } from './descriptor.js';
import { define } from './function-definition.js';
import { FunctionError } from './function-error.js';
import { FunctionHost } from './function-host.js';
import { type FunctionChange, FunctionRegistry } from './function-registry.js';
import { FunctionWatch } from './function-watch.js';
import { HotReload } from './hot-reload.js';
import { lameDuckTime } from './lame-duck.js';
import { loadFunctions } from './load-functions.js';
import type { ServiceSettings } from './options.js';
import { checkReloads, type FunctionReload } from './own-reload.js';
import { ReloadError } from './reload-error.js';
import { tellReloads } from './reload-events.js';
import type { ReloadStatus } from './reload-status.js';
import { serveHotReload } from './serve-hot-reload.js';
import type { ServiceEvents } from './service-events.js';
import { shutdownSignals } from './shutdown-signals.js';
import { tellBugs } from './tell-bugs.js';
import { checkMs, type TunableOptions, type TunableSettings, tune } from './tunable-options.js';

/** Where the service's life is: `connecting` is on the way to the first attempt to register, `serving` from then on. */
type Life = 'idle' | 'connecting' | 'serving' | 'closing' | 'closed';

/**
 * `idle`: not connected yet. `connecting`: on the way to the first registration. `registered`: the agent routes calls
 * here. `disconnected`: no agent; calls that come are served, and it is tried again and again. Then `closing`, `closed`.
 */
export type ServiceState = 'idle' | 'connecting' | 'registered' | 'disconnected' | 'closing' | 'closed';

/** One game server: its functions, its gRPC server, its place with the agent. Made by createService(). */
export class Service extends EventEmitter<ServiceEvents> {
  readonly #settings: ServiceSettings;
  readonly #startedAt = systemClock.now();
  readonly #registry = new FunctionRegistry();
  readonly #host: FunctionHost;
  readonly #hotReload: HotReload;
  readonly #presence: AgentPresence;
  #tunable: TunableSettings;
  #life: Life = 'idle';
  #configReloads = 0;
  #watch: FunctionWatch | null = null;
  #connected: Promise<void> | null = null;
  #closed: Promise<void> | null = null;
  #registrationPending = false;
  #ignoreSignals: () => void = () => {};

  constructor(settings: ServiceSettings) {
    super();
    this.#settings = settings;
    this.#tunable = settings.tunable;
    this.#host = new FunctionHost(this.#registry, systemClock, tellBugs(this));
    this.#hotReload = new HotReload({
      registry: this.#registry,
      budgetBytes: settings.restartBudget,
      listener: tellReloads(this, () => void this.#presence.registerAgain()),
    });
    this.#presence = new AgentPresence({
      settings,
      tunable: () => this.#tunable,
      functions: () => this.#registry.descriptors(),
      events: this,
    });
  }

  get serviceId(): string {
    return this.#settings.serviceId;
  }

  get version(): string {
    return this.#tunable.version;
  }

  get gameId(): string | null {
    return this.#settings.gameId;
  }

  get env(): string | null {
    return this.#settings.env;
  }

  /** Which life of the process this is under `croupier dev`, counted from 1; null when started by hand. */
  get generation(): number | null {
    return this.#settings.generation;
  }

  get state(): ServiceState {
    if (this.#life !== 'serving' && this.#life !== 'connecting') return this.#life;
    if (this.#presence.status === 'connected') return 'registered';
    return this.#life === 'connecting' && !this.#presence.hasFailed ? 'connecting' : 'disconnected';
  }

  /** The port that is served on; null before connect(). */
  get port(): number | null {
    return this.#presence.port;
  }

  /** `host:port` as the agent is told it; null before connect(). */
  get address(): string | null {
    return this.#presence.address;
  }

  /** Handlers under way, of calls and jobs. */
  get inFlight(): number {
    return this.#host.inFlight;
  }

  /**
   * Adds a function. The handler gets the payload parsed from JSON, and what it returns is answered as JSON; for bytes
   * give `{ bytes: handler }`. Throw a FunctionError for a status of your choice. After connect() the agent is told.
   */
  registerFunction<Input = unknown, Output = unknown>(
    descriptor: FunctionDescriptor,
    handler: Handler<Input, Output, CallContext>,
  ): this {
    return this.#register(descriptor, handler);
  }

  /**
   * Adds a job: a function that runs longer than a caller waits, reports progress, and can be cancelled. Called as a
   * plain function it runs to its end and answers its result.
   */
  registerJob<Input = unknown, Output = unknown>(
    descriptor: FunctionDescriptor,
    handler: Handler<Input, Output, JobContext>,
  ): this {
    return this.#register(descriptor, handler);
  }

  /**
   * Loads the function modules, serves, then registers with the agent. Resolves when registered, or when the first attempt has
   * failed: a game server must not die because its agent is absent. Then `state` is `disconnected`, and it is tried again until
   * gracefulShutdown(). Rejects where a module cannot be loaded, or the address to serve on cannot be had.
   */
  connect(): Promise<void> {
    switch (this.#life) {
      case 'idle':
        this.#life = 'connecting';
        if (this.#settings.handleSignals) {
          this.#ignoreSignals = shutdownSignals.add((cause) => this.#shutDownOnce(undefined, cause));
        }
        this.#connected = this.#connect();
        return this.#connected;
      case 'connecting':
      case 'serving':
        return this.#connected ?? Promise.resolve();
      case 'closing':
      case 'closed':
        return Promise.reject(new Error('the service is closed'));
      default:
        return assertNever(this.#life);
    }
  }

  /**
   * Puts a new version of a registered function or job in its place: calls under way finish on the old one, all later ones take the new.
   * Throws a ReloadError where the descriptor is wrong or the function is not registered; the old one serves on then.
   */
  reloadFunction<Input = unknown, Output = unknown>(
    id: string,
    descriptor: FunctionDescriptor,
    handler: Handler<Input, Output, JobContext>,
  ): FunctionChange | null {
    return this.reloadFunctions([{ id, descriptor, handler }])[0] ?? null;
  }

  /** As reloadFunction, for several: all of them in one step, or, where one is wrong, none. */
  reloadFunctions(batch: readonly FunctionReload[]): readonly FunctionChange[] {
    const definitions = checkReloads(batch, this.#registry);
    if (definitions.ok) return this.#hotReload.replace(definitions.value);
    this.#hotReload.fail(definitions.error);
    throw new ReloadError(definitions.error);
  }

  /**
   * Puts the version of a function before the present one back; the last five are kept. Throws a FunctionError: NOT_FOUND where it is not
   * registered, FAILED_PRECONDITION where it has no earlier version.
   */
  rollback(id: string): FunctionChange {
    const change = this.#hotReload.rollback(id);
    if (change.ok) return change.value;
    throw new FunctionError(change.error.code, change.error.message);
  }

  /** Changes options while the service runs: all of them, or, where one is wrong, none; then it throws a TypeError. */
  reloadConfig(change: TunableOptions): void {
    const { version } = this.#tunable;
    this.#tunable = tune(this.#tunable, change);
    this.#configReloads += 1;
    this.#presence.policyChanged();
    if (this.#tunable.version !== version) void this.#presence.registerAgain();
    this.emit('configReloaded', { changed: change });
  }

  getReloadStatus(): ReloadStatus {
    const { status, reconnects, lastReconnect } = this.#presence;
    return {
      connectionStatus: this.#hotReload.isReloading ? 'reloading' : status,
      reconnectCount: reconnects,
      lastReconnect,
      functionReloads: this.#hotReload.functionReloads,
      configReloads: this.#configReloads,
      failedReloads: this.#hotReload.failedReloads,
      functionsCount: this.#registry.size,
      uptimeMs: Math.round(systemClock.now() - this.#startedAt),
      leakedBytes: this.#hotReload.leakedBytes,
    };
  }

  /** Ends the connection to the agent and makes another one at once. Resolves when that is registered or has failed. */
  reconnect(): Promise<void> {
    return this.#presence.reconnect();
  }

  /**
   * Takes itself out of the agent's routing, serves what was already on its way, lets calls and jobs under way finish (after `timeoutMs`, by default the option
   * `gracefulShutdownTimeout`, their signals are aborted), calls `onClose`, then closes server and connections. A second call waits for
   * the first.
   */
  gracefulShutdown(timeoutMs?: number): Promise<void> {
    return this.#shutDownOnce(timeoutMs, null);
  }

  #register<Input, Output>(
    descriptor: FunctionDescriptor,
    handler: Handler<Input, Output, JobContext>,
  ): this {
    this.#registry.add(define(descriptor, handler));
    if (this.#life !== 'idle' && !this.#registrationPending) {
      this.#registrationPending = true;
      // Functions are added several at a time: one registration for all of a turn.
      setImmediate(() => {
        this.#registrationPending = false;
        void this.#presence.registerAgain();
      });
    }
    return this;
  }

  async #connect(): Promise<void> {
    const functions = loadFunctions(this.#hotReload, this.#settings);
    const served = await this.#presence.serve(
      functions,
      this.#host,
      serveHotReload(this.#hotReload, this.#host, () => this.getReloadStatus()),
    );
    if (this.#closed !== null) return;
    if (!served.ok) {
      this.#finish();
      throw new Error(served.error);
    }
    await Promise.all([this.#presence.register(), this.#startWatch()]);
    if (this.#closed === null) this.#life = 'serving';
  }

  async #startWatch(): Promise<void> {
    const { modules } = this.#hotReload;
    if (modules === null || !this.#settings.watch) return;
    const onProblem = (message: string) => this.#presence.tellError(message);
    this.#watch = new FunctionWatch({ modules, hotReload: this.#hotReload, events: this, onProblem });
    await this.#watch.start();
  }

  #shutDownOnce(timeout: number | undefined, cause: string | null): Promise<void> {
    const timeoutMs = checkMs('timeoutMs', timeout ?? this.#tunable.gracefulShutdownTimeout);
    this.#closed ??= this.#shutDown(timeoutMs, cause);
    return this.#closed;
  }

  async #shutDown(timeoutMs: number, cause: string | null): Promise<void> {
    this.#life = 'closing';
    this.emit('shuttingDown', { timeoutMs, cause });
    const [departure] = await Promise.all([this.#presence.leave(), this.#watch?.close()]);
    await this.#host.drain(timeoutMs, lameDuckTime(departure, this.#settings.generation !== null));
    try {
      await this.#settings.onClose();
    } finally {
      await this.#presence.closeServer();
      this.#finish();
    }
  }

  #finish(): void {
    this.#host.close();
    this.#presence.close();
    this.#ignoreSignals();
    this.#life = 'closed';
    this.emit('closed');
  }
}
