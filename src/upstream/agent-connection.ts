import { setMaxListeners } from 'node:events';
import type { CancelTimer, Clock } from '../core/clock.js';
import type { Result } from '../core/result.js';
import { type DialTarget, formatTarget } from '../protocol/address.js';
import type { AgentClient } from '../protocol/client.js';
import type { ConnectionProblem } from '../protocol/explain-connection.js';
import type { LocalFunction } from '../protocol/gen/croupier/agent/local/v1/local.js';
import type { CallOptions, RpcFailure } from '../protocol/rpc.js';
import { STATUS_CODES } from '../protocol/status-codes.js';
import type { TlsMaterial } from '../protocol/tls.js';
import type { Input, Listed } from './agent-state.js';
import type { Sighting } from './instance-sighting.js';
import { connectTimeoutMs, type Explain, explainLoss, explainTimeoutMs, type Loss, lossOf } from './loss.js';
import { within } from './server-deadline.js';
import type { OfferedFunction } from './types.js';

/** What the network does, as parameters. */
export interface AgentNetwork {
  connect(address: string, tls: TlsMaterial | null): AgentClient;
  readonly explain: Explain;
  /** Who is at the address of another instance; `tls` is for the gateways of sessions. */
  sight(target: DialTarget, tls: TlsMaterial | null, timeoutMs: number): Promise<Sighting>;
  /** Whether anybody is there. */
  dial(target: DialTarget, timeoutMs: number): Promise<Sighting>;
}

export interface ConnectionOptions {
  readonly number: number;
  readonly target: DialTarget;
  readonly network: AgentNetwork;
  readonly clock: Clock;
  /** The attempt before was not answered: this one is made only where somebody answers. */
  readonly isWary: boolean;
  /** Read at each attempt, so that renewed certificates are taken. */
  readTls(): Promise<Result<TlsMaterial | null, string>>;
  dispatch(input: Input): void;
  onListed(functions: readonly LocalFunction[]): void;
}

/** For everything that an agent is asked: it is not waited for any longer (ms). */
export const RPC_TIMEOUT_MS = 3_000;

/** One connection to an agent: carries out what is asked of it, and tells what came of it by its number. */
export class AgentConnection {
  readonly #options: ConnectionOptions;
  #client: AgentClient | null = null;
  #cancelTimer: CancelTimer = () => {};
  /** Aborted when it is closed: what is under way ends with it. */
  readonly #closing = new AbortController();
  #wasSilent = false;
  /** It worked, and is over: who is there now is being looked at. */
  #isBroken = false;
  /** Why the attempt failed, asked for afterwards. */
  #explain: () => Promise<ConnectionProblem | null> = () => Promise.resolve(null);

  constructor(options: ConnectionOptions) {
    this.#options = options;
    // One listener for each call that is under way: as many as there are services.
    setMaxListeners(0, this.#closing.signal);
    void this.#open();
  }

  get number(): number {
    return this.#options.number;
  }

  /** For calls that are not about registration; null: not open. */
  get client(): AgentClient | null {
    return this.#isClosed || this.#isBroken ? null : this.#client;
  }

  /** Nothing is told any more. */
  close(): void {
    this.#closing.abort();
    this.#cancelTimer();
    this.#client?.close();
  }

  /** Why the attempt failed, where that says more than the failure itself did; null: it does not. Works on a closed connection, too. */
  explain(): Promise<ConnectionProblem | null> {
    return this.#explain();
  }

  /** Nobody answered in time, or not as an agent does. */
  get wasSilent(): boolean {
    return this.#wasSilent;
  }

  get #isClosed(): boolean {
    return this.#closing.signal.aborted;
  }

