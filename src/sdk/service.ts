import { EventEmitter } from 'node:events';
import { systemClock } from '../core/clock.js';
import { assertNever } from '../core/failure.js';
import type { RegisterLocalRequest } from '../protocol/gen/croupier/agent/local/v1/local.js';
import type { FunctionServer } from '../protocol/typed-server.js';
import { AgentLink, type LinkListener } from './agent-link.js';
import type { CallContext, Handler, JobContext } from './context.js';
import type { FunctionDescriptor } from './descriptor.js';
import { FunctionHost } from './function-host.js';
import { FunctionRegistry } from './function-registry.js';
import { advertisedAddress, checkMs, type ServiceSettings } from './options.js';
import { shutdownSignals } from './shutdown-signals.js';

/** How long taking ourselves out of the agent's routing may hold up a shutdown, in ms. */
const LEAVE_BUDGET_MS = 500;
/** After the drain only answers on their way and readers of ended jobs are left on the server, in ms. */
const SERVER_CLOSE_MS = 1_000;

/**
 * `idle`: not connected yet. `connecting`: on the way to the first registration. `registered`: the agent routes calls
 * here. `disconnected`: no agent; calls that come are served, and it is tried again and again. Then `closing`, `closed`.
 */
export type ServiceState = 'idle' | 'connecting' | 'registered' | 'disconnected' | 'closing' | 'closed';

export interface ServiceEvents {
  /** A connection to the agent is there. */
  connected: [{ readonly agentAddress: string }];
  /** The agent took our registration: at the start, after each reconnect, and when functions were added. */
  registered: [{ readonly sessionId: string; readonly functions: readonly string[] }];
  /** The agent is gone or was never there; the next attempt is in `retryInMs`. */
  disconnected: [{ readonly reason: string; readonly retryInMs: number }];
  /** Everything is shut. */
  closed: [];
  /** The agent answers, but refuses the registration. Emitted only if somebody listens. */
  error: [Error];
}

/** One game server: its functions, its gRPC server, its place with the agent. Made by createService(). */
export class Service extends EventEmitter<ServiceEvents> {
  readonly #settings: ServiceSettings;
  readonly #registry = new FunctionRegistry();
  readonly #host = new FunctionHost(this.#registry, systemClock);
  #state: ServiceState = 'idle';
  #port: number | null = null;
  #server: FunctionServer | null = null;
  #link: AgentLink | null = null;
  #binding: Promise<string | null> = Promise.resolve(null);
  #connected: Promise<void> | null = null;
  #closed: Promise<void> | null = null;
  #registrationPending = false;
  #ignoreSignals: () => void = () => {};

  constructor(settings: ServiceSettings) {
    super();
    this.#settings = settings;
  }

  get serviceId(): string {
    return this.#settings.serviceId;
  }

  get version(): string {
    return this.#settings.version;
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
    return this.#state;
  }

  /** The port that is served on; null before connect(). */
  get port(): number | null {
    return this.#port;
  }

  /** `host:port` as the agent is told it; null before connect(). */
  get address(): string | null {
    if (this.#port === null) return null;
    return this.#settings.advertise ?? advertisedAddress(this.#settings.listen, this.#port);
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
   * Serves, then registers with the agent. Resolves when registered, or when the first attempt has failed: a game server
   * must not die because its agent is absent. Then `state` is `disconnected`, and it is tried again until close().
   * Rejects only where the address to serve on cannot be had.
   */
  connect(): Promise<void> {
    switch (this.#state) {
      case 'idle':
        this.#state = 'connecting';
        if (this.#settings.handleSignals) {
          this.#ignoreSignals = shutdownSignals.add(() => this.close());
        }
        this.#connected = this.#connect();
        return this.#connected;
      case 'connecting':
      case 'registered':
      case 'disconnected':
        return this.#connected ?? Promise.resolve();
      case 'closing':
      case 'closed':
        return Promise.reject(new Error('the service is closed'));
      default:
        return assertNever(this.#state);
    }
  }

  /**
   * Shuts down gracefully: takes itself out of the agent's routing, lets calls and jobs under way finish (after `timeout`
   * ms their signals are aborted), calls `onClose`, then closes server and connections. A second call waits for the first.
   */
  close(options: { readonly timeout?: number } = {}): Promise<void> {
    const timeoutMs = checkMs('timeout', options.timeout ?? this.#settings.closeTimeoutMs);
    this.#closed ??= this.#close(timeoutMs);
    return this.#closed;
  }

  #register<Input, Output>(
    descriptor: FunctionDescriptor,
    handler: Handler<Input, Output, JobContext>,
  ): this {
    this.#registry.add(descriptor, handler);
    if (this.#link !== null && !this.#registrationPending) {
      this.#registrationPending = true;
      // Functions are added several at a time: one registration for all of a turn.
      setImmediate(() => {
        this.#registrationPending = false;
        void this.#link?.registerAgain();
      });
    }
    return this;
  }

  async #connect(): Promise<void> {
    // Loaded here and not above: an app that only registers functions (a test) never pays for gRPC.
    const [{ connectAgent }, { serveFunctions }] = await Promise.all([
      import('../protocol/client.js'),
      import('../protocol/typed-server.js'),
    ]);
    if (this.#closed !== null) return;
    // The channel connects while the server binds.
    const link = new AgentLink({
      address: this.#settings.agentAddress,
      connect: connectAgent,
      registration: () => this.#registration(),
      backoff: this.#settings.backoff,
      clock: systemClock,
      random: Math.random,
      listener: this.#listenToLink(),
    });
    this.#link = link;
    this.#binding = this.#bind(serveFunctions);
    const refusal = await this.#binding;
    if (this.#closed !== null) return;
    if (refusal === null) return link.start();
    this.#finish();
    throw new Error(`cannot serve on ${this.#settings.listen}: ${refusal}`);
  }

  /** The value says why the address cannot be had; null: it is served. */
  async #bind(
    serveFunctions: typeof import('../protocol/typed-server.js').serveFunctions,
  ): Promise<string | null> {
    const served = await serveFunctions(this.#settings.listen, this.#host);
    if (!served.ok) return served.error;
    this.#server = served.value;
    this.#port = served.value.port;
    return null;
  }

  async #close(timeoutMs: number): Promise<void> {
    this.#state = 'closing';
    await this.#link?.leave(LEAVE_BUDGET_MS);
    await this.#host.drain(timeoutMs);
    try {
      await this.#settings.onClose();
    } finally {
      await this.#binding;
      await this.#server?.close(SERVER_CLOSE_MS);
      this.#finish();
    }
  }

  #finish(): void {
    this.#host.close();
    this.#link?.close();
    this.#ignoreSignals();
    this.#state = 'closed';
    this.emit('closed');
  }

  #registration(): RegisterLocalRequest {
    const { serviceId, version } = this.#settings;
    return { serviceId, version, rpcAddr: this.address ?? '', functions: this.#registry.descriptors() };
  }

  #listenToLink(): LinkListener {
    const { agentAddress } = this.#settings;
    return {
      onConnected: () => this.emit('connected', { agentAddress }),
      onRegistered: (sessionId) => {
        this.#state = 'registered';
        const functions = this.#registry.descriptors().map((one) => one.id);
        this.emit('registered', { sessionId, functions });
      },
      onDisconnected: (reason, retryInMs) => {
        this.#state = 'disconnected';
        this.emit('disconnected', { reason, retryInMs });
      },
      onRefused: (message) => {
        // An emitter throws an `error` that nobody listens to, and this one must not end a game server.
        if (this.listenerCount('error') > 0) this.emit('error', new Error(message));
      },
    };
  }
}
