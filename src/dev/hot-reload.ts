import type { ServiceConfig } from '../config/types.js';
import type { Clock } from '../core/clock.js';
import type {
  CroupierEvent,
  ReloadedFunction,
  ReloadTrigger,
  SwapStrategy,
  UnreloadedFunction,
} from '../core/events.js';
import { err, ok, type Result } from '../core/result.js';
import type { HotReload, HotReloadFailure, ServiceGate } from '../gateway/types.js';
import type { ReloadResponse, StatusResponse } from '../protocol/gen/croupier/dev/v1/hot_reload.js';

/** For a process that answers from memory, ms. */
const STATUS_TIMEOUT_MS = 2_000;
const ROLLBACK_TIMEOUT_MS = 10_000;
/** Loading can mean building (Go plugins): no shorter than this, and no shorter than the build may take. In ms. */
const RELOAD_TIMEOUT_MS = 60_000;

/** What became of the wish to reload functions in the running process. */
export type FunctionReload =
  | {
      readonly kind: 'reloaded';
      readonly generation: number;
      readonly reloaded: readonly ReloadedFunction[];
      readonly ms: number;
    }
  /** At least one could not be loaded; the old ones serve. */
  | {
      readonly kind: 'failed';
      readonly generation: number;
      readonly reloaded: readonly ReloadedFunction[];
      readonly failed: readonly UnreloadedFunction[];
      readonly ms: number;
    }
  /** Nothing was changed; `reason` says why in words. */
  | { readonly kind: 'needs-restart'; readonly reason: string };

/** A change that rules, or the process itself, say can be taken without a restart. */
export interface HotChange {
  readonly trigger: ReloadTrigger;
  readonly rule: string;
  /** Clock time of the first change, in ms. */
  readonly at: number;
  /** All of them, relative to the service's folder. */
  readonly paths: readonly string[];
}

export interface HotReloadsOptions {
  /** As it is configured now. */
  service(): ServiceConfig;
  readonly clock: Clock;
  readonly gate: Pick<ServiceGate, 'hotReload' | 'counters'>;
  readonly supervisor: {
    readonly activeGeneration: number | null;
    readonly mode: SwapStrategy;
    readonly state: { readonly state: string };
  };
  /** What the process can load again by itself; empty: nothing. */
  onHotPaths(patterns: readonly string[]): void;
  publish(event: CroupierEvent): void;
}

/** Asks the process of the active generation to load changed functions by itself. One request after the other. */
export class HotReloads {
  readonly #options: HotReloadsOptions;
  #queue: Promise<unknown> = Promise.resolve();
  /** What was said last: a rule that never helps would be told at each save. */
  #explained: string | null = null;

  constructor(options: HotReloadsOptions) {
    this.#options = options;
  }

