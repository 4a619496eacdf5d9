import { formatTarget, parseRpcAddress } from '../protocol/address.js';
import type { LocalFunction } from '../protocol/gen/croupier/agent/local/v1/local.js';
import type { Registration } from './agent-registration.js';

/** One line of ListLocal under one `service_id`. */
interface ListedInstance {
  readonly functionId: string;
  readonly address: string;
  readonly version: string;
}

/** What ListLocal showed, by `service_id`. */
export type Listing = ReadonlyMap<string, readonly ListedInstance[]>;

/** Whether an address that an agent has is the one of this session's gateway. */
export type IsOurs = (address: string) => boolean;

export function indexListing(functions: readonly LocalFunction[]): Listing {
  const listing = new Map<string, ListedInstance[]>();
  for (const { id, instances } of functions) {
    for (const { serviceId, addr, version } of instances) {
      const listed = listing.get(serviceId) ?? [];
      listing.set(serviceId, listed);
      listed.push({ functionId: id, address: addr, version });
    }
  }
  return listing;
}

/** Agents show an address as they got it, or in their own form: what counts is where it leads. */
export function ownAddress(gatewayAddress: string): IsOurs {
  const ours = new Set(targetsOf(gatewayAddress));
  return (address) => address === gatewayAddress || targetsOf(address).some((target) => ours.has(target));
}

/** The functions of a registration that the agent does not show with our address. */
export function missingFunctions(
  listing: Listing,
  registration: Registration,
  isOurs: IsOurs,
): readonly string[] {
  const shown = new Set(
    instancesOf(listing, registration.serviceId)
      .filter((one) => isOurs(one.address))
      .map((one) => one.functionId),
  );
  return registration.functions.filter((one) => !shown.has(one.id)).map((one) => one.id);
}

/** The agent shows all of a registration, with its versions, so that it need not be sent again. */
export function showsAlready(listing: Listing, registration: Registration, isOurs: IsOurs): boolean {
  const ours = instancesOf(listing, registration.serviceId).filter((one) => isOurs(one.address));
  return registration.functions.every(({ id, version }) =>
    ours.some(
      // Some agents show the service's version, others the function's.
      (one) => one.functionId === id && (one.version === version || one.version === registration.version),
    ),
  );
}

/** The agent still shows something of ours under an id. */
export function showsOurs(listing: Listing, serviceId: string, isOurs: IsOurs): boolean {
  return instancesOf(listing, serviceId).some((one) => isOurs(one.address));
}

/**
 * The agent has more of us than what it was told last: it appends registrations where others replace them. To be asked of a list that is
 * newer than the registration.
 */
export function hasAppended(
  listing: Listing,
  serviceId: string,
  present: Registration | null,
  isOurs: IsOurs,
): boolean {
  const instances = instancesOf(listing, serviceId);
  const ours = instances.filter((one) => isOurs(one.address));
  if (ours.length === 0) return false;
  const known = new Set(present?.functions.map((one) => one.id));
  const distinct = new Set(ours.map((one) => one.functionId));
  return (
    ours.length < instances.length ||
    distinct.size < ours.length ||
    ours.some((one) => !known.has(one.functionId))
  );
}

function instancesOf(listing: Listing, serviceId: string): readonly ListedInstance[] {
  return listing.get(serviceId) ?? [];
}

function targetsOf(address: string): readonly string[] {
  const parsed = parseRpcAddress(address);
  return parsed.ok ? parsed.value.map(formatTarget) : [];
}
