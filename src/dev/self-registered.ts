import type { Clock } from '../core/clock.js';
import type { AdoptedRegistration, GenerationRef, RegisteredFunction } from '../gateway/types.js';
import { parseRpcAddress } from '../protocol/address.js';
import {
  type LocalFunction,
  LocalFunctionDescriptor,
} from '../protocol/gen/croupier/agent/local/v1/local.js';
import { isLoopback } from '../upstream/backoff.js';
import type { Claim } from '../upstream/types.js';

/** An address that was none of ours is looked at again after this time (ms): a port can be given to another process. */
const FORGET_STRANGERS_MS = 2000;

/** What an empty message reads as. */
const NOTHING_SAID = LocalFunctionDescriptor.decode(new Uint8Array());

export interface SelfRegisteredOptions {
  readonly clock: Clock;
  /** `service_id`s and addresses of our own that the upstream has. */
  isOurs(serviceId: string, address: string): boolean;
  /** The generation whose process listens on an address; null: nobody of ours. */
  findListener(address: string): Promise<GenerationRef | null>;
  /** Hands a registration to its generation's gate; false: the generation is gone. */
  adopt(owner: GenerationRef, registration: AdoptedRegistration): boolean;
  /** The claims of a service changed; the first of each `service_id` is to be told. */
  onClaimed(name: string, serviceId: string, isNew: boolean): void;
}

/**
 * Finds services of this session that registered with the upstream's agent by themselves, because its address is fixed in their SDK. They
 * are taken over: their calls are to come through the gateway, under the same `service_id`.
 */
export class SelfRegistered {
  readonly #options: SelfRegisteredOptions;
  /** By service name, then `service_id`. */
  readonly #claims = new Map<string, Map<string, Claim>>();
  /** When an address was seen that belongs to nobody here. */
  readonly #strangers = new Map<string, number>();
  #isLooking = false;
  #again: readonly LocalFunction[] | null = null;

  constructor(options: SelfRegisteredOptions) {
    this.#options = options;
  }

  claims(name: string): readonly Claim[] {
    return [...(this.#claims.get(name)?.values() ?? [])];
  }

  /** What the agent lists now. One look at a time: of lists that come meanwhile only the last counts. */
  async look(functions: readonly LocalFunction[]): Promise<void> {
    if (this.#isLooking) {
      this.#again = functions;
      return;
    }
    this.#isLooking = true;
    for (let list: readonly LocalFunction[] | null = functions; list !== null; ) {
      await this.#takeOver(list);
      list = this.#again;
      this.#again = null;
    }
    this.#isLooking = false;
  }

  async #takeOver(functions: readonly LocalFunction[]): Promise<void> {
    const now = this.#options.clock.now();
    for (const [address, seenAt] of this.#strangers) {
      if (now - seenAt > FORGET_STRANGERS_MS) this.#strangers.delete(address);
    }
    for (const registration of registrationsOf(functions)) {
      const { serviceId, rpcAddress } = registration;
      if (this.#strangers.has(rpcAddress) || !isLocal(rpcAddress)) continue;
      if (this.#options.isOurs(serviceId, rpcAddress)) continue;
      const owner = await this.#options.findListener(rpcAddress);
      if (owner === null) this.#strangers.set(rpcAddress, now);
      else if (this.#options.adopt(owner, registration)) this.#claim(owner.name, registration);
    }
  }

  #claim(name: string, { serviceId, version, functions }: AdoptedRegistration): void {
    const claims = this.#claims.get(name) ?? new Map<string, Claim>();
    this.#claims.set(name, claims);
    const isNew = !claims.has(serviceId);
    claims.set(serviceId, { serviceId, version, functions });
    this.#options.onClaimed(name, serviceId, isNew);
  }
}

function isLocal(address: string): boolean {
  const targets = parseRpcAddress(address);
  return targets.ok && targets.value.every(({ host }) => isLoopback(host));
}

/** The list is by function; a registration is by `service_id` and address. Lists tell of a function only its id. */
function registrationsOf(functions: readonly LocalFunction[]): readonly AdoptedRegistration[] {
  const found = new Map<string, { serviceId: string; version: string; rpcAddress: string; ids: string[] }>();
  for (const { id, instances } of functions) {
    for (const { serviceId, addr, version } of instances) {
      const key = `${serviceId}\0${addr}`;
      const known = found.get(key) ?? { serviceId, version, rpcAddress: addr, ids: [] };
      known.ids.push(id);
      found.set(key, known);
    }
  }
  return [...found.values()].map(({ ids, ...rest }) => ({
    ...rest,
    functions: ids.map((id) => plainFunction(id, rest.version)),
  }));
}

/** A list tells of a function no more than this. */
function plainFunction(id: string, version: string): RegisteredFunction {
  return { ...NOTHING_SAID, id, version };
}
