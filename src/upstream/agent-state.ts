import type { CroupierEvent } from '../core/events.js';
import { assertNever } from '../core/failure.js';
import type { LocalFunction } from '../protocol/gen/croupier/agent/local/v1/local.js';
import type { IsOurs } from './agent-listing.js';
import type { Registration } from './agent-registration.js';
import type { Loss } from './loss.js';
import type { OfferedFunction, OfferedService } from './types.js';

/** What one agent has of us under one `service_id`, over one connection. */
export interface Entry {
  /** Under way: one registration of an id at a time. `what` is null for an empty list. */
  readonly sending: { readonly what: Registration | null } | null;
  /** What it took last; null: nothing. */
  readonly has: Registration | null;
  /** What it had before it took an empty list: that is what it still has if it ignores empty lists. */
  readonly before: Registration | null;
  /** To be sent even if it has it: a swap is over, and it is told again. */
  readonly repeat: boolean;
  /** Of the last registration. */
  readonly sessionId: string;
  /** ListLocal has been asked since, and agrees. */
  readonly seen: boolean;
  /** ListLocal did not show it, so it was registered once more. */
  readonly again: boolean;
}

/** One connection that works. What is known of an agent holds for one connection only: another agent may answer the next. */
export interface Link {
  readonly connection: number;
  readonly attempt: number;
  readonly entries: ReadonlyMap<string, Entry>;
  /** False: it has no ListLocal, and its word is taken for it. */
  readonly canList: boolean;
  /** It appends registrations and ignores empty ones, where newer agents replace. */
  readonly appending: boolean;
  /** Raised with each registration that was answered: a list that was asked for before that proves nothing. */
  readonly revision: number;
  /** A list is under way; `stale`: it will have to be asked for once more. */
  readonly listing: 'none' | 'under-way' | 'stale';
  /** By the name of a service: the keys of its registrations when `upstream.registered` was told. */
  readonly announced: ReadonlyMap<string, string>;
}

/** Each variant has its own data only. `attempt` counts from 1 since the last connection that worked. */
export type State =
  /** The next attempt is due after a pause. */
  | { readonly state: 'waiting'; readonly attempt: number }
  /** The session that was the upstream is gone: its port is asked for. */
  | { readonly state: 'taking-port'; readonly attempt: number }
  | { readonly state: 'dialling'; readonly connection: number; readonly attempt: number }
  /** The channel works: the other side is asked what it is, and what it has. */
  | {
      readonly state: 'meeting';
      readonly connection: number;
      readonly attempt: number;
      readonly peer: Peer | null;
      readonly listed: Listed | null;
    }
  | { readonly state: 'registering'; readonly link: Link }
  /** Everything is registered, and seen there. Changes are registered without leaving this state. */
  | { readonly state: 'connected'; readonly link: Link }
  | { readonly state: 'closing'; readonly link: Link; readonly leaving: readonly string[] }
  /** This session serves the upstream's address now. */
  | { readonly state: 'succeeded' }
  | { readonly state: 'closed' };

/** `session`: one of this program, as Describe says; `agent`: a real one. */
export type Peer = 'session' | 'agent';

/** An answer to ListLocal; null functions: the agent does not have it. */
export interface Listed {
  readonly functions: readonly LocalFunction[] | null;
}

/** What stays true across states. */
export interface Facts {
  readonly url: string;
  readonly isOurs: IsOurs;
  readonly canTakePort: boolean;
  readonly offered: readonly OfferedService[];
  /** Names of the services that are taken out for a swap. */
  readonly withheld: ReadonlySet<string>;
  /** What is to be registered: follows from the two above. */
  readonly planned: ReadonlyMap<string, Registration>;
  /** What an agent took last, over whatever connection, by `service_id`. */
  readonly accepted: ReadonlyMap<string, { readonly registration: Registration; readonly sessionId: string }>;
  /** Of the newest attempt; what comes back for an older one is dropped. */
  readonly connection: number;
  /** Connections that worked, and the number of the last of them. */
  readonly connections: number;
  readonly lastWorking: number;
  /** What the last connection that worked was to. */
  readonly peer: Peer | null;
  /** The loss that was told last; null: it is connected, or was never tried. */
  readonly lost: Loss | null;
}