  /** Another generation has the calls: asks it what it can load again. Until it answers, what the one before said holds. */
  async activated(generation: number): Promise<void> {
    const status = await this.status();
    if (this.#options.supervisor.activeGeneration !== generation) return;
    this.#options.onHotPaths(status.ok ? status.value.hotPaths : []);
  }

  /** What the process says about itself. */
  async status(): Promise<Result<StatusResponse, HotReloadFailure>> {
    const target = this.#target();
    return target.ok ? target.value.process.status(STATUS_TIMEOUT_MS) : target;
  }

  /** False: the normal swap has to take the change. */
  take(change: HotChange): Promise<boolean> {
    return this.#inTurn(() => this.#take(change));
  }

  /** Loads the modules of functions again, from the files as they are now. Empty: all. */
  reload(functions: readonly string[]): Promise<FunctionReload> {
    return this.#inTurn(() => this.#reload({ paths: [], functions }));
  }

  /** Puts the version before the present one of a function back. The error is in words. */
  rollback(functionId: string): Promise<Result<ReloadedFunction, HotReloadFailure>> {
    return this.#inTurn(async () => {
      const since = this.#options.clock.now();
      const target = this.#target();
      if (!target.ok) return target;
      const answer = await target.value.process.rollback(functionId, ROLLBACK_TIMEOUT_MS);
      if (!answer.ok) return answer;
      const reloaded = toReloaded(answer.value);
      this.#tell(target.value.generation, [reloaded], [], this.#since(since));
      return ok(reloaded);
    });
  }

  async #take(change: HotChange): Promise<boolean> {
    const { clock, gate, supervisor } = this.#options;
    // With a generation on its way, or after a failure, more than these functions may be wanted.
    if (supervisor.state.state !== 'ready') return false;
    const before = gate.counters();
    const outcome = await this.#reload({ paths: change.paths, functions: [] });
    switch (outcome.kind) {
      case 'needs-restart':
        this.#explain(outcome.reason);
        return false;
      case 'failed':
        return false;
      case 'reloaded': {
        // A generation that took over meanwhile was started from the same files, and has told about it.
        if (supervisor.activeGeneration !== outcome.generation) return true;
        const total = Math.round(clock.now() - change.at);
        const after = gate.counters();
        this.#options.publish({
          type: 'reload.finished',
          service: this.#options.service().name,
          generation: outcome.generation,
          trigger: change.trigger,
          rule: change.rule,
          strategy: supervisor.mode,
          outcome: 'hot',
          ms: { build: 0, drain: 0, stop: 0, start: 0, total },
          calls: {
            held: after.held - before.held,
            drained: 0,
            replayed: after.replayed - before.replayed,
            lost: after.lost - before.lost,
          },
        });
        return true;
      }
    }
  }

  async #reload(request: {
    readonly paths: readonly string[];
    readonly functions: readonly string[];
  }): Promise<FunctionReload> {
    const since = this.#options.clock.now();
    const target = this.#target();
    if (!target.ok) return { kind: 'needs-restart', reason: target.error.message };
    const { generation, process } = target.value;
    const timeout = Math.max(RELOAD_TIMEOUT_MS, this.#options.service().build?.timeout ?? 0);
    const answer = await process.reload(request, timeout);
    if (!answer.ok) return { kind: 'needs-restart', reason: answer.error.message };
    if (answer.value.needsRestart) {
      return { kind: 'needs-restart', reason: answer.value.reason || 'the process asks for a restart' };
    }
    return this.#finished(generation, answer.value, this.#since(since));
  }

  #finished(generation: number, answer: ReloadResponse, ms: number): FunctionReload {
    const reloaded = answer.reloaded.map(toReloaded);
    const failed = answer.failed.map(({ id, path, error, rolledBack }) => ({
      id: id || null,
      path,
      error,
      rolledBack,
    }));
    this.#tell(generation, reloaded, failed, ms);
    if (failed.length > 0) return { kind: 'failed', generation, reloaded, failed, ms };
    return { kind: 'reloaded', generation, reloaded, ms };
  }

  #target(): Result<{ readonly generation: number; readonly process: HotReload }, HotReloadFailure> {
    const { supervisor, gate } = this.#options;
    const generation = supervisor.activeGeneration;
    if (generation === null) return err({ reason: 'unreachable', message: 'no process is running' });
    const process = gate.hotReload(generation);
    if (process !== null) return ok({ generation, process });
    return err({ reason: 'unimplemented', message: 'the process has registered no address of an SDK' });
  }

  #tell(
    generation: number,
    reloaded: readonly ReloadedFunction[],
    failed: readonly UnreloadedFunction[],
    ms: number,
  ): void {
    const { service, publish } = this.#options;
    publish({ type: 'functions.reloaded', service: service().name, generation, reloaded, failed, ms });
  }

  #explain(reason: string): void {
    if (reason === this.#explained) return;
    this.#explained = reason;
    const message = `restarting, because the process cannot take this change by itself: ${reason}`;
    const { name } = this.#options.service();
    this.#options.publish({ type: 'session.notice', service: name, level: 'info', message });
  }

  #since(start: number): number {
    return Math.round(this.#options.clock.now() - start);
  }

  #inTurn<T>(work: () => Promise<T>): Promise<T> {
    const result = this.#queue.then(work);
    this.#queue = result.catch(() => undefined);
    return result;
  }
}

function toReloaded(one: {
  readonly id: string;
  readonly oldVersion: string;
  readonly newVersion: string;
}): ReloadedFunction {
  return { id: one.id, oldVersion: one.oldVersion || null, newVersion: one.newVersion || null };
}
