import { createHash } from 'node:crypto';
import type { OfferedFunction, OfferedService } from './types.js';

/** What an agent is to know under one `service_id`. It has at least one function. */
export interface Registration {
  readonly serviceId: string;
  readonly version: string;
  readonly functions: readonly OfferedFunction[];
  /** Names of the services in this session whose functions these are. */
  readonly owners: readonly string[];
  /** Two registrations with one key are equal in all that is sent. */
  readonly key: string;
}

/**
 * One registration for each `service_id` of the offered services and of what their processes registered by themselves. Services
 * that are withheld, and ids without functions, have none.
 */
export function planRegistrations(
  services: readonly OfferedService[],
  withheld: ReadonlySet<string>,
): ReadonlyMap<string, Registration> {
  const planned = new Map<string, Registration>();
  for (const service of services) {
    if (withheld.has(service.name)) continue;
    for (const part of [service, ...service.claims]) {
      if (part.functions.length === 0) continue;
      const before = planned.get(part.serviceId);
      planned.set(
        part.serviceId,
        makeRegistration({
          serviceId: part.serviceId,
          version: before?.version ?? part.version,
          functions: distinct([...(before?.functions ?? []), ...part.functions]),
          owners: [...new Set([...(before?.owners ?? []), service.name])],
        }),
      );
    }
  }
  return planned;
}

export function makeRegistration(parts: Omit<Registration, 'key'>): Registration {
  const hash = createHash('sha256').update(parts.version);
  for (const one of parts.functions.map(functionKey).sort()) hash.update('\n').update(one);
  return { ...parts, key: hash.digest('base64') };
}

/**
 * The functions to send so that an agent which has `present` gets to know `wanted`. One that appends would have everything twice, so it
 * gets only what is new to it.
 */
export function functionsToSend(
  wanted: Registration,
  present: Registration | null,
  appending: boolean,
): readonly OfferedFunction[] {
  if (!appending || present === null || present.version !== wanted.version) return wanted.functions;
  const known = new Set(present.functions.map(functionKey));
  return wanted.functions.filter((one) => !known.has(functionKey(one)));
}

function distinct(functions: readonly OfferedFunction[]): readonly OfferedFunction[] {
  const byId = new Map<string, OfferedFunction>();
  for (const one of functions) if (!byId.has(one.id)) byId.set(one.id, one);
  return [...byId.values()];
}

function functionKey(one: OfferedFunction): string {
  const { id, version, tags, summary, description, operationId, deprecated } = one;
  const { inputSchema, outputSchema, category, risk, entity, operation } = one;
  return JSON.stringify([
    id,
    version,
    tags,
    summary,
    description,
    operationId,
    deprecated,
    inputSchema,
    outputSchema,
    category,
    risk,
    entity,
    operation,
  ]);
}
