import type { HoldLimits } from '../config/types.js';
import { assertNever } from '../core/failure.js';
import { type DialTarget, formatTarget, parseRpcAddress } from '../protocol/address.js';
import type { RegisterLocalRequest } from '../protocol/gen/croupier/agent/local/v1/local.js';
import { CallCounters } from './call-counters.js';
import type { Pool } from './dispatcher.js';
import { awaitDrained } from './drain.js';
import type { GateSurroundings } from './gate-surroundings.js';
import { GenerationLink } from './generation-link.js';
import { ProcessHotReload } from './hot-reload.js';
import type { HttpService } from './http-function.js';
import type { InstanceRef } from './instance-key.js';
import type { ServiceView } from './route.js';
import { ServiceRouting } from './service-routing.js';
import { ServingProcess } from './serving-process.js';
import type {
  AdoptedRegistration,
  DrainOutcome,
  GateCounters,
  GateHandlers,
  GateOptions,
  HotReload,
  RegisteredFunction,
  ServiceGate,
} from './types.js';

/** What a process that is gone may still have in the connection's buffers is read for at most this long. */
const LAST_READ_MS = 250;

/**
 * One supervised service, or one of its instances: its generations, and where its calls go. The supervisor decides (through the ServiceGate interface), this
 * carries out; routing and the hold queue look at it through ServiceView and Pool.
 */
export class SupervisedService implements ServiceGate {
  readonly name: string;
  /** Unique in the gateway. */
  readonly key: string;
  readonly pool: Pool;
  readonly #ref: InstanceRef;
  #hold: HoldLimits;
  readonly #around: GateSurroundings;
  readonly #handlers: GateHandlers;
  /** One set for all generations, so that a change reaches each. */
  readonly #replay: Set<string>;
  readonly #counters = new CallCounters();
  readonly #links = new Map<number, GenerationLink>();
  readonly #routing: ServiceRouting;
  #latest = 0;

  constructor(options: GateOptions, handlers: GateHandlers, around: GateSurroundings) {
    const { name, instance } = options;
    this.name = name;
    this.#ref = instance === undefined ? { name } : { name, instance };
    this.#hold = options.hold;
    this.#replay = new Set(options.replay);
    this.#handlers = handlers;
    this.#around = around;
    this.#routing = new ServiceRouting(this.#ref, this.#links);
    this.key = this.#routing.key;
    const latest = (): number => this.#latest;
    const hold = (): HoldLimits => this.#hold;
    this.pool = {
      get holdLimits() {
        return hold();
      },
      counters: this.#counters,
      get latest() {
        return latest();
      },
      describeWait: () => this.#routing.describeWait(),
    };
  }

  configure({ hold, replay }: Pick<GateOptions, 'hold' | 'replay'>): void {
    this.#hold = hold;
    this.#replay.clear();
    for (const id of replay) this.#replay.add(id);
  }

