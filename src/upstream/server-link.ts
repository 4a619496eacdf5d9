import type { CancelTimer } from '../core/clock.js';
import { assertNever } from '../core/failure.js';
import type { Result } from '../core/result.js';
import { formatTarget } from '../protocol/address.js';
import type { RpcFailure } from '../protocol/rpc.js';
import type { TlsMaterial } from '../protocol/tls.js';
import { isLoopback, reconnectDelay } from './backoff.js';
import { Announcements } from './server-announcements.js';
import { type ConnectionOptions, ServerConnection } from './server-connection.js';
import type { ServerNetwork } from './server-dial.js';
import { next } from './server-next.js';
import { openLink, type ServerEffect, type ServerInput, type ServerState, statusOf } from './server-state.js';
import type { Tunnel } from './tunnel.js';
import type {
  OfferedService,
  ServerUpstreamOptions,
  TakeOutResult,
  Upstream,
  UpstreamStatus,
} from './types.js';

export interface ServerLinkOptions extends ServerUpstreamOptions {
  /** Version of this program: what an agent says of itself. */
  readonly programVersion: string;
  /** Asked at each attempt, so that renewed certificates are taken. */
  readTls(): Promise<Result<TlsMaterial | null, string>>;
}

export interface ServerLinkParts {
  readonly kind: 'server' | 'edge';
  readonly network: ServerNetwork;
  /** null: the other side dials us. */
  readonly tunnel: Tunnel | null;
  /** Ms since 1970, as calendars have it. */
  readonly epochMs: () => number;
}

/** For taking the registration out; less than what closing may take, so that the rest of that is left for the tunnel. */
const TAKE_OUT_MS = 2_000;
const CLOSE_MS = 3_000;
/** Of CLOSE_MS, for ending a tunnel in both directions. */
const END_MS = 400;

/**
 * The session as one agent of a server or an edge: runs what the state machine decides. One connection at a time; whatever comes back for
 * an old one is dropped by its number.
 */
export class ServerLink implements Upstream {
  readonly #options: ServerLinkOptions;
  readonly #parts: ServerLinkParts;
  readonly #connectionOptions: ConnectionOptions;
  readonly #announcements: Announcements;
  #state: ServerState;
  /** Inputs that came while one was being worked off. */
  readonly #inputs: ServerInput[] = [];
  #isWorking = false;
  #services: readonly OfferedService[] = [];
  #offeredKey: string | null = null;
  /** What the registration under way, or the last one, was made of. */
  #sent: readonly OfferedService[] = [];
  #connection: ServerConnection | null = null;
  /** The attempt before was not answered. */
  #isWary = false;
  /** The end of the connection before, which the next one waits for. */
  #abandoning: Promise<void> = Promise.resolve();
  #cancelHeartbeat: CancelTimer = () => undefined;
  #cancelPause: CancelTimer = () => undefined;
  #withdrawing: Promise<void> | null = null;
  #onLeft: () => void = () => undefined;
  #closing: Promise<void> | null = null;

