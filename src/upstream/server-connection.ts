import type { Clock } from '../core/clock.js';
import { formatTarget } from '../protocol/address.js';
import type { ControlClient } from '../protocol/control-client.js';
import type { RpcFailure } from '../protocol/rpc.js';
import { STATUS_CODES } from '../protocol/status-codes.js';
import type { TlsMaterial } from '../protocol/tls.js';
import { explainLoss, type Loss } from './loss.js';
import { buildManifest } from './manifest.js';
import { CapabilitiesSender } from './server-capabilities.js';
import { within } from './server-deadline.js';
import { type DialOptions, dialServer } from './server-dial.js';
import { leaseFrom } from './server-lease.js';
import { describeFailedCall, type Purpose } from './server-refusal.js';
import { placeOf, type ServerIdentity, toRegisterRequest, withoutFunctions } from './server-registration.js';
import type { ServerInput } from './server-state.js';
import type { Tunnel } from './tunnel.js';
import type { OfferedService } from './types.js';

/** What is the same for every connection of one link. */
export interface ConnectionOptions extends DialOptions {
  readonly identity: ServerIdentity;
  readonly clock: Clock;
  readonly epochMs: () => number;
  /** null: the other side dials us. */
  readonly tunnel: Tunnel | null;
  /** What comes of the connection's doings. */
  report(input: ServerInput): void;
  onManifestRefused(failure: RpcFailure): void;
}

/** For each call to the other side, in ms. */
const RPC_TIMEOUT_MS = 3_000;

/** One connection to a server or an edge, from the dial to its end. It decides nothing: it does what it is told, and reports. */
export class ServerConnection {
  readonly #number: number;
  readonly #options: ConnectionOptions;
  readonly #over = new AbortController();
  #client: ControlClient | null = null;
  #capabilities: CapabilitiesSender | null = null;
  #sessionId = '';
  /** What was sent last: for naming the key that a refusal is about. */
  #services: readonly OfferedService[] = [];
  /** The registration under way, or the last one. */
  #registering: Promise<unknown> = Promise.resolve();
  readonly #isWary: boolean;
  #wasSilent = false;
  /** What the channel was opened with. */
  #tls: TlsMaterial | null = null;
  /** Why the channel is gone, being looked into; null: it is not gone. */
  #channelLoss: Promise<string | null> | null = null;

  /** `isWary`: the attempt before was not answered. */
  constructor(number: number, options: ConnectionOptions, isWary: boolean) {
    this.#number = number;
    this.#options = options;
    this.#isWary = isWary;
  }

  /** Nobody answered the dial in time. */
  get wasSilent(): boolean {
    return this.#wasSilent;
  }

