import type { ServiceConfig } from '../config/types.js';
import type { CroupierEvent, StampedEvent } from '../core/events.js';
import type { Caller, Gateway, GenerationRef } from '../gateway/types.js';
import { instanceLabel } from '../observe/instance-label.js';
import type { Gauges } from '../observe/types.js';
import { findOwner } from '../process/attribution.js';
import { FunctionOwners } from './function-owners.js';
import type { Group } from './process-groups.js';
import type { ServiceChange } from './service-change.js';
import type { ServiceSession, SettingsCause } from './service-session.js';
import { StartOrder } from './start-order.js';

export interface ServiceGroupOptions {
  readonly gateway: Gateway;
  /** Opens a service; null: that failed, and was told. */
  open(service: ServiceConfig): Promise<ServiceSession | null>;
  /** A service is about to be drained and ended. */
  onLeaving(name: string): void;
  /** Of a service that is gone nothing shall stay. */
  forget(name: string): Promise<void>;
  /** Another service is there, or one is gone. */
  onServices(names: readonly string[]): void;
  publish(event: CroupierEvent): void;
}

/** A service of the group. What is wanted while it opens or leaves is looked at when that is over; null: nothing. */
type Member =
  | { readonly state: 'opening'; wanted: ServiceConfig | null }
  | { readonly state: 'running'; readonly session: ServiceSession }
  | { readonly state: 'leaving'; readonly session: ServiceSession; wanted: ServiceConfig | null };

/** The services of a session together: what is done to all of them, and in which order. */
export class ServiceGroup {
  readonly #options: ServiceGroupOptions;
  readonly #members = new Map<string, Member>();
  readonly #functionOwners = new FunctionOwners();
  #order: StartOrder | null = null;
  #isPaused = false;
  #isClosing = false;

  constructor(options: ServiceGroupOptions) {
    this.#options = options;
  }

  get names(): readonly string[] {
    return this.#running.map((service) => service.name);
  }

