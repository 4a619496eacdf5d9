import type { ServiceConfig } from '../config/types.js';
import type { Failure } from '../core/failure.js';
import { reportCut } from './notices.js';
import type { Launched, SupervisorPorts } from './ports.js';
import { readyEvent, summarize } from './report.js';
import { Retirement, Running } from './running.js';
import type { Input } from './state.js';

export type SupervisedService = Pick<ServiceConfig, 'name' | 'build' | 'restart' | 'ready'> & {
  readonly drain: Pick<ServiceConfig['drain'], 'calls' | 'jobs'>;
};

/** The processes of one service: starts them, waits until they are ready, retires and ends them. */
export class Generations {
  #service: SupervisedService;
  readonly #ports: SupervisorPorts;
  readonly #dispatch: (input: Input) => void;
  readonly #running = new Map<number, Running>();
  #forced = false;

  constructor(service: SupervisedService, ports: SupervisorPorts, dispatch: (input: Input) => void) {
    this.#service = service;
    this.#ports = ports;
    this.#dispatch = dispatch;
  }

  /** Counts from the next start, drain or stop on. */
  reconfigure(service: SupervisedService): void {
    this.#service = service;
  }

  pid(generation: number): number | null {
    return this.#running.get(generation)?.launched?.pid ?? null;
  }

  /** Calls that still run on generations that were replaced. */
  finishingCalls(): number {
    let calls = 0;
    for (const running of this.#running.values()) {
      if (running.retirement !== null) calls += this.#ports.gate.inFlight(running.generation).calls;
    }
    return calls;
  }

  /** Starts a generation; `exclusive`: when nobody of the earlier ones is left. `onLaunch` is called right before. */
  async start(
    generation: number,
    artifact: string | null,
    exclusive: boolean,
    onLaunch: () => void,
  ): Promise<void> {
    const running = new Running(generation);
    const earlier = [...this.#running.values()];
    this.#running.set(generation, running);
    if (exclusive) await Promise.all(earlier.map((one) => one.gone));
    if (running.ending) return this.#forget(running);
    onLaunch();
    const launched = await this.#ports.launch(generation, artifact);
    if (!launched.ok) {
      await this.#forget(running);
      if (!running.ending) this.#dispatch({ type: 'start-failed', generation, failure: launched.error });
      return;
    }
    running.launched = launched.value;
    void launched.value.exited.then((failure) => this.#exited(running, launched.value, failure));
    if (running.ending) return this.#end(running, launched.value);
    const { pid } = launched.value;
    this.#ports.publish({ type: 'generation.starting', service: this.#service.name, generation, pid });
    this.#awaitReady(running, launched.value);
  }

  /** Ends a generation; tells `stopped` when nobody of its group is left. */
  end(generation: number): void {
    const running = this.#running.get(generation);
    if (running === undefined) this.#dispatch({ type: 'stopped', generation });
    // Not launched yet: start() sees that it is ending.
    else if (running.launched === null) running.ending = true;
    else void this.#end(running, running.launched);
  }

  /** Drains and keeps a replaced generation in the background, then ends it. `isPinned`: not before unpin(). */
  retire(generation: number, isPinned: boolean): void {
    const running = this.#running.get(generation);
    if (running === undefined) return;
    const service = this.#service;
    running.retirement = new Retirement({
      clock: this.#ports.clock,
      gate: this.#ports.gate,
      generation,
      keepMs: service.restart.keepOld,
      isPinned,
      drain: service.drain,
      onKeepElapsed: () => this.#dispatch({ type: 'keep-elapsed', generation }),
      onDone: (cut) => {
        reportCut(service, this.#ports.publish, { generation, what: 'calls', cut: cut.calls });
        reportCut(service, this.#ports.publish, { generation, what: 'jobs', cut: cut.jobs });
        this.end(generation);
      },
    });
  }

  /** A retiring generation need not be kept any more. */
  expedite(generation: number): void {
    this.#running.get(generation)?.retirement?.expedite();
  }

  /** What is kept because one might go back to it need not be kept for that any more. */
  unpin(): void {
    for (const running of this.#running.values()) running.retirement?.unpin();
  }

  /** A retiring generation has the calls again. */
  reinstate(generation: number): void {
    const running = this.#running.get(generation);
    if (running === undefined) return;
    running.retirement?.cancel();
    running.retirement = null;
  }

  /** Ends everything without grace, now and from now on. */
  force(): void {
    this.#forced = true;
    for (const generation of [...this.#running.keys()]) this.end(generation);
  }

  /** Resolves when nothing of a generation is left. */
  async gone(generation: number): Promise<void> {
    await this.#running.get(generation)?.gone;
  }

  /** Resolves when no process of any generation is left. */
  async allGone(): Promise<void> {
    while (this.#running.size > 0) await Promise.all([...this.#running.values()].map((one) => one.gone));
  }

  #awaitReady(running: Running, launched: Launched): void {
    const { generation } = running;
    const { timeout } = this.#service.ready;
    const startedAt = this.#ports.clock.now();
    const cancelTimeout = this.#ports.clock.after(timeout, () => {
      const failure: Failure = {
        reason: 'not-ready',
        afterMs: timeout,
        waitedFor: launched.waitingFor(),
        outputTail: launched.outputTail(),
      };
      this.#dispatch({ type: 'not-ready', generation, failure });
    });
    const { signal } = running.readiness;
    signal.addEventListener('abort', cancelTimeout, { once: true });
    void launched.ready(signal).then(() => {
      cancelTimeout();
      if (signal.aborted) return;
      // Whatever else was waited for: a probe that registration was faster than.
      running.readiness.abort();
      const functions = summarize(this.#ports.gate.functions(generation));
      const ms = this.#ports.clock.now() - startedAt;
      this.#ports.publish(readyEvent(this.#service.name, generation, launched.pid, functions, ms));
      this.#dispatch({ type: 'became-ready', generation });
    });
  }

  /** The process ended. If we did not end it ourselves that is news; either way the rest of its group has to go. */
  #exited(running: Running, launched: Launched, failure: Failure): void {
    running.readiness.abort();
    if (running.ending) return;
    running.ending = true;
    running.retirement?.cancel();
    this.#dispatch({ type: 'exited', generation: running.generation, failure });
    void this.#end(running, launched);
  }

  async #end(running: Running, launched: Launched): Promise<void> {
    const { generation } = running;
    running.ending = true;
    running.readiness.abort();
    running.retirement?.cancel();
    // Some servers end only when our connection to them is closed, so that comes before the signal.
    if (!running.stopping) this.#ports.gate.retire(generation);
    const { signal, stopTimeout } = this.#service.restart;
    const stopping = launched.stop(signal, this.#forced ? 0 : stopTimeout);
    if (running.stopping) return;
    running.stopping = true;
    const { exit, killed, ms, leftBehind } = await stopping;
    await this.#forget(running);
    const { name } = this.#service;
    const { pid } = launched;
    this.#ports.publish({
      type: 'generation.stopped',
      service: name,
      generation,
      pid,
      ...exit,
      ms: Math.round(ms),
      ...(killed && { killed }),
      ...(leftBehind !== undefined && { leftBehind }),
    });
    if (killed && !this.#forced) {
      const message = `generation ${generation} was still there ${stopTimeout} ms after ${signal} and was ended by SIGKILL`;
      this.#ports.publish({ type: 'session.notice', service: name, level: 'warn', message });
    }
    this.#dispatch({ type: 'stopped', generation });
  }

  async #forget(running: Running): Promise<void> {
    await this.#ports.gate.gone(running.generation);
    this.#running.delete(running.generation);
    running.markGone();
  }
}
