import { randomUUID } from 'node:crypto';
import type { Clock } from '../core/clock.js';
import { err, ok, type Result } from '../core/result.js';
import { type DialTarget, parseRpcAddress } from '../protocol/address.js';
import type { RegisterLocalRequest } from '../protocol/gen/croupier/agent/local/v1/local.js';
import type { Externals } from './externals.js';
import { instanceKey } from './instance-key.js';
import { listFunctions } from './listing.js';
import type { LocalControl } from './local-control.js';
import type { SupervisedService } from './service-gate.js';
import type { Registration } from './serving-process.js';
import type { Attribute, Caller, GenerationRef } from './types.js';

/**
 * A registration is answered when its address has answered us, or after this time (ms). A process that has just started does one thing
 * at a time: it takes our connection some 10 ms sooner when it need not read our answer first.
 */
const ADDRESS_ANSWERS_WITHIN_MS = 50;

export interface RegistrarOptions {
  readonly clock: Clock;
  /** By key. */
  readonly services: ReadonlyMap<string, SupervisedService>;
  readonly externals: Externals;
  readonly attribute: Attribute;
  /** A listener of this gateway: registered as a child, it would call itself. */
  isOwn(target: DialTarget): boolean;
}

/** Decides whose a registration is, and hands it there. */
export class Registrar {
  readonly #options: RegistrarOptions;
  /** Registrations at the shared port whose owner is being looked for; one after the other for each `service_id`. */
  readonly #registering = new Map<string, Promise<unknown>>();
  #isClosed = false;

  constructor(options: RegistrarOptions) {
    this.#options = options;
  }

  /** What registers at a generation's own listener is of that generation, whatever it calls itself. */
  ownedBy(owner: GenerationRef): LocalControl {
    return {
      register: async (request) => {
        const targets = this.#targetsOf(request);
        if (!targets.ok) return targets;
        this.#registerFor(owner, request, targets.value);
        await this.#addressAnswers(owner, request.serviceId);
        return ok(randomUUID());
      },
      heartbeat: () => this.#link(owner)?.process.touch(),
      list: () => listFunctions(this.#registrations(owner)),
    };
  }

  /** At a shared port it must be found out whose a registration is. `localPort` is the port that the caller connected to. */
  shared(localPort: () => number): LocalControl {
    const { externals } = this.#options;
    return {
      register: async (request, peer) => {
        const targets = this.#targetsOf(request);
        if (!targets.ok) return targets;
        const caller = { peer, localPort: localPort(), rpcAddress: request.rpcAddr };
        const register = () => this.#registerAt(caller, request, targets.value);
        return ok(await this.#inOrder(request.serviceId, register));
      },
      heartbeat: ({ serviceId, sessionId }) => externals.heartbeat(serviceId, sessionId),
      list: () => listFunctions(this.#registrations(null)),
    };
  }

  /** Under which `service_id`s a function is served now; a service that registered with none counts under its name. */
  serviceIds(functionId: string): readonly string[] {
    const { services, externals } = this.#options;
    const supervised = [...services.values()].flatMap(({ name, routed }) =>
      (routed?.process.registrations ?? []).map((one) => ({ ...one, serviceId: one.serviceId || name })),
    );
    const serving = [...supervised, ...externals.registrations].filter(({ functions }) =>
      functions.some(({ id }) => id === functionId),
    );
    return [...new Set(serving.map(({ serviceId }) => serviceId))];
  }

  /** Registrations that come later, or whose owner is still being looked for, touch nothing. */
  close(): void {
    this.#isClosed = true;
  }

  #link(owner: GenerationRef): ReturnType<SupervisedService['link']> {
    return this.#options.services.get(instanceKey(owner))?.link(owner.generation) ?? null;
  }

  async #registerAt(
    caller: Caller,
    request: RegisterLocalRequest,
    targets: readonly DialTarget[] | null,
  ): Promise<string> {
    const { attribute, externals } = this.#options;
    const owner = await attribute(caller);
    if (this.#isClosed) return randomUUID();
    if (owner === null) return externals.register(request, targets);
    this.#registerFor(owner, request, targets);
    return randomUUID();
  }

  #registerFor(
    owner: GenerationRef,
    request: RegisterLocalRequest,
    targets: readonly DialTarget[] | null,
  ): void {
    const link = this.#link(owner);
    if (link !== null && !this.#isClosed) {
      this.#options.services.get(instanceKey(owner))?.register(link, request, targets);
    }
  }

  #addressAnswers(owner: GenerationRef, serviceId: string): Promise<void> {
    const registration = this.#link(owner)?.process.registrations.find((one) => one.serviceId === serviceId);
    if (registration === undefined) return Promise.resolve();
    return new Promise((resolve) => {
      const cancelTimer = this.#options.clock.after(ADDRESS_ANSWERS_WITHIN_MS, resolve);
      registration.endpoint.whenReady(() => {
        cancelTimer();
        resolve();
      });
    });
  }

  /** Where a registration's functions are dialled; null: it has none, which takes its service out. */
  #targetsOf(request: RegisterLocalRequest): Result<readonly DialTarget[] | null, string> {
    if (request.functions.length === 0) return ok(null);
    const targets = parseRpcAddress(request.rpcAddr);
    if (targets.ok && targets.value.some((target) => this.#options.isOwn(target))) {
      return err(
        `rpc_addr "${request.rpcAddr}" is the gateway's own address: calls would go round in a circle`,
      );
    }
    return targets;
  }

  /** Finding an owner takes time: an older registration must not overtake a newer one of the same service. */
  async #inOrder<T>(serviceId: string, register: () => Promise<T>): Promise<T> {
    const previous = this.#registering.get(serviceId) ?? Promise.resolve();
    const registered = previous.then(register, register);
    this.#registering.set(serviceId, registered);
    try {
      return await registered;
    } finally {
      if (this.#registering.get(serviceId) === registered) this.#registering.delete(serviceId);
    }
  }

  /** What is routable; a generation that asks sees its own registrations in place of the routed generation's. */
  #registrations(asking: GenerationRef | null): readonly Registration[] {
    const { services, externals } = this.#options;
    const supervised = [...services.values()].flatMap((service) => {
      const isOwn = asking !== null && instanceKey(asking) === service.key;
      const link = isOwn ? service.link(asking.generation) : service.routed;
      return link?.process.registrations ?? [];
    });
    return [...supervised, ...externals.registrations];
  }
}
