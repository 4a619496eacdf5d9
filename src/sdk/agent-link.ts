import type { Clock } from '../core/clock.js';
import type { Result } from '../core/result.js';
import type { AgentClient } from '../protocol/client.js';
import type {
  RegisterLocalRequest,
  RegisterLocalResponse,
} from '../protocol/gen/croupier/agent/local/v1/local.js';
import type { RpcFailure } from '../protocol/rpc.js';
import { STATUS_CODES } from '../protocol/status-codes.js';
import { type AgentAttempt, openAttempt } from './agent-attempt.js';
import { planRetry, type RetryPolicy } from './backoff.js';
import { pause } from './pause.js';
import { findRegistration, hasOthers } from './registration.js';

/** For one registration, heartbeat or list, in ms. */
export const RPC_TIMEOUT_MS = 5_000;
/** A link that held so long starts again with the shortest pause. */
const HEALTHY_MS = 10_000;
/** An agent that does not show our registration gets it again so often: at once, then with growing pauses (ms). */
const VERIFY_ATTEMPTS = 3;
const VERIFY_PAUSE_MS = 1_000;

/** Who was there when a service left: nobody who would have sent calls (`unknown`), only itself, or others that serve its functions. */
export type Departure = 'unknown' | 'alone' | 'with-others';

export interface LinkListener {
  onConnected(): void;
  onRegistered(sessionId: string): void;
  /** `retryInMs` null: not before reconnect() is called. */
  onDisconnected(reason: string, retryInMs: number | null): void;
  /** So many attempts in a row have failed; from now on it is tried at each health check only. Told once in a row. */
  onGaveUp(failures: number, reason: string): void;
  /** The agent answers, but not as it should: it refused the registration, or does not show it. */
  onRefused(message: string): void;
}

export interface LinkOptions {
  /** `host:port`. */
  readonly address: string;
  readonly connect: (address: string) => AgentClient;
  /** What to register now; read anew for each registration. */
  readonly registration: () => RegisterLocalRequest;
  /** Read anew for each decision. */
  readonly policy: () => RetryPolicy;
  readonly clock: Clock;
  readonly random: () => number;
  readonly listener: LinkListener;
}

/**
 * Keeps one service registered: registers on every new connection, since an agent that restarted has forgotten
 * everything, sends heartbeats, and comes back with growing pauses. Verifies by ListLocal, because agents answer OK to
 * the heartbeat of a service that they do not know.
 */
export class AgentLink {
  readonly #options: LinkOptions;
  #attempt: AgentAttempt;
  #leaving = false;
  /** Ends every pause and stops new attempts. */
  readonly #closing = new AbortController();
  #registering: Promise<unknown> = Promise.resolve();
  /** Aborted, and replaced, when what is waited for has to be thought over: the policy is another, or an attempt was asked for. */
  #waking = new AbortController();
  #wanted = false;
  /** Resolved when the attempt that is under way has succeeded or failed. */
  #attempted: (() => void)[] = [];

  /** Begins to connect at once; nothing is registered before start(). */
  constructor(options: LinkOptions) {
    this.#options = options;
    this.#attempt = this.#open();
  }

  /** Registers, and from then on keeps the registration. Resolves when the first attempt has succeeded or failed. */
  start(): Promise<void> {
    const attempted = this.#nextAttempt();
    void this.#keepRegistered().finally(() => this.#attemptIsOver());
    return attempted;
  }

