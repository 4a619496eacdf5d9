import { assertNever } from '../core/failure.js';
import { closeAtOnce, closeLink, continueClosing } from './agent-closing.js';
import {
  acceptAnswer,
  announce,
  heartbeats,
  isSeen,
  isSending,
  openLink,
  repeatService,
  requestList,
  sendDifferences,
  takeItsWord,
  verify,
} from './agent-entries.js';
import { indexListing } from './agent-listing.js';
import { explained, lose, mayTakePort } from './agent-loss.js';
import { planRegistrations } from './agent-registration.js';
import {
  currentLink,
  type Effect,
  type Facts,
  type Input,
  type Link,
  type Listed,
  type Machine,
  type Step,
  withLink,
} from './agent-state.js';

/**
 * The life of a link to an agent, as a pure function: what state follows, and what has to be done. An input that names a connection
 * which is no longer meant changes nothing.
 */
export function next(machine: Machine, input: Input): Step {
  const { facts, state } = machine;
  if (state.state === 'closed') return [machine, []];
  if ('connection' in input && input.type !== 'explained' && input.connection !== facts.connection) {
    return [machine, []];
  }
  switch (input.type) {
    case 'offer':
      return plan(machine, { ...facts, offered: input.services });
    case 'withhold':
      return plan(machine, { ...facts, withheld: new Set(facts.withheld).add(input.name) });
    case 'release':
      return release(machine, input.name);
    case 'attempt-due':
      if (state.state !== 'waiting') return [machine, []];
      return mayTakePort(facts)
        ? [{ facts, state: { ...state, state: 'taking-port' } }, [{ type: 'take-port' }]]
        : dial(facts, state.attempt);
    case 'port-answered':
      if (state.state !== 'taking-port') return [machine, []];
      return input.taken ? succeed(facts) : dial(facts, state.attempt);
    case 'channel-ready':
      return meet(machine);
    case 'described':
      if (state.state !== 'meeting') return [machine, []];
      return met({ facts: { ...facts, peer: input.peer }, state: { ...state, peer: input.peer } });
    case 'listed':
      if (state.state === 'meeting') return met({ facts, state: { ...state, listed: input.listed } });
      return listed(machine, input.revision, input.listed);
    case 'registered':
      return registered(machine, input.serviceId, input.sessionId);
    case 'failed':
      return lose(machine, input.loss);
    case 'explained':
      return explained(machine, input);
    case 'heartbeat-due':
      return beat(machine);
    case 'look':
      return look(machine);
    case 'close':
      return closeLink(machine);
    case 'close-due':
      return state.state === 'closing' ? closeAtOnce(facts) : [machine, []];
    default:
      return assertNever(input);
  }
}

function beat(machine: Machine): Step {
  const link = openTo(machine);
  if (link === null) return [machine, []];
  const [asked, effects] = look(machine);
  const schedule: Effect = { type: 'schedule-heartbeat', connection: link.connection };
  return [asked, [...heartbeats(link), ...effects, schedule]];
}

function look(machine: Machine): Step {
  const link = openTo(machine);
  if (link === null) return [machine, []];
  const [asked, effects] = requestList(link);
  return [withLink(machine, asked), effects];
}

function release(machine: Machine, name: string): Step {
  const { facts } = machine;
  if (facts.withheld.has(name)) {
    return plan(machine, { ...facts, withheld: new Set([...facts.withheld].filter((one) => one !== name)) });
  }
  const link = openTo(machine);
  return link === null ? [machine, []] : advance(withLink(machine, repeatService(link, name)));
}

function plan(machine: Machine, facts: Facts): Step {
  const planned = planRegistrations(facts.offered, facts.withheld);
  return advance({ ...machine, facts: { ...facts, planned } });
}

function dial(facts: Facts, attempt: number): Step {
  const connection = facts.connection + 1;
  return [
    { facts: { ...facts, connection }, state: { state: 'dialling', connection, attempt } },
    [{ type: 'dial', connection }],
  ];
}

function succeed(facts: Facts): Step {
  const message = `the session that served ${facts.url} is gone: this one serves its address now`;
  return [
    { facts: { ...facts, lost: null }, state: { state: 'succeeded' } },
    [{ type: 'publish', event: { type: 'session.notice', level: 'info', message } }],
  ];
}

