import { isDeepStrictEqual } from 'node:util';
import type { Clock } from '../core/clock.js';
import { type DialTarget, formatTarget } from '../protocol/address.js';
import type { RegisterLocalRequest } from '../protocol/gen/croupier/agent/local/v1/local.js';
import type { TlsMaterial } from '../protocol/tls.js';
import type { CallCounters } from './call-counters.js';
import { ChildEndpoint } from './child-endpoint.js';
import type { EndpointHandlers, FunctionEndpoint } from './endpoint.js';
import { HttpEndpoint } from './http-endpoint.js';
import type { HttpService } from './http-function.js';
import { httpRegistration } from './http-registration.js';
import type { Presence } from './route.js';
import type { RegisteredFunction } from './types.js';
import { UnderwaySet } from './underway.js';

/** What one RegisterLocal said, and the way to call it. */
export interface Registration {
  readonly serviceId: string;
  readonly version: string;
  /** As the process sent it. */
  readonly rpcAddress: string;
  /** Where it is dialled first, `host:port`, with wildcards resolved. */
  readonly address: string;
  readonly functions: readonly RegisteredFunction[];
  lastSeen: Date;
  readonly endpoint: FunctionEndpoint;
}

/** Whom calls of a process are accounted to. */
export interface ProcessOwner {
  /** The service's name, for messages. */
  readonly name: string;
  /** Null: an external process, which has no generations. */
  readonly generation: number | null;
  /** Functions that may run twice. */
  readonly replay: ReadonlySet<string>;
  readonly counters: CallCounters;
}

export interface ProcessHandlers {
  /** Registrations or the state of a connection changed. */
  onChange(): void;
  onRoom(): void;
  onNotice(level: 'info' | 'warn' | 'error', message: string): void;
}

/** One process that registered functions: its registrations, its connections, and what is under way on it. */
export class ServingProcess {
  readonly owner: ProcessOwner;
  /** What ends well while it is drained of it, or after, counts as drained. */
  readonly windingDown = { call: false, job: false };
  readonly #clock: Clock;
  readonly #childTls: TlsMaterial | null;
  readonly #handlers: ProcessHandlers;
  /** By `service_id`, latest last. */
  readonly #registrations = new Map<string, Registration>();
  /** By dialled address, those that a registration names; never shared with another process. */
  readonly #endpoints = new Map<string, ChildEndpoint>();
  /** All whose connection is open: calls may still be under way at an address that was replaced. */
  readonly #connected = new Set<FunctionEndpoint>();
  readonly #byFunction = new Map<string, FunctionEndpoint>();
  /** By `service_id`: functions that the process took out with an empty list. It is about to leave, or to come back. */
  readonly #withdrawn = new Map<string, readonly string[]>();
  readonly underway = new UnderwaySet();
  #isClosed = false;

  /** @param childTls how it is dialled; null: in plain text */
  constructor(owner: ProcessOwner, clock: Clock, childTls: TlsMaterial | null, handlers: ProcessHandlers) {
    this.owner = owner;
    this.#clock = clock;
    this.#childTls = childTls;
    this.#handlers = handlers;
  }

  get isClosed(): boolean {
    return this.#isClosed;
  }

