import type { Clock } from '../core/clock.js';
import type { CallCounts, CroupierEvent, ReloadOutcome, ReloadPhases, SwapStrategy } from '../core/events.js';
import { err, ok, type Result } from '../core/result.js';
import type { ReloadRequest } from '../supervisor/state.js';
import {
  addPhases,
  describeStuck,
  findDead,
  later,
  NO_TIME,
  named,
  type RollingInstance,
  restart,
  type Swapped,
  whyNot,
} from './rolling-steps.js';

export interface RollingReloadOptions {
  /** Name of the service. */
  readonly name: string;
  readonly clock: Clock;
  /** At least two. */
  readonly instances: readonly RollingInstance[];
  /** Totals of all instances together. */
  counters(): CallCounts;
  publish(event: CroupierEvent): void;
}

/** How a roll ended. */
interface RollEnd {
  readonly outcome: Extract<ReloadOutcome, 'swapped' | 'kept-old' | 'failed'>;
  /** null: nothing went wrong. */
  readonly reason: string | null;
  readonly strategy: SwapStrategy;
  /** Of all instances together. */
  readonly ms: ReloadPhases;
}

const NO_OTHER_BUILD = 'no other build has served in this session';

/**
 * Starts and replaces the processes of a service that has several: what is built is built once, by the first of them; then one after the
 * other is replaced, each ready before the next. When one fails, those that were replaced go back to what they ran before. What is wanted
 * meanwhile is done afterwards, however often it was asked for, once.
 */
export class RollingReload {
  readonly #options: RollingReloadOptions;
  #nextId = 1;
  #isStarted = false;
  /** The first one has the calls for the first time, and the others have been started. */
  #hasFollowed = false;
  #isRolling = false;
  #waiting: ReloadRequest | null = null;
  #isClosed = false;
  /** Artifacts that all instances ran: the one that counts now, and the one before it. */
  #current: string | null = null;
  #previous: string | null = null;

  constructor(options: RollingReloadOptions) {
    this.#options = options;
  }

