import {
  hasAppended,
  indexListing,
  type Listing,
  missingFunctions,
  showsAlready,
  showsOurs,
} from './agent-listing.js';
import { functionsToSend, makeRegistration, type Registration } from './agent-registration.js';
import type { Effect, Entry, Facts, Link, Listed } from './agent-state.js';
import type { Withdrawal } from './take-out.js';
import type { OfferedService } from './types.js';

type LinkStep = readonly [Link, readonly Effect[]];

const NEW_ENTRY: Entry = {
  sending: null,
  has: null,
  before: null,
  repeat: false,
  sessionId: '',
  seen: true,
  again: false,
};

/**
 * What a new connection starts from. What the agent took earlier and still shows is not sent again, since one that appends would have it
 * twice; it gets a sign of life at once instead. What it shows and should not have any more is known, too, so that it is taken out.
 */
export function openLink(
  facts: Facts,
  parts: Pick<Link, 'connection' | 'attempt'>,
  { functions }: Listed,
): LinkStep {
  const listing = indexListing(functions ?? []);
  const entries = new Map<string, Entry>();
  for (const [serviceId, { registration, sessionId }] of facts.accepted) {
    const wanted = facts.planned.get(serviceId);
    const isPresent =
      wanted === undefined
        ? showsOurs(listing, serviceId, facts.isOurs)
        : wanted.key === registration.key && showsAlready(listing, wanted, facts.isOurs);
    if (isPresent) entries.set(serviceId, { ...NEW_ENTRY, has: registration, sessionId });
  }
  const link: Link = {
    ...parts,
    entries,
    canList: functions !== null,
    appending: false,
    revision: 0,
    listing: 'none',
    announced: new Map(),
  };
  return [link, heartbeats(link)];
}

export function heartbeats({ connection, entries }: Link): readonly Effect[] {
  return [...entries]
    .filter(([, entry]) => entry.has !== null)
    .map(([serviceId, { sessionId }]) => ({ type: 'heartbeat', connection, serviceId, sessionId }));
}

/** Sends whatever differs between what is wanted (of an id that is not in there: nothing) and what the agent has. */
export function sendDifferences(
  link: Link,
  wanted: ReadonlyMap<string, Registration>,
  options: { readonly isClosing: boolean },
): LinkStep {
  const entries = new Map(link.entries);
  const effects: Effect[] = [];
  for (const serviceId of new Set([...wanted.keys(), ...entries.keys()])) {
    const entry = entries.get(serviceId) ?? NEW_ENTRY;
    const what = wanted.get(serviceId) ?? null;
    const isDue = what?.key !== entry.has?.key || (entry.repeat && what !== null);
    if (entry.sending !== null || !isDue) continue;
    // At the end it is told in any case: what was taken for appending may have been another's doing.
    if (what === null && link.appending && !options.isClosing) continue;
    const functions = what === null ? [] : functionsToSend(what, entry.has, link.appending);
    if (what !== null && functions.length === 0) {
      entries.set(serviceId, { ...entry, has: what, repeat: false });
      continue;
    }
    entries.set(serviceId, { ...entry, sending: { what }, repeat: false });
    const version = (what ?? entry.has)?.version ?? '';
    effects.push({ type: 'register', connection: link.connection, serviceId, version, functions });
  }
  return [{ ...link, entries }, effects];
}

/** What the agent has of one service is sent to it again. One that appends would have it twice, so it is spared that. */
export function repeatService(link: Link, name: string): Link {
  if (link.appending) return link;
  return mapEntries(link, (entry) =>
    entry.sending === null && entry.has?.owners.includes(name) ? { ...entry, repeat: true } : entry,
  );
}

/** The agent took what was sent for an id. */
export function acceptAnswer(link: Link, serviceId: string, sessionId: string): Link {
  const entry = link.entries.get(serviceId);
  if (entry === undefined || entry.sending === null) return link;
  const { what } = entry.sending;
  const accepted: Entry = { ...entry, sending: null, has: what, before: entry.has, sessionId, seen: false };
  return { ...link, entries: new Map(link.entries).set(serviceId, accepted), revision: link.revision + 1 };
}