  get registrations(): readonly Registration[] {
    return [...this.#registrations.values()];
  }

  /** All registered functions; where two registrations have the same id, the later one counts. */
  get functions(): readonly RegisteredFunction[] {
    const byId = new Map<string, RegisteredFunction>();
    for (const registration of this.#registrations.values()) {
      for (const one of registration.functions) byId.set(one.id, one);
    }
    return [...byId.values()];
  }

  /** Ids of what it serves, or served until it took itself out. */
  get knownFunctionIds(): readonly string[] {
    return [...this.#byFunction.keys(), ...[...this.#withdrawn.values()].flat()];
  }

  /** Something is registered, and every registered address answered. */
  get isVerified(): boolean {
    const registrations = this.registrations;
    return registrations.length > 0 && registrations.every((one) => one.endpoint.isVerified);
  }

  /** Differs whenever the set of functions or an address differs. */
  get signature(): string {
    return JSON.stringify(this.registrations.map((one) => [one.serviceId, one.rpcAddress, one.functions]));
  }

  /** The same was registered last under this `service_id`. */
  hasRegistered({ serviceId, version, rpcAddr, functions }: RegisterLocalRequest): boolean {
    const registered = this.#registrations.get(serviceId);
    return (
      registered?.version === version &&
      registered.rpcAddress === rpcAddr &&
      isDeepStrictEqual(registered.functions, functions)
    );
  }

  /** Replaces what was registered under the same `service_id`. The first use of an address dials it at once. */
  register(request: RegisterLocalRequest, targets: readonly DialTarget[]): void {
    if (this.#isClosed) return;
    this.#put({
      serviceId: request.serviceId,
      version: request.version,
      rpcAddress: request.rpcAddr,
      address: targets.slice(0, 1).map(formatTarget).join(''),
      functions: request.functions,
      lastSeen: new Date(),
      endpoint: this.#endpointFor(targets),
    });
  }

  /** Registers what it serves over HTTP, in the place of what it served so before. */
  serveHttp(service: HttpService): void {
    if (this.#isClosed) return;
    const endpoint: HttpEndpoint = new HttpEndpoint(
      service,
      service.functions,
      this.#clock,
      this.#handlersOf(() => endpoint),
    );
    this.#connected.add(endpoint);
    this.#put(httpRegistration(this.owner.name, service, endpoint));
  }

  /** Takes a `service_id` out of routing. */
  withdraw(serviceId: string): void {
    if (this.#isClosed) return;
    const registration = this.#registrations.get(serviceId);
    if (registration === undefined) return;
    this.#withdrawn.set(
      serviceId,
      registration.functions.map((one) => one.id),
    );
    this.#registrations.delete(serviceId);
    this.#letGo(registration);
    this.#reindex();
    this.#handlers.onChange();
  }

  /** A heartbeat came. */
  touch(): void {
    for (const registration of this.#registrations.values()) registration.lastSeen = new Date();
  }

  presence(functionId: string): Presence {
    const endpoint = this.endpointOf(functionId);
    if (endpoint === null) return this.#hasWithdrawn(functionId) ? 'withdrawn' : 'absent';
    return endpoint.isReady ? 'ready' : 'waiting';
  }

  #hasWithdrawn(functionId: string): boolean {
    return [...this.#withdrawn.values()].some((ids) => ids.includes(functionId));
  }

  /** Where a function is called; null: it is not registered. */
  endpointOf(functionId: string): FunctionEndpoint | null {
    return this.#byFunction.get(functionId) ?? null;
  }

  /** Its addresses that answered, where more than functions can be asked for. */
  get endpoints(): readonly ChildEndpoint[] {
    return [...this.#endpoints.values()].filter((one) => one.isVerified);
  }

  /** Takes nothing new; connections close when what is under way has ended. */
  release(): void {
    this.#isClosed = true;
    const registrations = this.registrations;
    this.#registrations.clear();
    this.#endpoints.clear();
    this.#byFunction.clear();
    for (const registration of registrations) registration.endpoint.release();
  }

  /**
   * Forgets everything; the connections are cut and what is under way is lost. If there is anything under way the cut comes two turns
   * of the event loop later: what a dying process managed to answer is already here then, and is read.
   */
  retire(onCut: () => void): void {
    const cut = (): void => {
      this.#cut();
      onCut();
    };
    this.release();
    if (this.underway.size === 0) cut();
    else setImmediate(() => setImmediate(cut));
  }

  /** Forgets everything and cuts the connections: what is under way is lost. */
  destroy(): void {
    this.release();
    this.#cut();
  }

  /** The process is gone: takes what it still sent, for at most `graceMs`; what is left then is lost. */
  async finish(graceMs: number): Promise<void> {
    this.#isClosed = true;
    await Promise.all([...this.#connected].map((endpoint) => endpoint.finish(graceMs)));
    this.destroy();
  }

  #cut(): void {
    for (const endpoint of this.#connected) endpoint.destroy();
    this.#connected.clear();
  }

  #endpointFor(targets: readonly DialTarget[]): ChildEndpoint {
    const key = targets.map(formatTarget).join(',');
    const existing = this.#endpoints.get(key);
    if (existing !== undefined) return existing;
    const endpoint: ChildEndpoint = new ChildEndpoint(
      targets,
      this.#childTls,
      this.#clock,
      this.#handlersOf(() => endpoint),
    );
    this.#endpoints.set(key, endpoint);
    this.#connected.add(endpoint);
    return endpoint;
  }

  #put(registration: Registration): void {
    const { serviceId, endpoint } = registration;
    endpoint.retain();
    endpoint.refresh();
    this.#withdrawn.delete(serviceId);
    const replaced = this.#registrations.get(serviceId);
    this.#registrations.delete(serviceId);
    this.#registrations.set(serviceId, registration);
    if (replaced !== undefined) this.#letGo(replaced);
    this.#reindex();
    this.#handlers.onChange();
  }

  #handlersOf(endpoint: () => FunctionEndpoint): EndpointHandlers {
    return {
      onChange: () => this.#handlers.onChange(),
      onRoom: () => this.#handlers.onRoom(),
      onReleased: () => this.#connected.delete(endpoint()),
      onNotice: (level, message) => this.#handlers.onNotice(level, `${this.owner.name}: ${message}`),
    };
  }

  /** An address that no registration names any more gets a new connection when it comes back. */
  #letGo(registration: Registration): void {
    const { endpoint } = registration;
    if (!this.registrations.some((one) => one.endpoint === endpoint)) {
      for (const [key, one] of this.#endpoints) if (one === endpoint) this.#endpoints.delete(key);
    }
    endpoint.release();
  }

  #reindex(): void {
    this.#byFunction.clear();
    for (const { functions, endpoint } of this.#registrations.values()) {
      for (const { id } of functions) this.#byFunction.set(id, endpoint);
    }
  }
}
