import type { CancelTimer } from '../core/clock.js';
import { assertNever, describeFailure } from '../core/failure.js';
import type { Result } from '../core/result.js';
import { backoffDelay, HEALTHY_AFTER_MS } from './backoff.js';
import { diffFunctions, isEmptyDiff } from './function-diff.js';
import { Generations, type SupervisedService } from './generations.js';
import { next } from './next.js';
import { explainStopFirst, reportCut, reportWaiting } from './notices.js';
import type { Counters, FunctionDescriptor, RunningBuild, SupervisorPorts } from './ports.js';
import { ReloadRecord } from './reload-record.js';
import { type ReloadEnd, ReloadTickets } from './reload-tickets.js';
import { failureEvent, reloadEvent, summarize } from './report.js';
import { CRASH_REQUEST } from './request.js';
import { rollbackTarget } from './rollback.js';
import {
  active,
  type Effect,
  type Facts,
  generationOf,
  type Input,
  initialFacts,
  type Live,
  type Machine,
  type ReloadRequest,
  type State,
  settingsOf,
} from './state.js';

/**
 * Runs the state machine of one service: hands inputs to it in order, and carries out the effects through the ports.
 * It decides nothing itself; whatever comes back late is dropped by generation number.
 */
export class Supervisor {
  #service: SupervisedService;
  readonly #ports: SupervisorPorts;
  readonly #generations: Generations;
  readonly #inputs: Input[] = [];
  readonly #closed: Promise<void>;
  #resolveClosed: () => void = () => {};
  #machine: Machine;
  #dispatching = false;
  #build: { readonly generation: number; readonly run: RunningBuild } | null = null;
  #record: ReloadRecord | null = null;
  /** Counters at the end of the last reload: what a crash costs is told from there, since its calls may be judged before its exit is seen. */
  #settledCounters: Counters;
  /** The figures of the restart after the latest crash: what was lost by the crash belongs to it. */
  #crash: ReloadRecord | null = null;
  #lastBuildMs = 0;
  #cancelRetry: CancelTimer = () => {};
  #cancelHealth: CancelTimer = () => {};
  #retryMs = 0;
  /** Tells a drain that was given up from the one that is awaited. */
  #drainNumber = 0;
  #activeFunctions: readonly FunctionDescriptor[] = [];
  readonly #tickets = new ReloadTickets();
  readonly #crashLimit: number | null;
  #forced = false;

