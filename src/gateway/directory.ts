import type { Directory } from './dispatcher.js';
import type { Externals } from './externals.js';
import type { SupervisedService } from './service-gate.js';
import type { RoutableFunction } from './types.js';

/** The supervised services (by their keys) and the external ones, as dispatching sees them. */
export function createDirectory(
  services: ReadonlyMap<string, SupervisedService>,
  externals: Externals,
): Directory {
  let uses = 0;
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
      const service = services.get(resolution.service);
      uses += 1;
      service?.noteUse(uses);
      return service?.routed?.process ?? null;
    },
    pool(service) {
      const pool = service === null ? externals.pool : services.get(service)?.pool;
      if (pool === undefined) throw new Error(`there is no service ${service}`);
      return pool;
    },
    functionIds: () => new Set(routableFunctions(services, externals).map((one) => one.id)),
  };
}

/** What calls are sent to now; one entry for each function of each service, of whose instances the first that serves it counts. */
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
  const seen = new Map<string, Set<string>>();
  const once = supervised.filter(({ service, id }) => {
    const ids = seen.get(service) ?? new Set();
    seen.set(service, ids);
    return !ids.has(id) && ids.add(id);
  });
  const external = externals
    .list()
    .flatMap(({ serviceId, functions }) =>
      functions.map((one) => ({ ...one, service: serviceId, generation: null })),
    );
  return [...once, ...external];
}