  async describe(): Promise<void> {
    const described = await this.#client?.describe(this.#within(RPC_TIMEOUT_MS));
    if (described === undefined || this.#isClosed) return;
    if (described.ok) return this.#tell({ type: 'described', connection: this.number, peer: 'session' });
    // An agent of the field says UNIMPLEMENTED, one behind a proxy or with a guard of its own something else.
    if (isSilence(described.error)) await this.#fail(described.error, 'the question what it is');
    else this.#tell({ type: 'described', connection: this.number, peer: 'agent' });
  }

  async list(revision: number): Promise<void> {
    const listed = await this.listNow(RPC_TIMEOUT_MS);
    if (listed === null || this.#isClosed) return;
    if (listed.ok) {
      this.#tell({ type: 'listed', connection: this.number, revision, listed: listed.value });
    } else {
      await this.#fail(listed.error, 'ListLocal');
    }
  }

  /** The list for one who looks by himself; null: the connection is not open. */
  async listNow(timeoutMs: number): Promise<Result<Listed, RpcFailure> | null> {
    const { client } = this;
    if (client === null) return null;
    const list = await client.listLocal(this.#within(timeoutMs));
    if (this.#isClosed) return null;
    if (list.ok) this.#options.onListed(list.value.functions);
    // To be told of a list may have closed the connection.
    if (this.#isClosed) return null;
    if (list.ok) return { ok: true, value: { functions: list.value.functions } };
    if (list.error.code === STATUS_CODES.UNIMPLEMENTED) return { ok: true, value: { functions: null } };
    return list;
  }

  async register(registration: {
    readonly serviceId: string;
    readonly version: string;
    readonly rpcAddr: string;
    readonly functions: readonly OfferedFunction[];
  }): Promise<void> {
    const { serviceId } = registration;
    const answer = await this.#client?.registerLocal(
      { ...registration, functions: [...registration.functions] },
      this.#within(RPC_TIMEOUT_MS),
    );
    if (answer === undefined || this.#isClosed) return;
    if (!answer.ok) return this.#fail(answer.error, `the registration of ${serviceId}`);
    const { sessionId } = answer.value;
    this.#tell({ type: 'registered', connection: this.number, serviceId, sessionId });
  }

  async heartbeat(serviceId: string, sessionId: string): Promise<void> {
    const answer = await this.#client?.heartbeat({ serviceId, sessionId }, this.#within(RPC_TIMEOUT_MS));
    if (answer === undefined || answer.ok || this.#isClosed) return;
    // One without heartbeats is told by its channel and its list.
    if (answer.error.code !== STATUS_CODES.UNIMPLEMENTED) {
      await this.#fail(answer.error, `the heartbeat of ${serviceId}`);
    }
  }

  async #open(): Promise<void> {
    const { target, network, clock, isWary } = this.#options;
    const tls = await within(clock, RPC_TIMEOUT_MS, this.#options.readTls());
    if (this.#isClosed) return;
    if (tls === 'late') return this.#lose('the certificates of "upstream.tls" could not be read in time');
    if (!tls.ok) return this.#lose(tls.error);
    // grpc-js never gives up a connection whose other end is silent, not even when it is closed: not one more for each attempt.
    const problem = isWary ? await network.explain(target, tls.value, connectTimeoutMs(target.host)) : null;
    if (this.#isClosed) return;
    if (problem === null) return this.#connect(tls.value);
    this.#wasSilent = problem.kind !== 'unreachable';
    this.#tellLoss(lossOf(problem));
  }

  #connect(tls: TlsMaterial | null): void {
    const { target, network, clock } = this.#options;
    const timeoutMs = connectTimeoutMs(target.host);
    const toExplain = (): void => {
      this.#explain = () => network.explain(target, tls, explainTimeoutMs(target.host));
    };
    const client = network.connect(formatTarget(target), tls);
    this.#client = client;
    this.#cancelTimer = clock.after(timeoutMs, () => {
      this.#wasSilent = true;
      toExplain();
      this.#tellLoss({ reason: `it did not answer within ${timeoutMs / 1000} s`, isSilence: true });
    });
    let isOpen = false;
    client.onStateChange((state) => {
      if (this.#isClosed) return;
      if (state === 'ready') {
        isOpen = true;
        this.#cancelTimer();
        this.#tell({ type: 'channel-ready', connection: this.number });
      } else if (isOpen) {
        void this.#breakOff(tls);
      } else if (state === 'transient-failure' || state === 'shutdown') {
        toExplain();
        this.#lose('it cannot be reached');
      }
    });
  }

  /** The connection is over: one loss, with the reason that the next attempt would find. */
  async #breakOff(tls: TlsMaterial | null): Promise<void> {
    if (this.#isBroken) return;
    this.#isBroken = true;
    const { target, network, clock } = this.#options;
    const explain = (timeoutMs: number) => network.explain(target, tls, timeoutMs);
    const why = await explainLoss(clock, explain, this.#closing.signal);
    this.#lose(why ?? 'the connection to it was lost');
  }

  async #fail(failure: RpcFailure, what: string): Promise<void> {
    if (failure.code === STATUS_CODES.DEADLINE_EXCEEDED) {
      const reason = `it did not answer ${what} within ${RPC_TIMEOUT_MS / 1000} s`;
      this.#tellLoss({ reason, isSilence: true });
      return;
    }
    // Where the connection broke, the channel says so within this turn, and better: the status is made by the transport then.
    await new Promise((resolve) => setImmediate(resolve));
    if (this.#isBroken) return;
    const { codeName, message } = failure;
    this.#lose(`it refused ${what}: ${codeName}${message === '' ? '' : `: ${message}`}`);
  }

  #within(timeoutMs: number): CallOptions {
    return { timeoutMs, signal: this.#closing.signal };
  }

  #lose(reason: string): void {
    this.#tellLoss({ reason, isSilence: false });
  }

  #tellLoss(loss: Loss): void {
    this.#tell({ type: 'failed', connection: this.number, loss });
  }

  #tell(input: Input): void {
    if (!this.#isClosed) this.#options.dispatch(input);
  }
}

function isSilence(failure: RpcFailure): boolean {
  return (
    failure.code === STATUS_CODES.UNAVAILABLE ||
    failure.code === STATUS_CODES.DEADLINE_EXCEEDED ||
    failure.code === STATUS_CODES.CANCELLED
  );
}
