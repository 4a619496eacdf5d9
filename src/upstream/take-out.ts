import { assertNever } from '../core/failure.js';
import type { Result } from '../core/result.js';
import type { LocalFunction, LocalInstance } from '../protocol/gen/croupier/agent/local/v1/local.js';
import type { IsOurs } from './agent-listing.js';
import type { Sighting } from './instance-sighting.js';
import type { OfferedService, TakeOutResult } from './types.js';
import { judgeWhoStays, type Verdict } from './who-stays.js';

/** What became of a service's registrations after an empty list was sent for them. */
export type Withdrawal = 'out' | 'ignored' | 'lost';

/** The link, as one swap of one service sees it. Nothing here throws or outlasts the budget of the whole. */
export interface SwapPort {
  /** ListLocal now; null: the agent does not have it. The error is for people. */
  list(): Promise<Result<readonly LocalFunction[] | null, string>>;
  /** What is at each of the addresses; sessions are asked what of theirs is leaving. */
  sight(addresses: Iterable<string>): Promise<ReadonlyMap<string, Sighting>>;
  /** The same without asking: whether something takes connections. */
  dial(addresses: Iterable<string>): Promise<ReadonlyMap<string, Sighting>>;
  /** Until it is worth looking once more at one that is undecided. */
  pause(): Promise<void>;
  /** From now on other sessions are told that the service is out. */
  decide(): void;
  /** Registers an empty list for the service, and looks whether it is gone. */
  withdraw(): Promise<Withdrawal>;
  /** Registers it again. */
  release(): void;
  /** False: the swap was over first, or the session ends. */
  isWanted(): boolean;
}

/** Who asks: nothing of this session is another instance. */
export interface Departing {
  readonly service: OfferedService;
  readonly sessionId: string;
  /** `service_id`s of this session. */
  readonly ownIds: ReadonlySet<string>;
  readonly isOurs: IsOurs;
}

/** How often one that is undecided is looked at: it has what takes a few ms to do, unless it hangs. */
const MAX_LOOKS = 40;

const TOO_LATE: TakeOutResult = { outcome: 'kept', why: 'the swap was over before the agent had answered' };

export const TOO_SLOW = 'the agent did not answer in time';
export const IGNORES_EMPTY = 'the agent does not take services out: it ignores an empty registration';

/**
 * Takes a service out of an agent's routing if others serve all of its functions, and looks again afterwards: those who are no sessions of
 * this program cannot be asked whether they are about to go, too. Where anything is in doubt the registration stays, or is put back.
 * That the service wants to leave must be known to other sessions before this is called.
 */
export async function takeOut(departing: Departing, port: SwapPort): Promise<TakeOutResult> {
  const before = await findUnserved(departing, port);
  if (!port.isWanted()) return TOO_LATE;
  if (before !== null) return { outcome: 'kept', why: before };
  port.decide();
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
  const after = await findDeserted(departing, port);
  if (!port.isWanted()) return TOO_LATE;
  if (after === null) return { outcome: 'taken-out' };
  port.release();
  return { outcome: 'kept', why: after };
}

/** Why others cannot be left with the service's functions; null: they can. */
async function findUnserved(departing: Departing, port: SwapPort): Promise<string | null> {
  for (let look = 1; ; look++) {
    const verdict = await judge(departing, port, (addresses) => port.sight(addresses));
    if (verdict.verdict !== 'undecided' || look === MAX_LOOKS || !port.isWanted()) return whyNot(verdict);
    await port.pause();
  }
}

/** Why the functions are without anybody, now that the service is out; null: they are not. */
async function findDeserted(departing: Departing, port: SwapPort): Promise<string | null> {
  return whyNot(await judge(departing, port, (addresses) => port.dial(addresses)));
}

async function judge(
  { service, sessionId, ownIds, isOurs }: Departing,
  port: SwapPort,
  look: SwapPort['sight'],
): Promise<Verdict> {
  const listed = await port.list();
  if (!listed.ok) return { verdict: 'unserved', why: listed.error };
  if (listed.value === null)
    return { verdict: 'unserved', why: 'the agent cannot say who else serves the functions' };
  const wanted = new Set(
    [service, ...service.claims].flatMap(({ functions }) => functions.map((one) => one.id)),
  );
  const others = new Map<string, readonly LocalInstance[]>();
  for (const { id, instances } of listed.value) {
    if (!wanted.has(id)) continue;
    const foreign = instances.filter(({ serviceId, addr }) => !ownIds.has(serviceId) && !isOurs(addr));
    others.set(id, [...(others.get(id) ?? []), ...foreign]);
  }
  const sightings = await look([...others.values()].flat().map(({ addr }) => addr));
  return judgeWhoStays(wanted, others, sightings, sessionId);
}

function whyNot(verdict: Verdict): string | null {
  return verdict.verdict === 'served' ? null : verdict.why;
}