export interface Machine {
  readonly facts: Facts;
  readonly state: State;
}

/** What happened. Whatever names a connection that is no longer meant is dropped. */
export type Input =
  | { readonly type: 'offer'; readonly services: readonly OfferedService[] }
  | { readonly type: 'withhold'; readonly name: string }
  | { readonly type: 'release'; readonly name: string }
  | { readonly type: 'attempt-due' }
  | { readonly type: 'port-answered'; readonly taken: boolean }
  | { readonly type: 'channel-ready'; readonly connection: number }
  | { readonly type: 'described'; readonly connection: number; readonly peer: Peer }
  /** `revision`: of the link when it was asked. */
  | {
      readonly type: 'listed';
      readonly connection: number;
      readonly revision: number;
      readonly listed: Listed;
    }
  | {
      readonly type: 'registered';
      readonly connection: number;
      readonly serviceId: string;
      readonly sessionId: string;
    }
  /** The connection broke or a call over it failed. */
  | { readonly type: 'failed'; readonly connection: number; readonly loss: Loss }
  /** A dial that failed was looked into; `loss` says it better. */
  | {
      readonly type: 'explained';
      readonly connection: number;
      readonly attempt: number;
      readonly loss: Loss;
    }
  | { readonly type: 'heartbeat-due'; readonly connection: number }
  | { readonly type: 'look' }
  | { readonly type: 'close' }
  | { readonly type: 'close-due' };

/** What is to be done, in order. */
export type Effect =
  /** The first pause after a session of ours was lost is short and random: all who are left do this at once. */
  | { readonly type: 'wait'; readonly attempt: number; readonly isSuccession: boolean }
  | { readonly type: 'take-port' }
  | { readonly type: 'dial'; readonly connection: number }
  | { readonly type: 'describe'; readonly connection: number }
  | { readonly type: 'list'; readonly connection: number; readonly revision: number }
  | {
      readonly type: 'register';
      readonly connection: number;
      readonly serviceId: string;
      readonly version: string;
      readonly functions: readonly OfferedFunction[];
    }
  | {
      readonly type: 'heartbeat';
      readonly connection: number;
      readonly serviceId: string;
      readonly sessionId: string;
    }
  | { readonly type: 'schedule-heartbeat'; readonly connection: number }
  /** Ends a connection; nothing of it is waited for. */
  | { readonly type: 'drop'; readonly connection: number }
  | {
      readonly type: 'explain';
      readonly connection: number;
      readonly attempt: number;
      readonly loss: Loss;
    }
  | { readonly type: 'publish'; readonly event: CroupierEvent }
  | { readonly type: 'schedule-close' }
  | { readonly type: 'closed' };

/** What follows, and what has to be done. */
export type Step = readonly [Machine, readonly Effect[]];

export function initialMachine(parts: Pick<Facts, 'url' | 'isOurs' | 'canTakePort'>): Machine {
  return {
    facts: {
      ...parts,
      offered: [],
      withheld: new Set(),
      planned: new Map(),
      accepted: new Map(),
      connection: 0,
      connections: 0,
      lastWorking: 0,
      peer: null,
      lost: null,
    },
    state: { state: 'waiting', attempt: 1 },
  };
}

/** The connection over which something is registered now; null: none. */
export function currentLink(state: State): Link | null {
  switch (state.state) {
    case 'registering':
    case 'connected':
    case 'closing':
      return state.link;
    case 'waiting':
    case 'taking-port':
    case 'dialling':
    case 'meeting':
    case 'succeeded':
    case 'closed':
      return null;
    default:
      return assertNever(state);
  }
}

/** The same machine with its link changed, where it has one. */
export function withLink(machine: Machine, link: Link): Machine {
  const { state } = machine;
  switch (state.state) {
    case 'registering':
    case 'connected':
    case 'closing':
      return { ...machine, state: { ...state, link } };
    case 'waiting':
    case 'taking-port':
    case 'dialling':
    case 'meeting':
    case 'succeeded':
    case 'closed':
      return machine;
    default:
      return assertNever(state);
  }
}

export function drop(facts: Facts): Effect {
  return { type: 'drop', connection: facts.connection };
}
