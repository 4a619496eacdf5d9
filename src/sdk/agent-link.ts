import type { Clock } from '../core/clock.js';
import type { Result } from '../core/result.js';
import type { AgentClient } from '../protocol/client.js';
import type {
  RegisterLocalRequest,
  RegisterLocalResponse,
} from '../protocol/gen/croupier/agent/local/v1/local.js';
import type { RpcFailure } from '../protocol/rpc.js';
import { STATUS_CODES } from '../protocol/status-codes.js';
import { type Backoff, pauseAfter } from './backoff.js';
import { findRegistration } from './registration.js';

/** Agents drop a silent service after 60 to 90 s; SDKs in the field send one every 25 to 60 s. */
export const HEARTBEAT_MS = 25_000;
/** For one registration, heartbeat or list, in ms. */
export const RPC_TIMEOUT_MS = 5_000;
/** A link that held so long starts again with the shortest pause. */
const HEALTHY_MS = 10_000;
/** An agent that does not show our registration gets it again so often: at once, then with growing pauses (ms). */
const VERIFY_ATTEMPTS = 3;
const VERIFY_PAUSE_MS = 1_000;

export interface LinkListener {
  onConnected(): void;
  onRegistered(sessionId: string): void;
  onDisconnected(reason: string, retryInMs: number): void;
  /** The agent answers, but not as it should: it refused the registration, or does not show it. */
  onRefused(message: string): void;
}

export interface LinkOptions {
  /** `host:port`. */
  readonly address: string;
  readonly connect: (address: string) => AgentClient;
  /** What to register now; read anew for each registration. */
  readonly registration: () => RegisterLocalRequest;
  readonly backoff: Backoff;
  readonly clock: Clock;
  readonly random: () => number;
  readonly listener: LinkListener;
}

/** One connection to the agent, from the first packet to its loss. */
interface Attempt {
  readonly client: AgentClient;
  /** Aborted when the attempt is over. */
  readonly over: AbortSignal;
  /** Resolves with why it is over. */
  readonly lost: Promise<string>;
  /** What the agent gave for the latest registration (can be empty); null: not registered. */
  sessionId: string | null;
  end(reason: string): void;
}

/**
 * Keeps one service registered: registers on every new connection, since an agent that restarted has forgotten
 * everything, sends heartbeats, and comes back with growing pauses. Verifies by ListLocal, because agents answer OK to
 * the heartbeat of a service that they do not know.
 */
export class AgentLink {
  readonly #options: LinkOptions;
  #attempt: Attempt;
  #leaving = false;
  /** Ends every pause and stops new attempts. */
  readonly #closing = new AbortController();
  #registering: Promise<unknown> = Promise.resolve();

  /** Begins to connect at once; nothing is registered before start(). */
  constructor(options: LinkOptions) {
    this.#options = options;
    this.#attempt = this.#open();
  }

  /** Registers, and from then on keeps the registration. Resolves when the first attempt has succeeded or failed. */
  start(): Promise<void> {
    return new Promise((resolve) => {
      void this.#keepRegistered(resolve).finally(resolve);
    });
  }