  /** @param crashLimit crashes in a row after which it gives up; null: see Settings */
  constructor(
    service: SupervisedService,
    ports: SupervisorPorts,
    mode: Facts['mode'],
    crashLimit: number | null = null,
  ) {
    this.#service = service;
    this.#crashLimit = crashLimit;
    this.#ports = ports;
    this.#settledCounters = ports.gate.counters();
    this.#generations = new Generations(service, ports, (input) => this.dispatch(input));
    const facts = initialFacts(settingsOf(service, mode, crashLimit));
    this.#machine = { facts, state: { state: 'idle', retiring: [] } };
    this.#closed = new Promise((resolve) => {
      this.#resolveClosed = resolve;
    });
  }

  get state(): State {
    return this.#machine.state;
  }

  get mode(): Facts['mode'] {
    return this.#machine.facts.mode;
  }

  /** The generation that has the calls, with its artifact; null: none. */
  get active(): Live | null {
    return active(this.#machine.state) ?? null;
  }

  /** The generation that has the calls; null: none. */
  get activeGeneration(): number | null {
    return active(this.#machine.state)?.generation ?? null;
  }

  /** Takes an input; its effects are under way when this returns, unless it was called from an effect. */
  dispatch(input: Input): void {
    this.#inputs.push(input);
    if (this.#dispatching) return;
    this.#dispatching = true;
    for (let one = this.#inputs.shift(); one !== undefined; one = this.#inputs.shift()) {
      const [machine, effects] = next(this.#machine, one);
      this.#machine = machine;
      for (const effect of effects) this.#perform(effect);
    }
    this.#dispatching = false;
  }

  /**
   * The configuration changed. What is under way goes on; limits, signals and pauses count from their next use, and `mode` from the next
   * swap (null: it stays what it has become). To have a generation started for it, dispatch `wanted` afterwards.
   */
  reconfigure(service: SupervisedService, mode: Facts['mode'] | null): void {
    this.#service = service;
    this.#generations.reconfigure(service);
    this.dispatch({
      type: 'reconfigured',
      settings: settingsOf(service, mode ?? this.mode, this.#crashLimit),
    });
  }

  /** Wants a generation; resolves when it has the calls, has failed, or is not wanted any more. */
  want(request: ReloadRequest): Promise<ReloadEnd> {
    const end = this.#tickets.open(request.id);
    this.dispatch({ type: 'wanted', request });
    if (this.state.state === 'closed') this.#tickets.close();
    return end;
  }

  /** The generation that a request has got so far; null: none, or it is over. */
  generationOf(requestId: number): number | null {
    return generationOf(this.state, requestId);
  }

  /** Gives the calls back to the generation that is pinned for this one. False: there is none, or something else is under way. */
  goBack(generation: number, request: ReloadRequest): boolean {
    this.dispatch({ type: 'go-back', generation, request });
    return this.activeGeneration !== generation && this.state.state === 'ready';
  }

  /** Nobody will go back to what is pinned any more. */
  unpin(): void {
    this.#generations.unpin();
  }

  /** The artifact that a rollback runs again; the error says in words why there is none. */
  rollbackTarget(): Result<string, string> {
    return rollbackTarget(this.#machine.facts);
  }

  /** The set of functions of a generation changed; tells about it if that generation has the calls. */
  functionsChanged(generation: number): void {
    if (this.activeGeneration === generation) this.#tellFunctions(generation);
  }

  /** Drains and stops everything; resolves when no process is left. */
  async close(): Promise<void> {
    this.dispatch({ type: 'close' });
    await this.#closed;
    await this.#generations.allGone();
  }

  /** Ends everything at once, without draining. Call close() as well to wait for it. */
  force(): void {
    this.#forced = true;
    this.dispatch({ type: 'close' });
    this.#generations.force();
  }

  #perform(effect: Effect): void {
    const { gate, publish } = this.#ports;
    switch (effect.type) {
      case 'begun': {
        const { id, at } = effect.request;
        this.#tickets.begin(id);
        this.#record = id === CRASH_REQUEST.id ? this.#crash : new ReloadRecord(id, at, gate.counters());
        break;
      }
      case 'merged':
        this.#record?.continueFor(effect.request.id);
        this.#tickets.begin(effect.request.id);
        break;
      case 'build':
        this.#startBuild(effect.generation, effect.artifact);
        break;
      case 'cancel-build':
        if (this.#build?.generation === effect.generation) this.#build.run.cancel();
        break;
      case 'start':
        void this.#generations.start(effect.generation, effect.artifact, effect.exclusive, () => {
          this.#record?.leave('stop', this.#now());
          this.#record?.enter('start', this.#now());
        });
        break;
      case 'discard':
        this.#generations.end(effect.generation);
        break;
      case 'activate':
        this.#record?.leave('start', this.#now());
        gate.route(effect.generation);
        this.#tellActive(effect.generation);
        break;
      case 'reinstate':
        this.#generations.reinstate(effect.generation);
        gate.route(effect.generation);
        this.#tellActive(effect.generation);
        break;
      case 'resume':
        this.#drainNumber += 1;
        gate.route(effect.generation);
        break;
      case 'hold':
        gate.hold(effect.what);
        break;
      case 'fail-held':
        gate.fail('generation-failed', effect.message);
        break;
      case 'drain':
        void this.#drain(effect.generation, effect.what);
        break;
      case 'stop':
        this.#record?.leave('drain', this.#now());
        this.#record?.enter('stop', this.#now());
        this.#generations.end(effect.generation);
        break;
      case 'retire':
        this.#tellDraining(effect.generation);
        this.#generations.retire(effect.generation, effect.pinned);
        break;
      case 'expedite':
        this.#generations.expedite(effect.generation);
        break;
      case 'schedule-retry':
        this.#crash = new ReloadRecord(CRASH_REQUEST.id, this.#now(), this.#settledCounters);
        this.#cancelRetry();
        this.#cancelRetry = this.#ports.clock.after(this.#retryMs, () =>
          this.dispatch({ type: 'retry-due' }),
        );
        break;
      case 'cancel-retry':
        this.#cancelRetry();
        break;
      case 'watch-health':
        this.#watchHealth(effect.generation);
        break;
      case 'report-failure':
        this.#reportFailure(effect);
        break;
      case 'finished':
        if (effect.dead === undefined) this.#finished(effect);
        else void this.#finishedByCrash(effect, effect.dead);
        break;
      case 'explain-stop-first':
        explainStopFirst(this.#service.name, publish, effect.why);
        break;
      case 'waiting-for-retiring':
        reportWaiting(this.#service.name, publish, effect.generation);
        break;
      case 'prune-artifacts':
        this.#ports.pruneArtifacts(effect.keep);
        break;
      case 'closed':
        this.#cancelHealth();
        this.#cancelRetry();
        this.#tickets.close();
        this.#resolveClosed();
        break;
      default:
        assertNever(effect);
    }
  }

  #now(): number {
    return this.#ports.clock.now();
  }

  #startBuild(generation: number, artifact: string | null): void {
    const { name } = this.#service;
    this.#ports.publish({ type: 'build.started', service: name, generation });
    this.#record?.enter('build', this.#now());
    const run = this.#ports.build(generation, artifact);
    this.#build = { generation, run };
    void run.result.then((result) => {
      if (this.#build?.run === run) this.#build = null;
      const ms = Math.round(result.ms);
      if (result.outcome === 'cancelled') {
        this.#ports.publish({ type: 'build.cancelled', service: name, generation, ms });
        return;
      }
      this.#lastBuildMs = ms;
      this.#record?.leave('build', this.#now());
      if (result.outcome === 'failed') {
        this.dispatch({ type: 'build-failed', generation, failure: result.failure });
        return;
      }
      this.#ports.publish({ type: 'build.finished', service: name, generation, ms, output: result.output });
      this.dispatch({ type: 'build-succeeded', generation });
    });
  }

  async #drain(generation: number, what: 'jobs' | 'calls'): Promise<void> {
    this.#drainNumber += 1;
    const number = this.#drainNumber;
    this.#record?.enter('drain', this.#now());
    if (what === 'jobs') this.#tellDraining(generation);
    const service = this.#service;
    const timeout = this.#forced ? 0 : service.drain[what];
    const { cut } = await this.#ports.gate.drain(generation, what, timeout);
    if (number !== this.#drainNumber) return;
    if (!this.#forced) reportCut(service, this.#ports.publish, { generation, what, cut });
    this.dispatch({ type: 'drained', generation, what });
  }

  #watchHealth(generation: number): void {
    this.#cancelHealth();
    this.#cancelHealth = this.#ports.clock.after(HEALTHY_AFTER_MS, () =>
      this.dispatch({ type: 'healthy', generation }),
    );
  }

  #tellActive(generation: number): void {
    const pid = this.#generations.pid(generation) ?? 0;
    const functions = summarize(this.#ports.gate.functions(generation));
    this.#ports.publish({
      type: 'generation.active',
      service: this.#service.name,
      generation,
      pid,
      functions,
    });
    this.#tellFunctions(generation);
  }

  #tellFunctions(generation: number): void {
    const functions = this.#ports.gate.functions(generation);
    const diff = diffFunctions(this.#activeFunctions, functions);
    this.#activeFunctions = functions;
    if (isEmptyDiff(diff)) return;
    this.#ports.publish({ type: 'functions.changed', service: this.#service.name, generation, ...diff });
  }

  #tellDraining(generation: number): void {
    const pid = this.#generations.pid(generation) ?? 0;
    this.#ports.publish({ type: 'generation.draining', service: this.#service.name, generation, pid });
  }

  #reportFailure(effect: Extract<Effect, { type: 'report-failure' }>): void {
    this.#tickets.noteFailure(describeFailure(effect.failure));
    const { backoff } = this.#service.restart;
    const attempt = effect.retryAttempt;
    if (attempt !== null) this.#retryMs = backoffDelay(attempt, backoff, this.#ports.random);
    const pid = this.#generations.pid(effect.generation);
    const retryMs = attempt === null ? null : this.#retryMs;
    this.#ports.publish(
      failureEvent(this.#service.name, effect, { pid, retryMs, buildMs: this.#lastBuildMs }),
    );
  }

  /** Calls went back to a kept generation at once; what the dead one's calls came to is known when it is gone. */
  async #finishedByCrash(effect: Extract<Effect, { type: 'finished' }>, dead: number): Promise<void> {
    this.#record = new ReloadRecord(effect.request.id, this.#now(), this.#settledCounters);
    const record = this.#record;
    await this.#generations.gone(dead);
    // A change that came meanwhile has a record of its own.
    if (this.#record === record) this.#finished(effect);
  }

  #finished(effect: Extract<Effect, { type: 'finished' }>): void {
    const counters = this.#ports.gate.counters();
    this.#settledCounters = counters;
    const current = this.#record?.isOf(effect.request.id) ? this.#record : null;
    if (current !== null) this.#record = null;
    const record = current ?? new ReloadRecord(effect.request.id, this.#now(), counters);
    const ms = record.phases(this.#now());
    this.#ports.publish(
      reloadEvent(this.#service.name, effect, {
        strategy: this.#machine.facts.mode,
        ms,
        calls: record.calls(counters, this.#generations.finishingCalls()),
      }),
    );
    this.#tickets.finish(effect.request.id, { ...effect, ms });
  }
}