  /** Artifacts that may be run again. */
  get keptArtifacts(): readonly string[] {
    return [this.#current, this.#previous].flatMap((path) => path ?? []);
  }

  /** The first request starts the instances, the first of them alone; any later one is a roll. */
  want(request: ReloadRequest): void {
    if (this.#isClosed) return;
    if (!this.#isStarted) {
      this.#isStarted = true;
      void this.#first.supervisor.want(this.#numbered(request));
      return;
    }
    this.#waiting = later(this.#waiting, request);
    void this.#rollOn();
  }

  /** An instance has the calls. */
  activated(instance: number): void {
    if (instance !== 1 || this.#hasFollowed || this.#isClosed) return;
    this.#hasFollowed = true;
    const artifact = this.#first.supervisor.active?.artifact ?? null;
    this.#current = artifact;
    const request = restart('start', this.#now());
    for (const { supervisor } of this.#others)
      void supervisor.want({ ...this.#numbered(request), ...named(artifact) });
    void this.#rollOn();
  }

  /** Replaces the instances, one after the other, with the build before the one that they run. The generation is that of the first. */
  rollBack(): Result<{ readonly generation: number }, string> {
    if (this.#isRolling || !this.#hasFollowed) return err('the instances are being replaced at this moment');
    const { supervisor } = this.#first;
    const target = supervisor.rollbackTarget();
    // What one instance had for a moment, before a roll went back, is no build to go back to.
    if (this.#previous === null) return target.ok ? err(NO_OTHER_BUILD) : target;
    const request = restart('rollback', this.#now());
    const id = this.#nextId;
    this.want({ ...request, artifact: this.#previous });
    return ok({ generation: supervisor.generationOf(id) ?? supervisor.active?.generation ?? 0 });
  }

  /** Nothing is begun any more; what is under way is left to the supervisors. */
  close(): void {
    this.#isClosed = true;
    this.#waiting = null;
  }

  get #first(): RollingInstance {
    const [first] = this.#options.instances;
    if (first === undefined) throw new Error('a service has at least one instance');
    return first;
  }

  get #others(): readonly RollingInstance[] {
    return this.#options.instances.slice(1);
  }

  #now(): number {
    return this.#options.clock.now();
  }

  #numbered(request: ReloadRequest): ReloadRequest {
    return { ...request, id: this.#nextId++ };
  }

  async #rollOn(): Promise<void> {
    if (this.#isRolling || !this.#hasFollowed) return;
    this.#isRolling = true;
    for (let request = this.#takeWaiting(); request !== null; request = this.#takeWaiting()) {
      await this.#roll(request);
    }
    this.#isRolling = false;
  }

  #takeWaiting(): ReloadRequest | null {
    const request = this.#waiting;
    this.#waiting = null;
    return this.#isClosed ? null : request;
  }

  async #roll(request: ReloadRequest): Promise<void> {
    const since = this.#now();
    const counters = this.#options.counters();
    const end = await this.#replaceAll(request);
    for (const { supervisor } of this.#options.instances) supervisor.unpin();
    if (end === null || this.#isClosed) return;
    this.#tell(request, end, { since, counters });
  }

  /** null: the session ends. */
  async #replaceAll(request: ReloadRequest): Promise<RollEnd | null> {
    const swapped: Swapped[] = [];
    // Without a build the first one runs what all of them run, which need not be what it has built last.
    const artifact = request.action === 'restart' && request.artifact === undefined ? this.#current : null;
    let wanted: ReloadRequest = { ...request, ...named(artifact), pinsOld: true };
    let strategy = this.#first.supervisor.mode;
    let ms = NO_TIME;
    for (const one of this.#options.instances) {
      const { supervisor } = one;
      const before = supervisor.active;
      strategy = supervisor.mode;
      const end = await supervisor.want(this.#numbered(wanted));
      if (this.#isClosed || end.kind === 'closed') return null;
      if (end.kind === 'finished') ms = addPhases(ms, end.ms);
      const failure = whyNot(one, end) ?? findDead(swapped);
      if (end.kind === 'finished' && end.outcome === 'swapped')
        swapped.push({ one, before, generation: end.generation });
      if (failure !== null) {
        const back = await this.#goBack(swapped, failure);
        return back === null ? null : { ...back, strategy, ms };
      }
      // What the first one has built is run by all.
      wanted = { ...wanted, action: 'restart', ...named(supervisor.active?.artifact ?? null) };
    }
    const current = this.#first.supervisor.active?.artifact ?? null;
    if (current !== this.#current) this.#previous = this.#current;
    this.#current = current;
    return { outcome: 'swapped', reason: null, strategy, ms };
  }

  /** At once where the process before is still there, else by its artifact, one after the other, the last one first. */
  async #goBack(
    swapped: readonly Swapped[],
    failure: string,
  ): Promise<Pick<RollEnd, 'outcome' | 'reason'> | null> {
    const stuck: number[] = [];
    for (const { one, before, generation } of [...swapped].reverse()) {
      const request = restart('rollback', this.#now());
      const { supervisor } = one;
      // It has gone back by itself: the new process died.
      if (supervisor.active !== null && supervisor.active.generation !== generation) continue;
      if (supervisor.goBack(generation, this.#numbered(request))) continue;
      const artifact = before?.artifact ?? null;
      if (artifact === null) {
        stuck.push(one.instance);
        continue;
      }
      const end = await supervisor.want({ ...this.#numbered(request), artifact });
      if (this.#isClosed || end.kind === 'closed') return null;
      if (end.kind !== 'finished' || end.outcome !== 'swapped') stuck.push(one.instance);
    }
    const serving = this.#options.instances.filter(({ supervisor }) => supervisor.active !== null);
    const reason = stuck.length === 0 ? failure : `${failure}; ${describeStuck(stuck)}`;
    const isBack = stuck.length === 0 && serving.length === this.#options.instances.length;
    return { outcome: isBack ? 'kept-old' : 'failed', reason };
  }

  #tell(
    request: ReloadRequest,
    { outcome, reason, strategy, ms }: RollEnd,
    { since, counters }: { readonly since: number; readonly counters: CallCounts },
  ): void {
    const { name, publish } = this.#options;
    const now = this.#options.counters();
    const total = Math.round(this.#now() - since);
    publish({
      type: 'reload.finished',
      service: name,
      generation: this.#first.supervisor.active?.generation ?? 0,
      trigger: request.trigger,
      rule: request.rule,
      strategy,
      outcome,
      ms: { ...ms, total },
      calls: {
        held: now.held - counters.held,
        drained: now.drained - counters.drained,
        replayed: now.replayed - counters.replayed,
        lost: now.lost - counters.lost,
      },
      ...(reason === null ? {} : { reason }),
    });
  }
}
