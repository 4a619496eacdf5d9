import type { Clock } from '../core/clock.js';

/** What may wait for a generation. */
export interface WaitLimits {
  /** Connections; further ones are refused. */
  readonly connections: number;
  /** How long one waits, in ms. */
  readonly waitMs: number;
}

/** The same as held calls may have. */
export const WAIT_LIMITS: WaitLimits = { connections: 1000, waitMs: 30_000 };

export interface ProxyOptions {
  /** Name of the service, for sentences. */
  readonly name: string;
  readonly host: string;
  /** 0: any free one. */
  readonly port: number;
  readonly clock: Clock;
  readonly limits: WaitLimits;
}

export type ListenFailure =
  | { readonly reason: 'port-in-use'; readonly port: number }
  | { readonly reason: 'cannot-listen'; readonly message: string };

/** Totals since it was opened, and what there is now. */
export interface ProxyCounters {
  /** Connections that came. */
  readonly accepted: number;
  /** Of these, those that had to wait. */
  readonly held: number;
  /** Of these, those that nothing came of: too many waited, or too long, or the generation failed. */
  readonly refused: number;
  /** Connections that were ended by us because the drain's time was up. */
  readonly cut: number;
  /** Open connections now, those that wait included. */
  readonly open: number;
  readonly waiting: number;
}

export interface ProxyDrain {
  /** False: the time was up and the rest was cut, or the generation was routed again. */
  readonly complete: boolean;
  readonly cut: number;
  readonly ms: number;
}

/**
 * A TCP port that stays while the generations behind it change. Opened holding: connections wait until the first route(). It passes bytes
 * and knows just enough of HTTP/1.1 to see when a kept-alive connection is between two requests.
 */
export interface StablePort {
  readonly host: string;
  readonly port: number;
  /**
   * New connections go to this generation's port on loopback, those that wait first, in order. Connections to any other generation leave it:
   * idle HTTP connections leave it, others do after the response that is under way.
   */
  route(generation: number, port: number): void;
  /** The same with several generations (at least one), which get new connections in turn. */
  routeAmong(destinations: readonly { readonly generation: number; readonly port: number }[]): void;
  /** New connections wait; idle HTTP connections leave their generation. */
  hold(): void;
  /** Refuses everything that waits, and everything that comes until hold() or route(): with HTTP status 503 where HTTP is spoken. */
  fail(message: string): void;
  /** Waits until the generation has no connections; at the end of the time the rest is cut. */
  drain(generation: number, timeoutMs: number): Promise<ProxyDrain>;
  /** How many connections a generation has. */
  connections(generation: number): number;
  /** The process is gone: what it still sent is passed on to those who are slow to read it. */
  gone(generation: number): void;
  /**
   * The session is about to end: new connections are refused, and those that speak no HTTP, of which nobody can tell when they are idle, are
   * ended. HTTP answers that are under way can be drained.
   */
  windDown(): void;
  counters(): ProxyCounters;
  /** Stops listening, refuses what waits, and ends every connection. */
  close(): Promise<void>;
}