  constructor(options: ServerLinkOptions, parts: ServerLinkParts) {
    const { config, clock } = options;
    this.#options = options;
    this.#parts = parts;
    this.#announcements = new Announcements(config.url, options.publish);
    this.#connectionOptions = {
      ...parts,
      identity: options,
      clock,
      target: { host: config.host, port: config.port },
      readTls: options.readTls,
      report: (input) => this.#dispatch(input),
      onManifestRefused: (failure) => this.#tellManifestRefused(failure),
    };
    const [state, effects] = openLink(parts.tunnel !== null);
    this.#state = state;
    for (const effect of effects) this.#run(effect);
  }

  get status(): UpstreamStatus {
    return statusOf(this.#state, this.#options.config.url);
  }

  offer(services: readonly OfferedService[]): void {
    const key = JSON.stringify(services);
    if (this.#withdrawing !== null || key === this.#offeredKey) return;
    this.#offeredKey = key;
    this.#services = services;
    this.#dispatch({ type: 'offered', revision: this.#state.link.offered + 1 });
  }

  takeOut(): Promise<TakeOutResult> {
    return Promise.resolve({
      outcome: 'kept',
      why: 'a server cannot say whether other instances serve the functions',
    });
  }

  putBack(): void {
    this.#dispatch({ type: 'tell-again' });
  }

  withdraw(): Promise<void> {
    this.#withdrawing ??= new Promise((resolve) => {
      this.#onLeft = resolve;
      this.#dispatch({ type: 'withdraw' });
    });
    return this.#withdrawing;
  }

  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #close(): Promise<void> {
    const { clock } = this.#options;
    const deadline = clock.now() + CLOSE_MS - END_MS;
    await this.withdraw();
    await this.#parts.tunnel?.close(Math.max(0, deadline - clock.now()));
    this.#dispatch({ type: 'close' });
    await this.#abandoning;
  }

  #dispatch(input: ServerInput): void {
    this.#inputs.push(input);
    if (this.#isWorking) return;
    this.#isWorking = true;
    for (let one = this.#inputs.shift(); one !== undefined; one = this.#inputs.shift()) {
      const [state, effects] = next(this.#state, one);
      this.#state = state;
      for (const effect of effects) this.#run(effect);
    }
    this.#isWorking = false;
  }

  #run(effect: ServerEffect): void {
    switch (effect.type) {
      case 'dial':
        this.#connection = new ServerConnection(effect.connection, this.#connectionOptions, this.#isWary);
        void this.#connection.dial(this.#abandoning);
        return;
      case 'register':
        this.#sent = this.#services;
        void this.#connection?.register(this.#sent);
        return;
      case 'open-tunnel':
        this.#connection?.openTunnel();
        return;
      case 'heartbeat':
        void this.#connection?.beat();
        return;
      case 'schedule-heartbeat':
        this.#scheduleHeartbeat(effect.connection, effect.afterMs);
        return;
      case 'send-capabilities':
        this.#connection?.sendCapabilities(this.#sent);
        return;
      case 'tell-connected':
        this.#announcements.connected(effect.attempt);
        return;
      case 'tell-registered':
        this.#announcements.registered(this.#sent);
        return;
      case 'tell-lost':
        this.#announcements.lost(effect.reason, effect.attempt);
        return;
      case 'tell-no-tunnel':
        this.#tellNoTunnel();
        return;
      case 'abandon':
        this.#abandon();
        return;
      case 'pause':
        this.#pause(effect.failures);
        return;
      case 'take-out':
        void this.#takeOut();
        return;
      case 'tell-left':
        this.#onLeft();
        return;
      default:
        assertNever(effect);
    }
  }

  #scheduleHeartbeat(connection: number, afterMs: number): void {
    this.#cancelHeartbeat();
    this.#cancelHeartbeat = this.#options.clock.after(afterMs, () => {
      this.#dispatch({ type: 'heartbeat-due', connection, epoch: this.#parts.epochMs() });
    });
  }

  #pause(failures: number): void {
    const { clock, config, random } = this.#options;
    const options = { ...config.reconnect, isLoopback: isLoopback(config.host) };
    const ms = reconnectDelay(failures, options, random);
    this.#cancelPause = clock.after(ms, () => this.#dispatch({ type: 'pause-over' }));
  }

  #abandon(): void {
    this.#cancelHeartbeat();
    this.#cancelPause();
    if (this.#connection === null) return;
    this.#isWary = this.#connection.wasSilent;
    this.#abandoning = this.#connection.abandon();
    this.#connection = null;
  }

  async #takeOut(): Promise<void> {
    this.#cancelHeartbeat();
    const failure = (await this.#connection?.takeOut(TAKE_OUT_MS)) ?? null;
    if (failure === null) this.#announcements.takenOut();
    else {
      const { url } = this.#options.config;
      this.#announcements.warn(
        `${url} did not take the registration out (${failure}); it forgets it when no heartbeat comes`,
      );
    }
    this.#dispatch({ type: 'taken-out' });
  }

  #tellNoTunnel(): void {
    this.#announcements.warnOnce(
      `the ${this.#who()} serves no tunnel: it has to reach ${this.#options.gatewayAddress} by itself; if it is a server, "upstream.url" begins with server://`,
    );
  }

  #tellManifestRefused(failure: RpcFailure): void {
    this.#announcements.warnOnce(
      `the ${this.#who()} refused the manifest of the functions: ${failure.codeName}: ${failure.message}`,
    );
  }

  #who(): string {
    const { host, port } = this.#options.config;
    return `${this.#parts.kind} at ${formatTarget({ host, port })}`;
  }
}
