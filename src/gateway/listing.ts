import type { LocalFunction } from '../protocol/gen/croupier/agent/local/v1/local.js';
import type { Registration } from './serving-process.js';

/** Registrations by function, as ListLocal answers them; in the order in which functions first appear. */
export function listFunctions(registrations: Iterable<Registration>): readonly LocalFunction[] {
  const byId = new Map<string, LocalFunction>();
  for (const registration of registrations) {
    const { serviceId, rpcAddress, lastSeen } = registration;
    for (const { id, version } of registration.functions) {
      const listed = byId.get(id) ?? { id, instances: [] };
      byId.set(id, listed);
      listed.instances.push({ serviceId, addr: rpcAddress, version, lastSeen: lastSeen.toISOString() });
    }
  }
  return [...byId.values()];
}
