import type { LocalFunction, RegisterLocalRequest } from './gen/agent.js';

/** A place where a function can be called. */
export interface Instance {
  readonly serviceId: string;
  readonly addr: string;
  /** Of the function. */
  readonly version: string;
  /** Epoch ms. */
  readonly lastSeen: number;
}

/** What an agent knows of the game servers beside it. `now`: epoch ms. */
export interface AgentRegistry {
  register(request: RegisterLocalRequest, now: number): void;
  heartbeat(serviceId: string, now: number): void;
  /** Where the next call of a function goes; null: nobody has it. */
  pick(functionId: string, now: number): Instance | null;
  list(now: number): readonly LocalFunction[];
  forget(): void;
}

/**
 * As the newer agents: a registration replaces everything of its service, so that an empty one takes the service out and a
 * repeated one goes to the end; the first instance gets every call; nothing expires.
 */
export class ReplacingRegistry implements AgentRegistry {
  #services = new Map<string, { readonly request: RegisterLocalRequest; lastSeen: number }>();

  register(request: RegisterLocalRequest, now: number): void {
    this.#services.delete(request.serviceId);
    if (request.functions.length > 0) this.#services.set(request.serviceId, { request, lastSeen: now });
  }

  heartbeat(serviceId: string, now: number): void {
    const service = this.#services.get(serviceId);
    if (service !== undefined) service.lastSeen = now;
  }

  pick(functionId: string): Instance | null {
    return this.#instances().get(functionId)?.[0] ?? null;
  }

  list(): readonly LocalFunction[] {
    return listed(this.#instances());
  }

  forget(): void {
    this.#services.clear();
  }

  #instances(): Map<string, Instance[]> {
    const instances = new Map<string, Instance[]>();
    for (const { request, lastSeen } of this.#services.values()) {
      const { serviceId, rpcAddr: addr } = request;
      for (const { id, version } of request.functions) {
        const of = instances.get(id) ?? [];
        instances.set(id, [...of, { serviceId, addr, version, lastSeen }]);
      }
    }
    return instances;
  }
}

/**
 * As the older agents: registrations are appended, whatever was there before, and an empty one changes nothing; instances get
 * calls in turn; one that was not heard of for `silenceMs` is gone.
 */
export class AppendingRegistry implements AgentRegistry {
  readonly #silenceMs: number;
  #instances = new Map<string, readonly Instance[]>();
  readonly #turns = new Map<string, number>();

  constructor(silenceMs: number) {
    this.#silenceMs = silenceMs;
  }

  register(request: RegisterLocalRequest, now: number): void {
    const { serviceId, rpcAddr: addr } = request;
    for (const { id, version } of request.functions) {
      const before = this.#instances.get(id) ?? [];
      this.#instances.set(id, [...before, { serviceId, addr, version, lastSeen: now }]);
    }
  }

  heartbeat(serviceId: string, now: number): void {
    for (const [id, instances] of this.#instances) {
      const heard = instances.map((one) => (one.serviceId === serviceId ? { ...one, lastSeen: now } : one));
      this.#instances.set(id, heard);
    }
  }

  pick(functionId: string, now: number): Instance | null {
    this.#prune(now);
    const instances = this.#instances.get(functionId) ?? [];
    const turn = this.#turns.get(functionId) ?? 0;
    this.#turns.set(functionId, turn + 1);
    return instances[turn % instances.length] ?? null;
  }

  list(now: number): readonly LocalFunction[] {
    this.#prune(now);
    return listed(this.#instances);
  }

  forget(): void {
    this.#instances.clear();
    this.#turns.clear();
  }

  #prune(now: number): void {
    for (const [id, instances] of this.#instances) {
      const alive = instances.filter((one) => now - one.lastSeen < this.#silenceMs);
      if (alive.length === 0) this.#instances.delete(id);
      else this.#instances.set(id, alive);
    }
  }
}

function listed(instances: ReadonlyMap<string, readonly Instance[]>): readonly LocalFunction[] {
  return [...instances].map(([id, of]) => ({
    id,
    instances: of.map((one) => ({ ...one, lastSeen: new Date(one.lastSeen).toISOString() })),
  }));
}