  async openGeneration(generation: number): Promise<{ readonly agentAddress: string }> {
    if (this.#links.has(generation))
      throw new Error(`generation ${generation} of ${this.name} is open already`);
    const listener = await this.#around.openListener({ ...this.#ref, generation });
    const owner = { name: this.name, generation, replay: this.#replay, counters: this.#counters };
    const process = new ServingProcess(owner, this.#around.clock, this.#around.childTls, {
      onChange: () => this.#onProcessChange(link),
      onRoom: () => this.#around.dispatcher.releaseFor(this.key),
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

  adopt(generation: number, registration: AdoptedRegistration): boolean {
    const link = this.#links.get(generation);
    if (link?.isOpen !== true) return false;
    const { serviceId, version, rpcAddress, functions } = registration;
    const request = { serviceId, version, rpcAddr: rpcAddress, functions: [...functions] };
    if (functions.length === 0) {
      this.register(link, request, null);
      return true;
    }
    const targets = parseRpcAddress(rpcAddress);
    if (!targets.ok || targets.value.some((target) => this.#around.isOwn(target))) return false;
    if (!link.process.hasRegistered(request)) this.register(link, request, targets.value);
    return true;
  }

  serveHttp(generation: number, service: HttpService): boolean {
    const link = this.#links.get(generation);
    if (link?.isOpen !== true) return false;
    link.lastRegistrationAt = this.#around.clock.now();
    link.process.serveHttp(service);
    return true;
  }

  hotReload(generation: number): HotReload | null {
    const link = this.#links.get(generation);
    const endpoints = link?.isOpen === true ? link.process.endpoints : [];
    return endpoints.length === 0 ? null : new ProcessHotReload(endpoints);
  }

  lastRegistrationAt(generation: number): number | null {
    return this.#links.get(generation)?.lastRegistrationAt ?? null;
  }

  route(generation: number): void {
    const link = this.#links.get(generation);
    if (link === undefined) throw new Error(`generation ${generation} of ${this.name} was never opened`);
    for (const drain of link.drains) drain.cancel();
    const previous = this.#routing.routed;
    if (previous !== null) setWindingDown(previous, true);
    if (previous?.state === 'gone') this.#links.delete(previous.number);
    setWindingDown(link, false);
    this.#routing.route(link);
    this.#around.dispatcher.release();
  }

  hold(what: 'jobs' | 'all'): void {
    this.#routing.mode = what === 'jobs' ? 'hold-jobs' : 'hold-all';
    this.#around.dispatcher.release();
  }

  fail(_reason: 'generation-failed', message: string): void {
    this.#routing.mode = 'failed';
    this.#routing.failure = message;
    // What another instance can take, now or soon, goes there.
    if (this.#ref.instance !== undefined) this.#around.dispatcher.release();
    this.#around.dispatcher.failHeld(this.key, message);
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
    const drain = awaitDrained(link.process.underway, kind, timeoutMs, clock);
    link.drains.add(drain);
    const end = await drain.end;
    link.drains.delete(drain);
    switch (end) {
      case 'empty':
        return outcome(true, 0);
      case 'cancelled':
        return outcome(false, 0);
      case 'time-up': {
        const calls = dispatcher.forwarder.cut(link.process, kind);
        return outcome(false, calls + (kind === 'job' ? await jobs.cut(link.process) : 0));
      }
      default:
        return assertNever(end);
    }
  }

  inFlight(generation: number): { readonly calls: number; readonly jobs: number } {
    const underway = this.#links.get(generation)?.process.underway;
    return { calls: underway?.count('call') ?? 0, jobs: underway?.count('job') ?? 0 };
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
    if (this.#routing.routed !== link) this.#links.delete(generation);
  }

  counters(): GateCounters {
    return this.#counters.read();
  }

  held(): number {
    return this.#around.dispatcher.held(this.key);
  }

  /** The generation that calls go to, while it lives. */
  get routed(): GenerationLink | null {
    const { routed } = this.#routing;
    return routed?.isOpen === true ? routed : null;
  }

  get view(): ServiceView {
    return this.#routing;
  }

  link(generation: number): GenerationLink | null {
    return this.#links.get(generation) ?? null;
  }

  /** A call goes to it; `use` is higher than that of any call before. */
  noteUse(use: number): void {
    this.#routing.lastUse = use;
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
    this.#routing.noteFunctions(link);
    link.state = state;
    setWindingDown(link, true);
  }

  #onProcessChange(link: GenerationLink): void {
    if (!link.isOpen) return;
    this.#routing.noteFunctions(link);
    const { process } = link;
    if (process.registrations.length === 0) link.announced = null;
    else if (process.isVerified && link.announced !== process.signature) {
      link.announced = process.signature;
      this.#handlers.onRegistered(link.number, process.functions);
    }
    this.#around.dispatcher.release();
  }
}

function setWindingDown(link: GenerationLink, isWindingDown: boolean): void {
  link.process.windingDown.call = isWindingDown;
  link.process.windingDown.job = isWindingDown;
}
