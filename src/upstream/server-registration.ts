import type { FunctionDescriptor, RegisterRequest } from '../protocol/gen/croupier/server/v1/server.js';
import type { OfferedFunction, OfferedService } from './types.js';

/** For how long a server is asked to keep us without a word, in seconds; what those in the field do anyway. */
export const TTL_SECONDS = 60;

/** What is the same in every registration of one session. */
export interface ServerIdentity {
  readonly agentId: string;
  /** Version of this program. */
  readonly programVersion: string;
  /** Where our function services are dialled, `host:port`. */
  readonly gatewayAddress: string;
}

/** Which game and environment the session is for: what the first service says that says something; empty: none does. */
export function placeOf(services: readonly OfferedService[]): {
  readonly gameId: string;
  readonly env: string;
} {
  return {
    gameId: services.find((service) => isSaid(service.gameId))?.gameId ?? '',
    env: services.find((service) => isSaid(service.env))?.env ?? '',
  };
}

/**
 * The whole session as one agent. What processes registered with an upstream by themselves plays no part here: they do that with
 * agents only.
 */
export function toRegisterRequest(
  services: readonly OfferedService[],
  identity: ServerIdentity,
  nowEpochMs: number,
): RegisterRequest {
  return {
    agentId: identity.agentId,
    version: identity.programVersion,
    functions: distinctFunctions(services).map(toDescriptor),
    rpcAddr: identity.gatewayAddress,
    ...placeOf(services),
    processes: services
      .filter((service) => service.functions.length > 0)
      .map((service) => ({
        serviceId: service.serviceId,
        addr: identity.gatewayAddress,
        version: service.version,
        lastSeenUnix: Math.floor(nowEpochMs / 1000),
        functionIds: service.functions.map((one) => one.id),
      })),
    ttlSeconds: TTL_SECONDS,
    region: '',
    zone: '',
    labels: {},
  };
}

/** A server that gets this sends no more calls, since there is no other way to say good-bye. */
export function withoutFunctions(request: RegisterRequest): RegisterRequest {
  return { ...request, functions: [], processes: [] };
}

/** A server knows a function by its id alone: of several with one id the first counts. */
export function distinctFunctions(services: readonly OfferedService[]): readonly OfferedFunction[] {
  const byId = new Map<string, OfferedFunction>();
  for (const one of services.flatMap((service) => service.functions)) {
    if (!byId.has(one.id)) byId.set(one.id, one);
  }
  return [...byId.values()];
}

function toDescriptor(one: OfferedFunction): FunctionDescriptor {
  return {
    id: one.id,
    version: one.version,
    category: one.category,
    risk: one.risk,
    entity: one.entity,
    operation: one.operation,
    // A deprecated function is one that still answers; agents disable only what they have no instance of.
    enabled: true,
    tags: [...one.tags],
    inputSchema: one.inputSchema,
    outputSchema: one.outputSchema,
  };
}

function isSaid(value: string | null): boolean {
  return value !== null && value !== '';
}