  /** Registers again over the present connection, because the functions have changed. */
  async registerAgain(): Promise<void> {
    const attempt = this.#attempt;
    // Not registered yet: the registration to come reads the new functions.
    if (attempt.sessionId === null || this.#leaving) return;
    const result = await this.#register(attempt);
    if (attempt.over.aborted || this.#leaving) return;
    if (result.ok) this.#options.listener.onRegistered(result.value.sessionId);
    else this.#fail(attempt, result.error);
  }

  /**
   * Takes the service out of routing: an empty registration, but only while the agent shows our own address, since a
   * successor may have taken the place. No registration and no heartbeat follows. Takes at most `budgetMs`.
   */
  async leave(budgetMs: number): Promise<void> {
    this.#leaving = true;
    const deadline = this.#options.clock.now() + budgetMs;
    const remaining = () => Math.max(1, deadline - this.#options.clock.now());
    await Promise.race([this.#registering, this.#pause(budgetMs, this.#closing.signal)]);
    const { client, sessionId, over } = this.#attempt;
    const registration = this.#options.registration();
    if (sessionId === null || over.aborted || registration.functions.length === 0) return;
    const list = await client.listLocal({ timeoutMs: remaining() });
    if (!list.ok || findRegistration(list.value, registration) !== 'listed') return;
    await client.registerLocal({ ...registration, functions: [] }, { timeoutMs: remaining() });
  }

  close(): void {
    this.#leaving = true;
    this.#closing.abort();
    this.#attempt.end('closed');
    this.#attempt.client.close();
  }

  async #keepRegistered(firstAttemptOver: () => void): Promise<void> {
    const { clock, backoff, random, listener } = this.#options;
    for (let failures = 1; ; failures++) {
      const attempt = this.#attempt;
      const since = clock.now();
      const result = await this.#register(attempt);
      if (!result.ok) {
        this.#fail(attempt, result.error);
      } else if (!this.#leaving && !attempt.over.aborted) {
        listener.onRegistered(result.value.sessionId);
        firstAttemptOver();
        void this.#verify(attempt);
        void this.#sendHeartbeats(attempt);
      }
      const reason = await attempt.lost;
      attempt.client.close();
      if (this.#leaving) return;
      if (attempt.sessionId !== null && clock.now() - since >= HEALTHY_MS) failures = 1;
      const pause = pauseAfter(failures, backoff, random);
      listener.onDisconnected(reason, pause);
      firstAttemptOver();
      await this.#pause(pause, this.#closing.signal);
      if (this.#leaving) return;
      this.#attempt = this.#open();
    }
  }

  #open(): Attempt {
    const { address, connect, listener } = this.#options;
    const client = connect(address);
    const over = new AbortController();
    let lose: (reason: string) => void = () => {};
    const lost = new Promise<string>((resolve) => {
      lose = resolve;
    });
    const end = (reason: string) => {
      over.abort();
      lose(reason);
    };
    let connected = false;
    client.onStateChange((state) => {
      if (over.signal.aborted || this.#leaving) return;
      if (state === 'ready') {
        connected = true;
        listener.onConnected();
      } else if (connected) {
        end(`the connection to the agent at ${address} was lost`);
      }
    });
    return { client, over: over.signal, lost, sessionId: null, end };
  }

  async #register(attempt: Attempt): Promise<Result<RegisterLocalResponse, RpcFailure>> {
    const sent = attempt.client.registerLocal(this.#options.registration(), { timeoutMs: RPC_TIMEOUT_MS });
    this.#registering = sent;
    const result = await sent;
    if (result.ok) attempt.sessionId = result.value.sessionId;
    return result;
  }

  #fail(attempt: Attempt, failure: RpcFailure): void {
    const unreachable =
      failure.code === STATUS_CODES.UNAVAILABLE || failure.code === STATUS_CODES.DEADLINE_EXCEEDED;
    const { address, listener } = this.#options;
    const what = unreachable ? 'cannot be reached' : 'refused the registration';
    const reason = `the agent at ${address} ${what}: ${failure.codeName}: ${failure.message}`;
    if (!unreachable && !this.#leaving && !attempt.over.aborted) listener.onRefused(reason);
    attempt.end(reason);
  }

  async #sendHeartbeats(attempt: Attempt): Promise<void> {
    for (;;) {
      await this.#pause(HEARTBEAT_MS, attempt.over);
      if (attempt.over.aborted || this.#leaving) return;
      const { serviceId } = this.#options.registration();
      const result = await attempt.client.heartbeat(
        { serviceId, sessionId: attempt.sessionId ?? '' },
        { timeoutMs: RPC_TIMEOUT_MS },
      );
      // An agent without heartbeats is told by its channel alone.
      if (result.ok || result.error.code === STATUS_CODES.UNIMPLEMENTED) continue;
      const { codeName, message } = result.error;
      attempt.end(
        `the agent at ${this.#options.address} did not take the heartbeat: ${codeName}: ${message}`,
      );
    }
  }

  async #verify(attempt: Attempt): Promise<void> {
    for (let again = 0; ; again++) {
      const registration = this.#options.registration();
      if (registration.functions.length === 0) return;
      const list = await attempt.client.listLocal({ timeoutMs: RPC_TIMEOUT_MS });
      if (attempt.over.aborted || this.#leaving) return;
      // Without a list there is nothing to verify by; one that was replaced must not push its successor out.
      if (!list.ok || findRegistration(list.value, registration) !== 'absent') return;
      if (again === VERIFY_ATTEMPTS) break;
      await this.#pause(VERIFY_PAUSE_MS * again, attempt.over);
      if (attempt.over.aborted || this.#leaving) return;
      await this.registerAgain();
      if (attempt.over.aborted || this.#leaving) return;
    }
    this.#options.listener.onRefused(
      `the agent at ${this.#options.address} took the registration but does not list it`,
    );
  }

  /** Waits on the clock, or until the signal is aborted. */
  #pause(ms: number, signal: AbortSignal): Promise<void> {
    if (signal.aborted) return Promise.resolve();
    return new Promise((resolve) => {
      const finish = () => {
        cancel();
        signal.removeEventListener('abort', finish);
        resolve();
      };
      const cancel = this.#options.clock.after(ms, finish);
      signal.addEventListener('abort', finish);
    });
  }
}
