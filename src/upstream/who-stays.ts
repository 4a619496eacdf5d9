import type { LocalInstance } from '../protocol/gen/croupier/agent/local/v1/local.js';
import type { Sighting } from './instance-sighting.js';

/** Whether others serve every function of a service while it is away. */
export type Verdict =
  | { readonly verdict: 'served' }
  /** `why` is for people. */
  | { readonly verdict: 'unserved'; readonly why: string }
  /** Another session asks the same at this moment, and does not wait for this one: it has to be looked at again. */
  | { readonly verdict: 'undecided'; readonly why: string };

type Standing = 'stays' | 'undecided' | 'leaves' | 'absent';

/**
 * Judges who is left when a service goes. Sessions take turns by this: each first makes known that it wants to leave, and only then looks at
 * the others. One that wants to leave is not counted on. So of two, the later one always sees the earlier; where both see each other,
 * the one with the smaller id waits until the other, which does not wait, has either gone or stayed.
 * @param wanted ids of the functions
 * @param others by function: the instances of others
 * @param sightings by address
 */
export function judgeWhoStays(
  wanted: Iterable<string>,
  others: ReadonlyMap<string, readonly LocalInstance[]>,
  sightings: ReadonlyMap<string, Sighting>,
  sessionId: string,
): Verdict {
  let verdict: Verdict = { verdict: 'served' };
  for (const id of wanted) {
    const standings = new Set(
      others.get(id)?.map((instance) => standingOf(instance, sightings.get(instance.addr), sessionId)),
    );
    if (standings.has('stays')) continue;
    const why = `whoever else serves ${id} is in a swap as well`;
    if (!standings.has('undecided')) {
      const isDeserted = !standings.has('leaves');
      return { verdict: 'unserved', why: isDeserted ? `no other live instance serves ${id}` : why };
    }
    verdict = { verdict: 'undecided', why };
  }
  return verdict;
}

function standingOf(
  { serviceId }: LocalInstance,
  sighting: Sighting | undefined,
  sessionId: string,
): Standing {
  if (sighting === undefined || sighting.seen === 'nothing') return 'absent';
  if (sighting.seen === 'instance') return 'stays';
  const { session } = sighting;
  // Ourselves, by an address that does not look like ours.
  if (session.sessionId === sessionId) return 'absent';
  if (session.takenOut.includes(serviceId)) return 'leaves';
  // One whose calls are only held is counted on: they wait there, and are answered.
  if (!session.leaving.includes(serviceId)) return 'stays';
  return sessionId < session.sessionId ? 'undecided' : 'leaves';
}
