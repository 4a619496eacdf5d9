import type { Clock } from '../core/clock.js';
import { assertNever } from '../core/failure.js';
import { type DialTarget, formatTarget } from '../protocol/address.js';
import type { RegisterLocalRequest } from '../protocol/gen/croupier/agent/local/v1/local.js';
import type { RawServer } from '../protocol/raw-server.js';
import { CallCounters } from './call-counters.js';
import type { Dispatcher, Pool } from './dispatcher.js';
import { awaitDrained } from './drain.js';
import { GenerationLink } from './generation-link.js';
import type { Jobs } from './jobs.js';
import type { GateMode, ServiceView } from './route.js';
import { ServingProcess } from './serving-process.js';
import type {
  DrainOutcome,
  GateCounters,
  GateHandlers,
  GateOptions,
  GenerationRef,
  RegisteredFunction,
  ServiceGate,
} from './types.js';

/** What a process that is gone may still have in the connection's buffers is read for at most this long. */
const LAST_READ_MS = 250;

/** What the gate needs of the gateway around it. */
export interface GateSurroundings {
  readonly clock: Clock;
  readonly dispatcher: Dispatcher;
  readonly jobs: Jobs;
  /** Opens a loopback listener that knows whose it is. */
  openListener(generation: GenerationRef): Promise<RawServer>;
  closeListener(listener: RawServer): void;
  onNotice(level: 'info' | 'warn' | 'error', message: string): void;
}

/**
 * One supervised service: its generations, and where its calls go. The supervisor decides (through the ServiceGate interface), this
 * carries out; routing and the hold queue look at it through ServiceView and Pool.
 */
export class SupervisedService implements ServiceGate {
  readonly name: string;
  readonly view: ServiceView;
  readonly pool: Pool;
  readonly #around: GateSurroundings;
  readonly #handlers: GateHandlers;
  readonly #replay: ReadonlySet<string>;
  readonly #counters = new CallCounters();
  readonly #links = new Map<number, GenerationLink>();
  #mode: GateMode = 'hold-all';
  #failure = '';
  #routed: GenerationLink | null = null;
  #latest = 0;
  /** Ids of the functions of the generation that was routed last, also after its end. */
  #known: ReadonlySet<string> = new Set();

  constructor(options: GateOptions, handlers: GateHandlers, around: GateSurroundings) {
    this.name = options.name;
    this.#replay = new Set(options.replay);
    this.#handlers = handlers;
    this.#around = around;
    this.view = this.#createView();
    this.pool = this.#createPool(options);
  }

