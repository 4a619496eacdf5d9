import type {
  ListLocalResponse,
  RegisterLocalRequest,
} from '../protocol/gen/croupier/agent/local/v1/local.js';

/**
 * Where an agent's list shows a registration: `listed` under its own address; `replaced` where the service id is there
 * with other addresses only (a successor, or a gateway in between); `absent`.
 */
export type Listing = 'listed' | 'replaced' | 'absent';

/** Looks for the registration in what ListLocal answered. One without functions cannot be listed. */
export function findRegistration(
  list: ListLocalResponse,
  registration: Pick<RegisterLocalRequest, 'serviceId' | 'rpcAddr'>,
): Listing {
  const ours = list.functions
    .flatMap((one) => one.instances)
    .filter((instance) => instance.serviceId === registration.serviceId);
  if (ours.some((instance) => instance.addr === registration.rpcAddr)) return 'listed';
  return ours.length > 0 ? 'replaced' : 'absent';
}

/** Whether the list shows our service id, or one of our functions, at another address as well: a successor, or one of several instances. */
export function hasOthers(
  list: ListLocalResponse,
  { serviceId, functions, rpcAddr }: Pick<RegisterLocalRequest, 'serviceId' | 'functions' | 'rpcAddr'>,
): boolean {
  const ids = new Set(functions.map((one) => one.id));
  return list.functions.some(({ id, instances }) =>
    instances.some((one) => one.addr !== rpcAddr && (ids.has(id) || one.serviceId === serviceId)),
  );
}