/** Asks for ListLocal; while an answer is under way, once more after it. */
export function requestList(link: Link): LinkStep {
  if (!link.canList) return [link, []];
  if (link.listing !== 'none') return [{ ...link, listing: 'stale' }, []];
  const { connection, revision } = link;
  return [{ ...link, listing: 'under-way' }, [{ type: 'list', connection, revision }]];
}

export function isSending(link: Link): boolean {
  return [...link.entries.values()].some((entry) => entry.sending !== null);
}

export function isSeen(link: Link): boolean {
  return [...link.entries.values()].every((entry) => entry.seen);
}

/** Without ListLocal there is nothing to verify by. */
export function takeItsWord(link: Link): Link {
  return mapEntries({ ...link, canList: false }, (entry) => ({ ...entry, seen: true }));
}

/**
 * Compares what the agent shows with what it took. What it does not show is marked as not there, once, so that it is sent again; the second
 * time that is `refusal`, a sentence.
 */
export function verify(
  link: Link,
  facts: Facts,
  listing: Listing,
): { readonly link: Link; readonly refusal: string | null } {
  const appending =
    link.appending ||
    [...link.entries].some(([serviceId, { has }]) => hasAppended(listing, serviceId, has, facts.isOurs));
  let refusal: string | null = null;
  const verified = mapEntries({ ...link, appending }, (entry, serviceId) => {
    const { has } = entry;
    if (has === null) {
      // An empty list that was ignored: it still has what it had before.
      const kept = showsOurs(listing, serviceId, facts.isOurs) ? entry.before : null;
      return { ...entry, has: kept, seen: true };
    }
    const missing = missingFunctions(listing, has, facts.isOurs);
    if (missing.length === 0) return { ...entry, seen: true, again: false };
    const left = appending ? without(has, missing) : null;
    if (!facts.planned.has(serviceId)) return { ...entry, has: left, seen: true };
    if (entry.again) {
      refusal ??= `it took the registration of ${serviceId}, but does not list ${missing.join(', ')} with this session's address`;
      return entry;
    }
    return { ...entry, has: left, seen: false, again: true };
  });
  return { link: verified, refusal };
}

/** How far a service that is withheld is out of the agent's routing. */
export function withdrawalOf(
  link: Link,
  planned: ReadonlyMap<string, Registration>,
  service: OfferedService,
): Withdrawal | 'pending' {
  let withdrawal: Withdrawal = 'out';
  for (const { serviceId } of [service, ...service.claims]) {
    const entry = link.entries.get(serviceId);
    if (entry === undefined) continue;
    if (entry.sending !== null || !entry.seen) return 'pending';
    // What it still has is left over, or another service's under the same id.
    if (entry.has?.key !== planned.get(serviceId)?.key) {
      if (!link.appending) return 'pending';
      withdrawal = 'ignored';
    }
  }
  return withdrawal;
}

/** Tells of each service whose present set is registered and seen, once. */
export function announce(link: Link, facts: Facts): LinkStep {
  const announced = new Map(link.announced);
  const effects: Effect[] = [];
  for (const { name, serviceId, functions, claims } of facts.offered) {
    const ids = [serviceId, ...claims.map((claim) => claim.serviceId)];
    const key = ids.map((id) => link.entries.get(id)?.has?.key ?? '').join(' ');
    if (functions.length === 0 || (facts.withheld.has(name) && !link.entries.get(serviceId)?.has)) {
      announced.delete(name);
    } else if (!facts.withheld.has(name) && announced.get(name) !== key) {
      announced.set(name, key);
      const summaries = functions.map(({ id, version }) => ({ id, version }));
      const { url } = facts;
      effects.push({
        type: 'publish',
        event: { type: 'upstream.registered', url, service: name, functions: summaries },
      });
    }
  }
  return [{ ...link, announced }, effects];
}

function without(registration: Registration, missing: readonly string[]): Registration | null {
  const functions = registration.functions.filter((one) => !missing.includes(one.id));
  return functions.length === 0 ? null : makeRegistration({ ...registration, functions });
}

function mapEntries(link: Link, change: (entry: Entry, serviceId: string) => Entry): Link {
  return {
    ...link,
    entries: new Map(
      [...link.entries].map(([serviceId, entry]) => [serviceId, change(entry, serviceId)] as const),
    ),
  };
}
