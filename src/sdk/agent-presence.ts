import type { EventEmitter } from 'node:events';
import { systemClock } from '../core/clock.js';
import { err, ok, type Result } from '../core/result.js';
import type {
  LocalFunctionDescriptor,
  RegisterLocalRequest,
} from '../protocol/gen/croupier/agent/local/v1/local.js';
import type { HotReloadHandlers } from '../protocol/hot-reload-service.js';
import type { FunctionHandlers, FunctionServer } from '../protocol/typed-server.js';
import { AgentLink, type Departure, type LinkListener } from './agent-link.js';
import type { RetryPolicy } from './backoff.js';
import { ConnectionRecord } from './connection-record.js';
import { advertisedAddress, longestPause, type ServiceSettings } from './options.js';
import { announceReady } from './process-manager.js';
import type { ConnectionStatus } from './reload-status.js';
import type { ServiceEvents } from './service-events.js';
import type { TunableSettings } from './tunable-options.js';

/** How long taking ourselves out of the agent's routing may hold up a shutdown, in ms. */
const LEAVE_BUDGET_MS = 500;
/** After the drain only answers on their way and readers of ended jobs are left on the server, in ms. */
const SERVER_CLOSE_MS = 1_000;

export interface PresenceOptions {
  readonly settings: ServiceSettings;
  /** As they are now. */
  readonly tunable: () => TunableSettings;
  readonly functions: () => LocalFunctionDescriptor[];
  readonly events: EventEmitter<ServiceEvents>;
}

/** The service as others see it: the gRPC server that is called, and the registration with the agent. */
export class AgentPresence {
  readonly #options: PresenceOptions;
  readonly #record = new ConnectionRecord();
  #server: FunctionServer | null = null;
  #link: AgentLink | null = null;
  /** Of what is opened at the start; never rejects. */
  #opening: Promise<unknown> = Promise.resolve();
  #isAnnounced = false;
  #hasFailed = false;
  #closed = false;

  constructor(options: PresenceOptions) {
    this.#options = options;
  }

  get status(): Exclude<ConnectionStatus, 'reloading'> {
    return this.#record.status;
  }

  get reconnects(): number {
    return this.#record.reconnects;
  }

  get lastReconnect(): Date | null {
    return this.#record.lastReconnect;
  }

  /** An attempt to register has failed. */
  get hasFailed(): boolean {
    return this.#hasFailed;
  }

  get port(): number | null {
    return this.#server?.port ?? null;
  }

  /** `host:port` as the agent is told it; null as long as nothing is served. */
  get address(): string | null {
    if (this.#server === null) return null;
    const { advertise, listen } = this.#options.settings;
    return advertise ?? advertisedAddress(listen, this.#server.port);
  }

  /** Serves, as soon as the functions are there. The error says in a sentence why that is not possible. */
  async serve(
    functions: Promise<Result<null, string>>,
    handlers: FunctionHandlers,
    hotReload: HotReloadHandlers,
  ): Promise<Result<null, string>> {
    const opening = this.#open(functions, handlers, hotReload);
    this.#opening = opening.catch(() => {});
    return opening;
  }

  /** Registers, and keeps the registration from then on. Resolves when the first attempt has succeeded or failed. */
  register(): Promise<void> {
    return this.#link?.start() ?? Promise.resolve();
  }

  /** The functions, or what is said about them, have changed. */
  async registerAgain(): Promise<void> {
    await this.#link?.registerAgain();
  }

  policyChanged(): void {
    this.#link?.policyChanged();
  }

  async reconnect(): Promise<void> {
    await this.#link?.reconnect();
  }

  /** Takes the service out of the agent's routing. */
  async leave(): Promise<Departure> {
    return (await this.#link?.leave(LEAVE_BUDGET_MS)) ?? 'unknown';
  }

  async closeServer(): Promise<void> {
    this.#closed = true;
    await this.#opening;
    await this.#server?.close(SERVER_CLOSE_MS);
  }

  close(): void {
    this.#closed = true;
    this.#link?.close();
  }

  /** An emitter throws an `error` that nobody listens to, and none of these must end a game server. */
  tellError(message: string): void {
    const { events } = this.#options;
    if (events.listenerCount('error') > 0) events.emit('error', new Error(message));
  }

  async #open(
    functions: Promise<Result<null, string>>,
    handlers: FunctionHandlers,
    hotReload: HotReloadHandlers,
  ): Promise<Result<null, string>> {
    // Loaded here and not above: an app that only registers functions (a test) never pays for gRPC.
    const [{ connectAgent }, { serveFunctions }] = await Promise.all([
      import('../protocol/client.js'),
      import('../protocol/typed-server.js'),
    ]);
    if (this.#closed) return ok(null);
    const { settings, tunable } = this.#options;
    // The channel connects while modules are loaded and the server binds.
    this.#link = new AgentLink({
      address: settings.agentAddress,
      connect: connectAgent,
      registration: () => this.#registration(),
      policy: () => toPolicy(tunable(), settings.isAgentLocal),
      clock: systemClock,
      random: Math.random,
      listener: this.#listenToLink(),
    });
    const loaded = await functions;
    if (!loaded.ok) return err(`cannot load the functions: ${loaded.error}`);
    if (this.#closed) return ok(null);
    const served = await serveFunctions(settings.listen, handlers, hotReload);
    if (!served.ok) return err(`cannot serve on ${settings.listen}: ${served.error}`);
    this.#server = served.value;
    return ok(null);
  }

  #registration(): RegisterLocalRequest {
    const { settings, tunable, functions } = this.#options;
    return {
      serviceId: settings.serviceId,
      version: tunable().version,
      rpcAddr: this.address ?? '',
      functions: functions(),
    };
  }

  #listenToLink(): LinkListener {
    const { settings, events, functions } = this.#options;
    const record = this.#record;
    return {
      onConnected: () => events.emit('connected', { agentAddress: settings.agentAddress }),
      onRegistered: (sessionId) => {
        const isBack = record.registered(new Date());
        events.emit('registered', { sessionId, functions: functions().map((one) => one.id) });
        if (isBack) events.emit('reconnected', { reconnectCount: record.reconnects });
        if (!this.#isAnnounced) announceReady(process);
        this.#isAnnounced = true;
      },
      onDisconnected: (reason, retryInMs) => {
        this.#hasFailed = true;
        record.lost();
        events.emit('disconnected', { reason, retryInMs });
      },
      onGaveUp: (failures, reason) => {
        record.gaveUp();
        this.tellError(
          `${reason}; attempts that failed in a row: ${failures}; from now on it is tried at each health check`,
        );
      },
      onRefused: (message) => this.tellError(message),
    };
  }
}

function toPolicy(tunable: TunableSettings, isAgentLocal: boolean): RetryPolicy {
  const { reconnectDelay, autoReconnect, maxRetryAttempts, healthCheckInterval } = tunable;
  const backoff = { initialMs: reconnectDelay, maxMs: longestPause(isAgentLocal, reconnectDelay) };
  return { backoff, autoReconnect, maxRetryAttempts, healthCheckInterval };
}
