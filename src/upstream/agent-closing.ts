import { isSeen, isSending, requestList, sendDifferences, takeItsWord } from './agent-entries.js';
import {
  currentLink,
  drop,
  type Effect,
  type Facts,
  type Link,
  type Machine,
  type State,
  type Step,
} from './agent-state.js';

type Closing = Extract<State, { state: 'closing' }>;

const NOTHING = new Map<string, never>();

/** The session ends: whatever is registered is taken out before the connection is closed. Without a connection there is nothing to do. */
export function closeLink({ facts, state }: Machine): Step {
  if (state.state === 'closing') return [{ facts, state }, []];
  const open = currentLink(state);
  if (open === null) return close(facts, []);
  const [link, effects] = sendDifferences(open, NOTHING, { isClosing: true });
  if (!isSending(link)) return close(facts, []);
  return [
    { facts, state: { state: 'closing', link, leaving: ownersOf(open) } },
    [...effects, { type: 'schedule-close' }],
  ];
}

export function continueClosing(facts: Facts, state: Closing): Step {
  if (!isSending(state.link) && isSeen(state.link)) return finish(facts, state);
  const [link, effects] = sendDifferences(state.link, NOTHING, { isClosing: true });
  if (isSending(link)) return [{ facts, state: { ...state, link } }, effects];
  if (!link.canList) return finish(facts, { ...state, link: takeItsWord(link) });
  const [asked, more] = link.listing === 'none' ? requestList(link) : [link, []];
  return [{ facts, state: { ...state, link: asked } }, [...effects, ...more]];
}

/** Tells of each service that is not there any more; what the agent kept is not told of. */
function finish(facts: Facts, { link, leaving }: Closing): Step {
  const stayed = new Set([...link.entries.values()].flatMap((entry) => entry.has?.owners ?? []));
  const events = leaving
    .filter((service) => !stayed.has(service))
    .map((service): Effect => {
      const event = { type: 'upstream.drained', url: facts.url, service, reason: 'exit' } as const;
      return { type: 'publish', event };
    });
  return close(facts, events);
}

/** What is under way is not waited for. */
export function closeAtOnce(facts: Facts): Step {
  return close(facts, []);
}

function close(facts: Facts, effects: readonly Effect[]): Step {
  return [{ facts, state: { state: 'closed' } }, [...effects, drop(facts), { type: 'closed' }]];
}

function ownersOf(link: Link): readonly string[] {
  const registrations = [...link.entries.values()].flatMap((entry) => [
    entry.has,
    entry.sending?.what ?? null,
  ]);
  return [...new Set(registrations.flatMap((one) => one?.owners ?? []))];
}