function meet(machine: Machine): Step {
  const { facts, state } = machine;
  if (state.state !== 'dialling') return [machine, []];
  const { connection, attempt } = state;
  return [
    { facts, state: { state: 'meeting', connection, attempt, peer: null, listed: null } },
    [
      { type: 'describe', connection },
      { type: 'list', connection, revision: 0 },
    ],
  ];
}

/** Once both questions are answered, everything is registered. */
function met(machine: Machine): Step {
  const { facts, state } = machine;
  if (state.state !== 'meeting' || state.peer === null || state.listed === null) return [machine, []];
  const { connection, attempt } = state;
  const [link, effects] = openLink(facts, { connection, attempt }, state.listed);
  const [advanced, more] = advance({ facts, state: { state: 'registering', link } });
  return [advanced, [{ type: 'schedule-heartbeat', connection }, ...effects, ...more]];
}

function registered(machine: Machine, serviceId: string, sessionId: string): Step {
  const before = currentLink(machine.state);
  if (before === null) return [machine, []];
  const link = acceptAnswer(before, serviceId, sessionId);
  const has = link.entries.get(serviceId)?.has ?? null;
  const accepted = new Map(machine.facts.accepted);
  if (has === null) accepted.delete(serviceId);
  else accepted.set(serviceId, { registration: has, sessionId });
  return advance(withLink({ ...machine, facts: { ...machine.facts, accepted } }, link));
}

function listed(machine: Machine, revision: number, { functions }: Listed): Step {
  const before = currentLink(machine.state);
  if (before === null || before.listing === 'none') return [machine, []];
  const answered: Link = { ...before, listing: 'none' };
  if (functions === null) return advance(withLink(machine, takeItsWord(answered)));
  if (revision !== before.revision || isSending(before)) return askAgain(withLink(machine, answered), before);
  const { link, refusal } = verify(answered, machine.facts, indexListing(functions));
  if (refusal !== null && machine.state.state !== 'closing')
    return lose(withLink(machine, link), { reason: refusal, isSilence: false });
  return askAgain(withLink(machine, link), before);
}

/** Goes on after a list, and asks for another one where somebody did so meanwhile. */
function askAgain(machine: Machine, before: Link): Step {
  const [advanced, effects] = advance(machine);
  if (before.listing !== 'stale') return [advanced, effects];
  const [asked, more] = look(advanced);
  return [asked, [...effects, ...more]];
}

/** Sends what is to be sent; once all is answered asks whether it is there; once it is seen the link is connected. */
function advance(machine: Machine): Step {
  if (machine.state.state === 'closing') return continueClosing(machine.facts, machine.state);
  const open = openTo(machine);
  if (open === null) return [machine, []];
  const [link, effects] = sendDifferences(open, machine.facts.planned, { isClosing: false });
  if (isSending(link)) return [withLink(machine, link), effects];
  if (!isSeen(link) && link.canList) {
    // One that was asked for before the last answer proves nothing, but it is asked for again when it comes.
    const [asked, more] = link.listing === 'none' ? requestList(link) : [link, []];
    return [withLink(machine, asked), [...effects, ...more]];
  }
  return settle(machine, link.canList ? link : takeItsWord(link), effects);
}

function settle(machine: Machine, link: Link, effects: readonly Effect[]): Step {
  const [announced, more] = announce(link, machine.facts);
  if (machine.state.state === 'connected') return [withLink(machine, announced), [...effects, ...more]];
  const { url, connections } = machine.facts;
  const { connection, attempt } = link;
  const facts: Facts = {
    ...machine.facts,
    connections: connections + 1,
    lastWorking: connection,
    lost: null,
  };
  return [
    { facts, state: { state: 'connected', link: announced } },
    [...effects, { type: 'publish', event: { type: 'upstream.connected', url, attempt } }, ...more],
  ];
}

/** The connection over which something can be registered; null: none, or it is being closed. */
function openTo(machine: Machine): Link | null {
  return machine.state.state === 'closing' ? null : currentLink(machine.state);
}