  /** Ends the present connection and makes another one at once. Resolves when that has succeeded or failed. */
  reconnect(): Promise<void> {
    if (this.#leaving) return Promise.resolve();
    this.#wanted = true;
    const attempted = this.#nextAttempt();
    this.#attempt.end('a new connection was asked for');
    this.#wake();
    return attempted;
  }

  /** The policy is another one: pauses are counted anew. */
  policyChanged(): void {
    this.#wake();
  }

  /** Registers again over the present connection, because the functions have changed. */
  async registerAgain(): Promise<void> {
    const attempt = this.#attempt;
    // The one under way may have been sent without them.
    if (attempt.sessionId === null) await this.#registering;
    // Not registered: the registration to come reads the new functions.
    if (attempt.sessionId === null || attempt.over.aborted || this.#leaving) return;
    const result = await this.#register(attempt);
    if (attempt.over.aborted || this.#leaving) return;
    if (result.ok) this.#options.listener.onRegistered(result.value.sessionId);
    else this.#fail(attempt, result.error);
  }

  /**
   * Takes the service out of routing: an empty registration, but only while the agent shows our own address, since a
   * successor may have taken the place. No registration and no heartbeat follows. Takes at most `budgetMs`.
   */
  async leave(budgetMs: number): Promise<Departure> {
    this.#leaving = true;
    const deadline = this.#options.clock.now() + budgetMs;
    const remaining = () => Math.max(1, deadline - this.#options.clock.now());
    await Promise.race([this.#registering, this.#pause(budgetMs, this.#closing.signal)]);
    const { client, sessionId, over } = this.#attempt;
    const registration = this.#options.registration();
    if (sessionId === null || over.aborted || registration.functions.length === 0) return 'unknown';
    const list = await client.listLocal({ timeoutMs: remaining() });
    if (!list.ok) return 'alone';
    if (findRegistration(list.value, registration) === 'listed') {
      await client.registerLocal({ ...registration, functions: [] }, { timeoutMs: remaining() });
    }
    return hasOthers(list.value, registration) ? 'with-others' : 'alone';
  }

  close(): void {
    this.#leaving = true;
    this.#closing.abort();
    this.#attempt.end('closed');
    this.#attempt.client.close();
  }

  async #keepRegistered(): Promise<void> {
    const { clock, listener } = this.#options;
    let failures = 0;
    let unreached = 0;
    for (;;) {
      const attempt = this.#attempt;
      const since = clock.now();
      const result = await Promise.race([this.#register(attempt), attempt.lost.then(() => null)]);
      if (result !== null && !result.ok) {
        this.#fail(attempt, result.error);
      } else if (result !== null && !this.#leaving && !attempt.over.aborted) {
        listener.onRegistered(result.value.sessionId);
        unreached = 0;
        this.#attemptIsOver();
        void this.#verify(attempt);
        void this.#sendHeartbeats(attempt);
      }
      const reason = await attempt.lost;
      attempt.client.close();
      if (this.#leaving) return;
      const isHealthy = attempt.sessionId !== null && clock.now() - since >= HEALTHY_MS;
      failures = isHealthy ? 1 : failures + 1;
      if (attempt.sessionId === null) unreached += 1;
      const isAskedFor = await this.#waitForRetry(reason, failures, unreached);
      if (this.#leaving) return;
      if (isAskedFor) {
        failures = 0;
        unreached = 0;
      }
      this.#attempt = this.#open();
    }
  }

  /** True: somebody asked for the next attempt. `failures` and `unreached` are as in planRetry(). */
  async #waitForRetry(reason: string, failures: number, unreached: number): Promise<boolean> {
    const { random, listener, policy } = this.#options;
    for (let told = false; ; told = true) {
      const { retryInMs, givesUp } = planRetry(policy(), failures, unreached, random);
      if (!told) listener.onDisconnected(reason, this.#wanted ? 0 : retryInMs);
      if (!told && givesUp) listener.onGaveUp(unreached, reason);
      if (this.#wanted) break;
      if (!told) this.#attemptIsOver();
      const waited = await this.#pause(retryInMs, this.#closing.signal, this.#waking.signal);
      if (waited || this.#leaving) return false;
    }
    this.#wanted = false;
    return true;
  }

  #open(): AgentAttempt {
    const { address, connect, listener } = this.#options;
    return openAttempt(address, connect, () => {
      if (!this.#leaving) listener.onConnected();
    });
  }

  async #register(attempt: AgentAttempt): Promise<Result<RegisterLocalResponse, RpcFailure>> {
    const sent = attempt.client.registerLocal(this.#options.registration(), { timeoutMs: RPC_TIMEOUT_MS });
    this.#registering = sent;
    const result = await sent;
    if (result.ok) attempt.sessionId = result.value.sessionId;
    return result;
  }

  #fail(attempt: AgentAttempt, failure: RpcFailure): void {
    const unreachable =
      failure.code === STATUS_CODES.UNAVAILABLE || failure.code === STATUS_CODES.DEADLINE_EXCEEDED;
    const { address, listener } = this.#options;
    const what = unreachable ? 'cannot be reached' : 'refused the registration';
    const reason = `the agent at ${address} ${what}: ${failure.codeName}: ${failure.message}`;
    if (!unreachable && !this.#leaving && !attempt.over.aborted) listener.onRefused(reason);
    attempt.end(reason);
  }

  async #sendHeartbeats(attempt: AgentAttempt): Promise<void> {
    for (;;) {
      const { healthCheckInterval } = this.#options.policy();
      const waited = await this.#pause(healthCheckInterval, attempt.over, this.#waking.signal);
      if (attempt.over.aborted || this.#leaving) return;
      if (!waited) continue;
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

  async #verify(attempt: AgentAttempt): Promise<void> {
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

  #nextAttempt(): Promise<void> {
    return new Promise((resolve) => {
      this.#attempted.push(resolve);
    });
  }

  #attemptIsOver(): void {
    for (const resolve of this.#attempted.splice(0)) resolve();
  }

  #wake(): void {
    const waking = this.#waking;
    this.#waking = new AbortController();
    waking.abort();
  }

  #pause(ms: number | null, ...signals: readonly AbortSignal[]): Promise<boolean> {
    return pause(this.#options.clock, ms, ...signals);
  }
}
