import type { Clock } from '../core/clock.js';
import { err, type Result } from '../core/result.js';
import type { InvokeRequest } from '../protocol/gen/croupier/function/v1/function.js';
import type { IncomingCall, RpcStatus } from '../protocol/served-call.js';
import type { FunctionHandlers } from '../protocol/typed-server.js';
import { createContext } from './call-context.js';
import { FunctionError } from './function-error.js';
import type { FunctionRegistry } from './function-registry.js';
import type { ReportBug } from './handler-failure.js';
import { InFlight } from './in-flight.js';
import { Jobs } from './jobs.js';
import type { LameDuckTime } from './lame-duck.js';

/** Handlers that were asked to stop get this long (ms) to do so before they are answered for. */
export const ABORT_GRACE_MS = 1_000;

/** Runs calls and jobs on the registered functions, and knows when none is under way. */
export class FunctionHost implements FunctionHandlers {
  readonly #registry: FunctionRegistry;
  readonly #clock: Clock;
  readonly #inFlight = new InFlight();
  readonly #jobs: Jobs;
  readonly #reportBug: ReportBug;
  /** In clock ms. */
  #lastArrivalAt = 0;

  constructor(registry: FunctionRegistry, clock: Clock, reportBug: ReportBug) {
    this.#registry = registry;
    this.#clock = clock;
    this.#reportBug = reportBug;
    this.#jobs = new Jobs(clock, this.#inFlight, reportBug);
  }

  /** Handlers under way, of calls and jobs. */
  get inFlight(): number {
    return this.#inFlight.count;
  }

  async invoke(request: InvokeRequest, call: IncomingCall): Promise<Result<Buffer, RpcStatus>> {
    this.#lastArrivalAt = this.#clock.now();
    const target = this.#registry.get(request.functionId);
    if (!target.ok) return target;
    const running = this.#inFlight.begin();
    const abort = () => running.abort(new FunctionError('CANCELLED', 'the caller waits no longer'));
    if (call.signal.aborted) abort();
    else call.signal.addEventListener('abort', abort, { once: true });
    const context = createContext(request, running.signal, call.deadline);
    const onBug = (bug: unknown) => this.#reportBug(context.functionId, context.callId, bug);
    const outcome = target.value.run(request.payload, context, onBug).finally(() => running.end());
    const cut = running.cut.then((reason) => err({ code: reason.code, message: reason.message }));
    return Promise.race([outcome, cut]);
  }

  startJob(request: InvokeRequest): Result<string, RpcStatus> {
    this.#lastArrivalAt = this.#clock.now();
    const target = this.#registry.get(request.functionId);
    return target.ok ? this.#jobs.start(target.value, request) : target;
  }

  streamJob(jobId: string, call: IncomingCall): ReturnType<FunctionHandlers['streamJob']> {
    return this.#jobs.read(jobId, call.signal);
  }

  cancelJob(jobId: string): Result<string, RpcStatus> {
    return this.#jobs.cancel(jobId);
  }

  /**
   * Goes on as it is for the lame-duck time, then waits until no handler is under way. After `timeoutMs` (of both together) the handlers'
   * signals are aborted; what does not stop then is answered UNAVAILABLE in its place. Never rejects.
   */
  async drain(timeoutMs: number, lameDuck: LameDuckTime | null = null): Promise<void> {
    const reason = new FunctionError('UNAVAILABLE', 'the service is shutting down');
    const startedAt = this.#clock.now();
    if (lameDuck !== null) await this.#whenQuiet(lameDuck.quietMs, Math.min(lameDuck.capMs, timeoutMs));
    if (await this.whenIdle(Math.max(0, timeoutMs - (this.#clock.now() - startedAt)))) return;
    this.#inFlight.abortAll(reason);
    if (await this.whenIdle(ABORT_GRACE_MS)) return;
    this.#inFlight.cutAll(reason);
  }

  /** Resolves when no call has come for the quiet time, at the latest after the cap. */
  async #whenQuiet(quietMs: number, capMs: number): Promise<void> {
    const startedAt = this.#clock.now();
    for (;;) {
      const quietSince = Math.max(startedAt, this.#lastArrivalAt);
      const left = Math.min(quietSince + quietMs, startedAt + capMs) - this.#clock.now();
      if (left <= 0) return;
      await new Promise<void>((resolve) => {
        this.#clock.after(left, resolve);
      });
    }
  }

  /** True as soon as no handler is under way; false when `ms` passed first or `givenUp` was aborted. */
  whenIdle(ms: number, givenUp?: AbortSignal): Promise<boolean> {
    if (this.#inFlight.count === 0) return Promise.resolve(true);
    return new Promise((resolve) => {
      const finish = (idle: boolean) => {
        cancel();
        givenUp?.removeEventListener('abort', giveUp);
        resolve(idle);
      };
      const giveUp = () => finish(false);
      const cancel = this.#clock.after(givenUp?.aborted === true ? 0 : ms, giveUp);
      givenUp?.addEventListener('abort', giveUp);
      void this.#inFlight.whenIdle().then(() => finish(true));
    });
  }

  close(): void {
    this.#jobs.close();
  }
}
