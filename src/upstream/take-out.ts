import { assertNever } from '../core/failure.js';
import type { Result } from '../core/result.js';
import type { LocalFunction } from '../protocol/gen/croupier/agent/local/v1/local.js';
import type { IsOurs } from './agent-listing.js';
import type { OfferedService, TakeOutResult } from './types.js';

/** What became of a service's registrations after an empty list was sent for them. */
export type Withdrawal = 'out' | 'ignored' | 'lost';

/** The link, as one swap of one service sees it. Nothing here throws or outlasts the budget of the whole. */
export interface SwapPort {
  /** ListLocal now; null: the agent does not have it. The error is for people. */
  list(): Promise<Result<readonly LocalFunction[] | null, string>>;
  /** Those of the addresses where something listens. */
  live(addresses: Iterable<string>): Promise<ReadonlySet<string>>;
  /** Registers an empty list for the service, and looks whether it is gone. */
  withdraw(): Promise<Withdrawal>;
  /** Registers it again. */
  release(): void;
  /** False: the swap was over first, or the session ends. */
  isWanted(): boolean;
}

const TOO_LATE: TakeOutResult = { outcome: 'kept', why: 'the swap was over before the agent had answered' };

/**
 * Takes a service out of an agent's routing if others serve all of its functions, and looks again afterwards: two that did this in the
 * same moment would both be gone. Where anything is in doubt the registration stays, or is put back.
 */
export async function takeOut(
  service: OfferedService,
  ownIds: ReadonlySet<string>,
  isOurs: IsOurs,
  port: SwapPort,
): Promise<TakeOutResult> {
  const before = await findUnserved(service, ownIds, isOurs, port);
  if (!port.isWanted()) return TOO_LATE;
  if (before !== null) return { outcome: 'kept', why: before };
  const withdrawal = await port.withdraw();
  if (!port.isWanted()) return TOO_LATE;
  switch (withdrawal) {
    case 'out':
      break;
    case 'ignored':
      port.release();
      return { outcome: 'kept', why: IGNORES_EMPTY };
    case 'lost':
      port.release();
      return { outcome: 'kept', why: TOO_SLOW };
    default:
      return assertNever(withdrawal);
  }
  const after = await findUnserved(service, ownIds, isOurs, port);
  if (!port.isWanted()) return TOO_LATE;
  if (after === null) return { outcome: 'taken-out' };
  port.release();
  return { outcome: 'kept', why: after };
}

export const TOO_SLOW = 'the agent did not answer in time';
export const IGNORES_EMPTY = 'the agent does not take services out: it ignores an empty registration';

/** Why others cannot be left with the service's functions; null: they can. */
async function findUnserved(
  service: OfferedService,
  ownIds: ReadonlySet<string>,
  isOurs: IsOurs,
  port: SwapPort,
): Promise<string | null> {
  const listed = await port.list();
  if (!listed.ok) return listed.error;
  if (listed.value === null) return 'the agent cannot say who else serves the functions';
  const others = new Map<string, readonly string[]>();
  for (const { id, instances } of listed.value) {
    const addresses = instances
      .filter(({ serviceId, addr }) => !ownIds.has(serviceId) && !isOurs(addr))
      .map(({ addr }) => addr);
    others.set(id, [...(others.get(id) ?? []), ...addresses]);
  }
  const wanted = new Set(
    [service, ...service.claims].flatMap(({ functions }) => functions.map((one) => one.id)),
  );
  const live = await port.live([...wanted].flatMap((id) => others.get(id) ?? []));
  for (const id of wanted) {
    if (!others.get(id)?.some((address) => live.has(address))) {
      return `no other live instance serves ${id}`;
    }
  }
  return null;
}
