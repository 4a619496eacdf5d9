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
/** How often one is looked at that is not listed any more. */
const MAX_LOOKS = 3;
/** Registrations that wait to be looked at; an agent of a developer's machine lists a handful. */
const MAX_SEEN = 1000;

interface Sighting {
  readonly registration: AdoptedRegistration;
  /** How often it was found to be none of ours. */
  readonly looks: number;
}

interface Stranger extends Sighting {
  /** In clock ms. */
  readonly seenAt: number;
}

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
  /** Addresses that belong to nobody here. */
  readonly #strangers = new Map<string, Stranger>();
  #isLooking = false;
  /**
   * What was seen and not looked at yet. It may be seen once only: the upstream puts our own registration in the place of one under the
   * same id as soon as it sees it.
   */
  readonly #seen = new Map<string, Sighting>();

  constructor(options: SelfRegisteredOptions) {
    this.#options = options;
  }

  claims(name: string): readonly Claim[] {
    return [...(this.#claims.get(name)?.values() ?? [])];
  }

  /** What the agent lists now. One look at a time; what is listed meanwhile is looked at after it. */
  async look(functions: readonly LocalFunction[]): Promise<void> {
    for (const registration of registrationsOf(functions)) this.#see({ registration, looks: 0 });
    if (this.#isLooking) return;
    this.#isLooking = true;
    this.#forgetStrangers();
    for (let [next] = this.#seen; next !== undefined; [next] = this.#seen) {
      const [key, sighting] = next;
      this.#seen.delete(key);
      await this.#takeOver(sighting);
    }
    this.#isLooking = false;
  }

  #see(sighting: Sighting): void {
    const { serviceId, rpcAddress } = sighting.registration;
    if (this.#seen.size < MAX_SEEN) this.#seen.set(`${serviceId}\0${rpcAddress}`, sighting);
  }

  async #takeOver({ registration, looks }: Sighting): Promise<void> {
    const { serviceId, rpcAddress } = registration;
    if (this.#strangers.has(rpcAddress) || !isLocal(rpcAddress)) return;
    if (this.#options.isOurs(serviceId, rpcAddress)) return;
    const owner = await this.#options.findListener(rpcAddress);
    if (owner === null) {
      this.#strangers.set(rpcAddress, { seenAt: this.#options.clock.now(), registration, looks: looks + 1 });
    } else if (this.#options.adopt(owner, registration)) {
      this.#claim(owner.name, registration);
    }
  }

  /** Looks once more at one that was none of ours, listed or not: on a busy machine a process is not always found at once. */
  #forgetStrangers(): void {
    const now = this.#options.clock.now();
    for (const [address, { seenAt, registration, looks }] of this.#strangers) {
      if (now - seenAt <= FORGET_STRANGERS_MS) continue;
      this.#strangers.delete(address);
      if (looks < MAX_LOOKS) this.#see({ registration, looks });
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
