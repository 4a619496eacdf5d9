import { randomUUID } from 'node:crypto';
import type { FunctionDescriptor, RegisterRequest } from './gen/server.js';

/** What an agent said of its functions with RegisterCapabilities. */
export interface Capabilities {
  readonly provider: {
    readonly id: string;
    readonly version: string;
    readonly lang: string;
    readonly sdk: string;
  };
  /** The manifest, unzipped and parsed. */
  readonly manifest: unknown;
}

/** An agent as a server knows it. */
export interface KnownAgent {
  readonly request: RegisterRequest;
  readonly sessionId: string;
  /** Registration or heartbeat, epoch ms. */
  readonly lastHeard: number;
}

/** The agents of a server: each until it was not heard of for `expiryMs`. `now`: epoch ms. */
export class AgentDirectory {
  readonly #expiryMs: number;
  readonly #agents = new Map<string, KnownAgent>();
  /** By provider id. */
  readonly #capabilities = new Map<string, Capabilities>();

  constructor(expiryMs: number) {
    this.#expiryMs = expiryMs;
  }

  /** A registration takes the place of the same agent's former one. */
  register(request: RegisterRequest, now: number): KnownAgent {
    const agent = { request, sessionId: randomUUID(), lastHeard: now };
    this.#agents.set(request.agentId, agent);
    return agent;
  }

  heartbeat(agentId: string, now: number): void {
    this.#prune(now);
    const agent = this.#agents.get(agentId);
    if (agent !== undefined) this.#agents.set(agentId, { ...agent, lastHeard: now });
  }

  describe(capabilities: Capabilities): void {
    this.#capabilities.set(capabilities.provider.id, capabilities);
  }

  /** The first agent that has this function; null: none. */
  find(functionId: string, now: number): KnownAgent | null {
    return (
      this.agents(now).find(({ request }) => request.functions.some(({ id }) => id === functionId)) ?? null
    );
  }

  agents(now: number): readonly KnownAgent[] {
    this.#prune(now);
    return [...this.#agents.values()];
  }

  /** Every function once. */
  functions(now: number): readonly FunctionDescriptor[] {
    const functions = new Map<string, FunctionDescriptor>();
    for (const { request } of this.agents(now)) {
      for (const one of request.functions) if (!functions.has(one.id)) functions.set(one.id, one);
    }
    return [...functions.values()];
  }

  capabilities(): readonly Capabilities[] {
    return [...this.#capabilities.values()];
  }

  forget(): void {
    this.#agents.clear();
    this.#capabilities.clear();
  }

  #prune(now: number): void {
    for (const [id, agent] of this.#agents) {
      if (now - agent.lastHeard >= this.#expiryMs) this.#agents.delete(id);
    }
  }
}
