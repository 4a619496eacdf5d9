import { assertNever } from '../core/failure.js';
import type { Loss } from './loss.js';
import type { Lease } from './server-lease.js';
import type { UpstreamStatus } from './types.js';

/** What outlives one connection. */
export interface LinkMemory {
  /** Calls come by a tunnel that we open, as with an edge. */
  readonly hasTunnel: boolean;
  /** Number of the latest connection, from 1; what comes back for another one is dropped. */
  readonly connection: number;
  /** Attempts to get a connection since the last one was lost, from 1. */
  readonly attempt: number;
  /** Attempts that failed and connections that did not hold, one after the other; the pauses grow with it. */
  readonly failures: number;
  /** The loss that was told last; null: connected since then. */
  readonly told: Loss | null;
  /** How often a connection was established. */
  readonly connects: number;
  /** Revision of what is offered; 0: nothing has been offered so far. */
  readonly offered: number;
}

/** The link to a server or an edge. */
export type ServerState =
  /** The channel is being opened. */
  | { readonly state: 'dialling'; readonly link: LinkMemory }
  /** The channel stands; there is nothing to register before the first offer. */
  | { readonly state: 'reached'; readonly link: LinkMemory }
  /** `sent`: the revision that is under way. */
  | { readonly state: 'registering'; readonly link: LinkMemory; readonly sent: number }
  | {
      readonly state: 'opening-tunnel';
      readonly link: LinkMemory;
      readonly accepted: number;
      readonly lease: Lease;
    }
  | {
      readonly state: 'connected';
      readonly link: LinkMemory;
      /** Clock ms. */
      readonly since: number;
      /** The tunnel's stream is open. */
      readonly tunnel: boolean;
      /** The revision that the other side has. */
      readonly accepted: number;
      /** The revision that is under way; null: none. */
      readonly sent: number | null;
      /** A heartbeat is under way. */
      readonly beating: boolean;
      readonly lease: Lease;
    }
  /** Between two attempts. */
  | { readonly state: 'pausing'; readonly link: LinkMemory }
  /** The registration is being taken out. */
  | { readonly state: 'leaving'; readonly link: LinkMemory }
  /** Nothing is registered, and nothing will be; over the connection, if there is one, answers still go out. */
  | { readonly state: 'left'; readonly link: LinkMemory }
  | { readonly state: 'closed'; readonly link: LinkMemory };

/** `at` is clock ms, `epoch` is ms of the calendar. */
export type ServerInput =
  | { readonly type: 'offered'; readonly revision: number }
  /** What is offered is to be registered once more, though nothing changed. */
  | { readonly type: 'tell-again' }
  | { readonly type: 'dialled'; readonly connection: number }
  | {
      readonly type: 'registered';
      readonly connection: number;
      readonly lease: Lease;
      readonly at: number;
    }
  | { readonly type: 'tunnel-stands'; readonly connection: number; readonly at: number }
  /** The other side serves no tunnel. */
  | { readonly type: 'tunnel-unserved'; readonly connection: number; readonly at: number }
  | { readonly type: 'heartbeat-due'; readonly connection: number; readonly epoch: number }
  | {
      readonly type: 'heartbeat-answered';
      readonly connection: number;
      readonly epoch: number;
      /** It does not know our session any more. */
      readonly forgotten: boolean;
    }
  /** The channel is not connected any more. */
  | {
      readonly type: 'channel-left';
      readonly connection: number;
      readonly loss: Loss;
      readonly at: number;
    }
  /** Something that the connection cannot do without has failed. */
  | { readonly type: 'failed'; readonly connection: number; readonly loss: Loss; readonly at: number }
  | { readonly type: 'pause-over' }
  | { readonly type: 'withdraw' }
  /** The registration is taken out, or that was given up. */
  | { readonly type: 'taken-out' }
  | { readonly type: 'close' };

export type ServerEffect =
  | { readonly type: 'dial'; readonly connection: number }
  | { readonly type: 'register'; readonly connection: number; readonly revision: number }
  | { readonly type: 'open-tunnel'; readonly connection: number }
  | { readonly type: 'heartbeat'; readonly connection: number }
  /** In place of a heartbeat that was to come before. */
  | { readonly type: 'schedule-heartbeat'; readonly connection: number; readonly afterMs: number }
  | { readonly type: 'send-capabilities'; readonly connection: number }
  | { readonly type: 'tell-connected'; readonly attempt: number }
  /** The other side has this revision. */
  | { readonly type: 'tell-registered'; readonly revision: number }
  | { readonly type: 'tell-lost'; readonly attempt: number; readonly reason: string }
  | { readonly type: 'tell-no-tunnel' }
  | { readonly type: 'abandon'; readonly connection: number }
  | { readonly type: 'pause'; readonly failures: number }
  | { readonly type: 'take-out'; readonly connection: number }
  /** Nothing of ours is registered any more, as far as that can be had. */
  | { readonly type: 'tell-left' };

/** What follows, and what has to be done, in order. */
export type Step = readonly [ServerState, readonly ServerEffect[]];

/** A link that begins to connect. */
export function openLink(hasTunnel: boolean): Step {
  const link: LinkMemory = {
    hasTunnel,
    connection: 1,
    attempt: 1,
    failures: 0,
    told: null,
    connects: 0,
    offered: 0,
  };
  return [{ state: 'dialling', link }, [{ type: 'dial', connection: 1 }]];
}

/** The link as people see it. */
export function statusOf({ state, link }: ServerState, url: string): UpstreamStatus {
  const reconnects = Math.max(0, link.connects - 1);
  switch (state) {
    case 'dialling':
    case 'reached':
    case 'registering':
    case 'opening-tunnel':
    case 'pausing':
      return {
        url,
        state: link.told === null ? 'connecting' : 'lost',
        reason: link.told?.reason ?? null,
        reconnects,
      };
    case 'connected':
      return { url, state: 'connected', reason: null, reconnects };
    case 'leaving':
    case 'left':
    case 'closed':
      return { url, state: 'closed', reason: null, reconnects };
    default:
      return assertNever(state);
  }
}