  /** For people: of a service with several instances one for each. */
  get labels(): readonly string[] {
    return this.#running.flatMap(({ name, instances }) =>
      instances.map(({ instance }) => instanceLabel(name, instance)),
    );
  }

  /** Null: there is no such service now. */
  find(name: string): ServiceSession | null {
    return this.#running.find((service) => service.name === name) ?? null;
  }

  get processGroups(): readonly Group[] {
    return this.#everyone.flatMap((service) => service.groups);
  }

  get gauges(): Gauges {
    const sum = { held: 0, calls: 0, jobs: 0 };
    for (const service of this.#everyone) {
      const { held, calls, jobs } = service.gauges;
      sum.held += held;
      sum.calls += calls;
      sum.jobs += jobs;
    }
    return { ...sum, paused: this.#isPaused };
  }

  /** A service starts when all that it depends on have been active; from then on each lives by itself. */
  start(): void {
    this.#order = new StartOrder(this.#running);
    this.#startThose(this.#order.due());
    for (const { name, needs } of this.#order.waiting) this.#tellWaiting(name, needs);
  }

  /** Opens one more service. Once the session has started, it is started as well when what it depends on is ready. */
  async add(config: ServiceConfig): Promise<void> {
    const { name } = config;
    const member = this.#members.get(name);
    if (member?.state === 'opening' || member?.state === 'leaving') member.wanted = config;
    if (member !== undefined || this.#isClosing) return;
    const opening: Member = { state: 'opening', wanted: config };
    this.#members.set(name, opening);
    const session = await this.#options.open(config);
    if (session === null) {
      this.#members.delete(name);
    } else if (opening.wanted === config && !this.#isClosing) {
      this.#members.set(name, { state: 'running', session });
      this.#begin(session);
    } else {
      await this.#end(session, opening.wanted);
    }
  }

  /** Drains a service, ends it, and forgets it. */
  async remove(name: string): Promise<void> {
    const member = this.#members.get(name);
    if (member === undefined) return;
    if (member.state !== 'running') member.wanted = null;
    else await this.#end(member.session, null);
  }

  /** The configuration of a service changed. False: it was started already, so what it depends on counts at its next start. */
  reconfigure(change: ServiceChange, cause: SettingsCause | null): boolean {
    const { name, service, needsOrder } = change;
    const member = this.#members.get(name);
    if (member?.state !== 'running') {
      // It could not be opened as it was, or is not there yet.
      void this.add(service);
      return true;
    }
    const { session } = member;
    session.reconfigure(change, cause);
    if (!needsOrder) return true;
    if (this.#order?.isWaiting(name) !== true) return false;
    this.#enqueue(session);
    return true;
  }

  /** What services watch is asked for again. */
  watchAnew(): void {
    for (const service of this.#running) service.watchAnew();
  }

  /** To be called with every event of the session. */
  take(event: StampedEvent): void {
    if (event.type === 'generation.active') {
      this.#running.find(({ name }) => name === event.service)?.activated(event.generation, event.instance);
      this.#startThose(this.#order?.activated(event.service) ?? []);
    }
    if (event.type !== 'functions.changed' || this.#members.size < 2) return;
    for (const message of this.#functionOwners.look(this.#options.gateway.functions())) {
      this.#options.publish({ type: 'session.notice', service: event.service, level: 'error', message });
    }
  }

  get isPaused(): boolean {
    return this.#isPaused;
  }

  reload(): void {
    for (const service of this.#running) service.reload(this.#isPaused);
  }

  togglePause(): void {
    this.setPaused(!this.#isPaused);
  }

  setPaused(isPaused: boolean): void {
    if (isPaused === this.#isPaused) return;
    this.#isPaused = isPaused;
    for (const service of this.#running) this.#isPaused ? service.pause() : service.resume();
  }

  /** Whose process a caller is. A process table that cannot be read tells nothing: the caller counts as external then. */
  findOwner(caller: Caller): Promise<GenerationRef | null> {
    const owners = this.#everyone.flatMap((service) => service.owners());
    return findOwner(owners, caller).catch(() => null);
  }

  /** The generation whose process listens on an address; null: none of ours. */
  findListener(rpcAddress: string): Promise<GenerationRef | null> {
    return this.findOwner({ peer: '', localPort: 0, rpcAddress });
  }

  force(): void {
    for (const service of this.#everyone) service.force();
  }

  async close(): Promise<void> {
    this.#isClosing = true;
    await Promise.all(this.#everyone.map((service) => service.close()));
  }

  get #running(): readonly ServiceSession[] {
    return [...this.#members.values()].flatMap((one) => (one.state === 'running' ? [one.session] : []));
  }

  /** Those that are being ended included: they still have processes. */
  get #everyone(): readonly ServiceSession[] {
    return [...this.#members.values()].flatMap((one) => (one.state === 'opening' ? [] : [one.session]));
  }

  #begin(session: ServiceSession): void {
    if (this.#isPaused) session.pause();
    if (this.#order === null) return;
    this.#options.onServices(this.names);
    this.#enqueue(session);
  }

  /** Starts it, or tells what it waits for. */
  #enqueue(session: ServiceSession): void {
    this.#order?.add(session);
    this.#startThose(this.#order?.due() ?? []);
    const waiting = this.#order?.waiting.find(({ name }) => name === session.name);
    if (waiting !== undefined) this.#tellWaiting(waiting.name, waiting.needs);
  }

  async #end(session: ServiceSession, wanted: ServiceConfig | null): Promise<void> {
    const { name } = session;
    const leaving: Member = { state: 'leaving', session, wanted };
    this.#members.set(name, leaving);
    this.#order?.remove(name);
    this.#options.onLeaving(name);
    await session.close();
    await this.#options.forget(name);
    this.#members.delete(name);
    if (this.#isClosing) return;
    this.#options.onServices(this.names);
    if (leaving.wanted !== null) await this.add(leaving.wanted);
  }

  #tellWaiting(name: string, needs: readonly string[]): void {
    const message = `starts when ${needs.join(' and ')} is ready`;
    this.#options.publish({ type: 'session.notice', service: name, level: 'info', message });
  }

  #startThose(names: readonly string[]): void {
    for (const service of this.#running) if (names.includes(service.name)) service.start();
  }
}
