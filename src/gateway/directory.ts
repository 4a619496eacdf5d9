import type { Directory } from './dispatcher.js';
import type { Externals } from './externals.js';
import type { SupervisedService } from './service-gate.js';
import type { RoutableFunction } from './types.js';

/** The supervised services and the external ones, as dispatching sees them. */
export function createDirectory(
  services: ReadonlyMap<string, SupervisedService>,
  externals: Externals,
): Directory {
  return {
    routing: {
      get services() {
        return [...services.values()].map((one) => one.view);
      },
      get externals() {
        return externals.views;
      },
    },
    find(resolution, functionId) {
      if (resolution.to === 'external') return externals.next(functionId);
      return services.get(resolution.service)?.routed?.process ?? null;
    },
    pool(service) {
      const pool = service === null ? externals.pool : services.get(service)?.pool;
      if (pool === undefined) throw new Error(`there is no service ${service}`);
      return pool;
    },
    functionIds: () => new Set(routableFunctions(services, externals).map((one) => one.id)),
  };
}

/** What calls are sent to now; one entry for each function of each service. */
export function routableFunctions(
  services: ReadonlyMap<string, SupervisedService>,
  externals: Externals,
): readonly RoutableFunction[] {
  const supervised = [...services.values()].flatMap(({ name, routed }) =>
    (routed?.process.functions ?? []).map((one) => ({
      ...one,
      service: name,
      generation: routed?.number ?? null,
    })),
  );
  const external = externals
    .list()
    .flatMap(({ serviceId, functions }) =>
      functions.map((one) => ({ ...one, service: serviceId, generation: null })),
    );
  return [...supervised, ...external];
}