  async openGeneration(generation: number): Promise<{ readonly agentAddress: string }> {
    if (this.#links.has(generation))
      throw new Error(`generation ${generation} of ${this.name} is open already`);
    const listener = await this.#around.openListener({ name: this.name, generation });
    const owner = { name: this.name, generation, replay: this.#replay, counters: this.#counters };
    const process = new ServingProcess(owner, this.#around.clock, {
      onChange: () => this.#onProcessChange(link),
      onRoom: () => this.#around.dispatcher.release(),
      onNotice: (level, message) => this.#around.onNotice(level, message),
    });
    const link: GenerationLink = new GenerationLink(generation, process, listener);
    this.#links.set(generation, link);
    this.#latest = Math.max(this.#latest, generation);
    return { agentAddress: formatTarget(listener) };
  }

  functions(generation: number): readonly RegisteredFunction[] {
    return this.#links.get(generation)?.process.functions ?? [];
  }

  speaks(generation: number): boolean {
    return this.#links.get(generation)?.hasSpoken ?? false;
  }

  addresses(generation: number): readonly string[] {
    const registrations = this.#links.get(generation)?.process.registrations ?? [];
    return [...new Set(registrations.map((one) => one.address))];
  }

  lastRegistrationAt(generation: number): number | null {
    return this.#links.get(generation)?.lastRegistrationAt ?? null;
  }

  route(generation: number): void {
    const link = this.#links.get(generation);
    if (link === undefined) throw new Error(`generation ${generation} of ${this.name} was never opened`);
    for (const drain of link.drains) drain.cancel();
    if (this.#routed !== null) setWindingDown(this.#routed, true);
    setWindingDown(link, false);
    this.#routed = link;
    this.#mode = 'routed';
    this.#noteKnown();
    this.#around.dispatcher.release();
  }

  hold(what: 'jobs' | 'all'): void {
    this.#mode = what === 'jobs' ? 'hold-jobs' : 'hold-all';
    this.#around.dispatcher.release();
  }

  fail(_reason: 'generation-failed', message: string): void {
    this.#mode = 'failed';
    this.#failure = message;
    this.#around.dispatcher.failHeld(this.name, message);
  }

  async drain(generation: number, what: 'calls' | 'jobs', timeoutMs: number): Promise<DrainOutcome> {
    const { clock, dispatcher, jobs } = this.#around;
    const startedAt = clock.now();
    const outcome = (complete: boolean, cut: number): DrainOutcome => ({
      complete,
      cut,
      ms: clock.now() - startedAt,
    });
    const link = this.#links.get(generation);
    if (link === undefined) return outcome(true, 0);
    const kind = what === 'calls' ? 'call' : 'job';
    link.process.windingDown[kind] = true;
    const drain = awaitDrained(link.process, kind, timeoutMs, clock);
    link.drains.add(drain);
    const end = await drain.end;
    link.drains.delete(drain);
    switch (end) {
      case 'empty':
        return outcome(true, 0);
      case 'cancelled':
        return outcome(false, 0);
      case 'time-up': {
        const calls = dispatcher.cut(link.process, kind);
        return outcome(false, calls + (kind === 'job' ? await jobs.cut(link.process) : 0));
      }
      default:
        return assertNever(end);
    }
  }

  inFlight(generation: number): { readonly calls: number; readonly jobs: number } {
    const process = this.#links.get(generation)?.process;
    return { calls: process?.count('call') ?? 0, jobs: process?.count('job') ?? 0 };
  }

  retire(generation: number): void {
    const link = this.#links.get(generation);
    if (link === undefined || link.state !== 'open') return;
    this.#leave(link, 'retired');
    link.process.retire(() => this.#around.jobs.lose(link.process));
    this.#around.dispatcher.release();
  }

  async gone(generation: number): Promise<void> {
    const link = this.#links.get(generation);
    if (link === undefined || link.state === 'gone') return;
    this.#leave(link, 'gone');
    this.#around.closeListener(link.listener);
    this.#around.dispatcher.release();
    await link.process.finish(LAST_READ_MS);
    this.#around.jobs.lose(link.process);
    // Its number is never used again; only a routed one is still asked about.
    if (this.#routed !== link) this.#links.delete(generation);
  }

  counters(): GateCounters {
    return this.#counters.read();
  }

  held(): number {
    return this.#around.dispatcher.held(this.name);
  }

  /** The generation that calls go to, while it lives. */
  get routed(): GenerationLink | null {
    return this.#routed?.isOpen === true ? this.#routed : null;
  }

  link(generation: number): GenerationLink | null {
    return this.#links.get(generation) ?? null;
  }

  /** Something called the generation's own listener. */
  noteSpoken(generation: number): void {
    const link = this.#links.get(generation);
    if (link !== undefined) link.hasSpoken = true;
  }

  /** A generation registers (targets) or takes a `service_id` out (null); late ones touch nothing. */
  register(link: GenerationLink, request: RegisterLocalRequest, targets: readonly DialTarget[] | null): void {
    link.hasSpoken = true;
    if (!link.isOpen) return;
    if (targets === null) {
      link.process.withdraw(request.serviceId);
      return;
    }
    link.lastRegistrationAt = this.#around.clock.now();
    link.process.register(request, targets);
  }

  /** Ends every connection; nothing is answered here. */
  close(): void {
    for (const link of this.#links.values()) {
      link.state = 'gone';
      link.process.destroy();
    }
  }

  #leave(link: GenerationLink, state: 'retired' | 'gone'): void {
    if (link === this.#routed && link.isOpen) this.#noteKnown();
    link.state = state;
    setWindingDown(link, true);
  }

  #onProcessChange(link: GenerationLink): void {
    if (!link.isOpen) return;
    if (link === this.#routed) this.#noteKnown();
    const { process } = link;
    if (process.registrations.length === 0) link.announced = null;
    else if (process.isVerified && link.announced !== process.signature) {
      link.announced = process.signature;
      this.#handlers.onRegistered(link.number, process.functions);
    }
    this.#around.dispatcher.release();
  }

  #noteKnown(): void {
    if (this.#routed?.isOpen === true) this.#known = new Set(this.#routed.process.knownFunctionIds);
  }

  #knows(functionId: string): boolean {
    if (this.#known.has(functionId)) return true;
    const routed = this.#routed?.number ?? 0;
    for (const link of this.#links.values()) {
      if (link.isOpen && link.number > routed && link.process.endpointOf(functionId) !== null) return true;
    }
    return false;
  }

  #createView(): ServiceView {
    const service = this;
    return {
      name: this.name,
      get mode() {
        return service.#mode;
      },
      get failure() {
        return service.#failure;
      },
      get wasActive() {
        return service.#routed !== null;
      },
      get routed() {
        return service.#routed;
      },
      knows: (functionId) => service.#knows(functionId),
    };
  }

  #createPool(options: GateOptions): Pool {
    const service = this;
    return {
      holdLimits: options.hold,
      counters: this.#counters,
      get latest() {
        return service.#latest;
      },
      describeWait: () => service.#describeWait(),
    };
  }

  #describeWait(): string {
    if (this.#mode === 'routed' && this.routed !== null)
      return `${this.name} cannot be reached at the moment`;
    return this.#routed === null ? `${this.name} is not ready yet` : `${this.name} is being restarted`;
  }
}

function setWindingDown(link: GenerationLink, isWindingDown: boolean): void {
  link.process.windingDown.call = isWindingDown;
  link.process.windingDown.job = isWindingDown;
}