  /** Opens the channel, after the connection before has ended: an edge takes the end of an old stream for that of the new one. */
  async dial(before: Promise<void>): Promise<void> {
    const { signal } = this.#over;
    await before;
    if (signal.aborted) return;
    const dialled = await dialServer(this.#options, this.#isWary, signal);
    if (signal.aborted) {
      if (dialled.ok) dialled.value.client.close();
      return;
    }
    if (!dialled.ok) {
      this.#wasSilent = dialled.error.wasSilent;
      this.#fail(dialled.error.loss);
      return;
    }
    const { client, tls } = dialled.value;
    this.#client = client;
    this.#tls = tls;
    this.#capabilities = new CapabilitiesSender(client, this.#options.onManifestRefused);
    client.onStateChange((state) => {
      if (state !== 'ready') void this.#onChannelLeft();
    });
    this.#options.report({ type: 'dialled', connection: this.#number });
  }

  async register(services: readonly OfferedService[]): Promise<void> {
    if (this.#client === null) return;
    this.#services = services;
    const { identity, epochMs, clock, report } = this.#options;
    const request = toRegisterRequest(services, identity, epochMs());
    const answering = this.#client.register(request, { timeoutMs: RPC_TIMEOUT_MS });
    this.#registering = answering;
    const answer = await answering;
    if (!answer.ok) {
      await this.#failCall(answer.error, 'the registration');
      return;
    }
    this.#sessionId = answer.value.sessionId;
    const lease = leaseFrom(answer.value.expireAt, epochMs());
    report({ type: 'registered', connection: this.#number, lease, at: clock.now() });
  }

  async beat(): Promise<void> {
    if (this.#client === null) return;
    const { identity, epochMs, report } = this.#options;
    const answer = await this.#client.heartbeat(
      { agentId: identity.agentId, sessionId: this.#sessionId },
      { timeoutMs: RPC_TIMEOUT_MS },
    );
    // A peer without heartbeats is watched by its channel, and by registering in time.
    const isServed = answer.ok || answer.error.code !== STATUS_CODES.UNIMPLEMENTED;
    const forgotten = !answer.ok && isForgotten(answer.error);
    if (!answer.ok && isServed && !forgotten) {
      await this.#failCall(answer.error, 'the heartbeat');
      return;
    }
    if (forgotten) this.#capabilities?.forget();
    report({ type: 'heartbeat-answered', connection: this.#number, epoch: epochMs(), forgotten });
  }

  sendCapabilities(services: readonly OfferedService[]): void {
    const { agentId, programVersion } = this.#options.identity;
    const provider = { id: agentId, version: programVersion, lang: 'node', sdk: 'croupier-cli' };
    this.#capabilities?.send(buildManifest(services, provider));
  }

  openTunnel(): void {
    const { tunnel, clock, report, identity, kind, target } = this.#options;
    if (this.#client === null || tunnel === null) return;
    const connection = this.#number;
    const hello = { agentId: identity.agentId, ...placeOf(this.#services) };
    tunnel.open(this.#client, hello, {
      onStands: () => report({ type: 'tunnel-stands', connection, at: clock.now() }),
      onUnserved: () => report({ type: 'tunnel-unserved', connection, at: clock.now() }),
      onEnd: (failure) => {
        if (failure !== null) void this.#failCall(failure, 'the tunnel');
        else void this.#lose(`the ${kind} at ${formatTarget(target)} ended the tunnel`);
      },
    });
  }

  /** Registers without functions. Null: the other side took it; otherwise why it did not. */
  async takeOut(timeoutMs: number): Promise<string | null> {
    const { clock, identity, epochMs } = this.#options;
    this.#capabilities?.stop();
    const deadline = clock.now() + timeoutMs;
    // The other side must not take the registration after its end.
    await within(clock, timeoutMs, this.#registering);
    if (this.#client === null) return 'not connected';
    const answer = await this.#client.register(
      withoutFunctions(toRegisterRequest(this.#services, identity, epochMs())),
      { timeoutMs: Math.max(1, deadline - clock.now()) },
    );
    return answer.ok ? null : answer.error.codeName;
  }

  /** Ends everything; nothing is reported from now on that matters. Resolves when the tunnel's stream has ended. */
  async abandon(): Promise<void> {
    this.#over.abort();
    this.#capabilities?.stop();
    const client = this.#client;
    if (client === null) return;
    this.#client = null;
    await this.#options.tunnel?.abandon();
    client.close();
  }

  async #onChannelLeft(): Promise<void> {
    const { clock, report } = this.#options;
    const loss = await this.#explainChannelLoss();
    report({ type: 'channel-left', connection: this.#number, loss, at: clock.now() });
  }

  /** Asked once; the next attempt would find the same. */
  async #explainChannelLoss(): Promise<Loss> {
    const { kind, target, clock, network } = this.#options;
    const explain = (timeoutMs: number) => network.explain(target, this.#tls, timeoutMs);
    this.#channelLoss ??= explainLoss(clock, explain, this.#over.signal);
    const reason =
      (await this.#channelLoss) ?? `the connection to the ${kind} at ${formatTarget(target)} was lost`;
    return { reason, isSilence: false };
  }

  async #failCall(failure: RpcFailure, purpose: Purpose): Promise<void> {
    const { kind, target, identity } = this.#options;
    const { gameId } = placeOf(this.#services);
    const to = { kind, address: formatTarget(target), gameId, agentId: identity.agentId };
    const reason = describeFailedCall(failure, purpose, to, RPC_TIMEOUT_MS);
    if (failure.code === STATUS_CODES.DEADLINE_EXCEEDED) this.#fail({ reason, isSilence: true });
    else await this.#lose(reason);
  }

  /** Something has failed. Where the channel is gone, that is why, and it says so within this turn. */
  async #lose(reason: string): Promise<void> {
    await new Promise((resolve) => setImmediate(resolve));
    this.#fail(this.#channelLoss === null ? { reason, isSilence: false } : await this.#explainChannelLoss());
  }

  #fail(loss: Loss): void {
    const { clock, report } = this.#options;
    report({ type: 'failed', connection: this.#number, loss, at: clock.now() });
  }
}

/** The peer lives and says that it does not know our session: registering anew is all that it takes. */
function isForgotten(failure: RpcFailure): boolean {
  return (
    failure.code === STATUS_CODES.NOT_FOUND ||
    failure.code === STATUS_CODES.FAILED_PRECONDITION ||
    failure.code === STATUS_CODES.UNAUTHENTICATED
  );
}
