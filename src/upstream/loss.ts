import { type Clock, delay } from '../core/clock.js';
import type { DialTarget } from '../protocol/address.js';
import type { ConnectionProblem } from '../protocol/explain-connection.js';
import type { TlsMaterial } from '../protocol/tls.js';
import { isLoopback } from './backoff.js';
import { within } from './server-deadline.js';

/** Why an upstream is not connected. */
export interface Loss {
  /** For people. */
  readonly reason: string;
  /** It did not answer. Whatever it is asked next, more silence is the same loss. */
  readonly isSilence: boolean;
}

/** Finds out why a connection does not work; null: nothing found wrong. Takes `timeoutMs` of real time at most. */
export type Explain = (
  target: DialTarget,
  tls: TlsMaterial | null,
  timeoutMs: number,
) => Promise<ConnectionProblem | null>;

/** For opening a channel (ms). */
const CONNECT_MS = 3_000;
/** On this machine a channel opens at once or not at all; a port that accepts and says nothing is left soon, as it may be taken over. */
const LOOPBACK_CONNECT_MS = 1_000;
/** For finding out why an attempt failed; about as long as a pause between two of them (ms). */
const EXPLAIN_MS = 1_000;
const LOOPBACK_EXPLAIN_MS = 300;
/** For finding out whether a peer that broke off the connection is gone. The loss is told after that (ms). */
const LOOK_MS = 300;
const LOOK_AGAIN_MS = 50;

export function connectTimeoutMs(host: string): number {
  return isLoopback(host) ? LOOPBACK_CONNECT_MS : CONNECT_MS;
}

export function explainTimeoutMs(host: string): number {
  return isLoopback(host) ? LOOPBACK_EXPLAIN_MS : EXPLAIN_MS;
}

export function lossOf(problem: ConnectionProblem): Loss {
  return { reason: problem.text, isSilence: problem.kind === 'silent' };
}

/** Nothing new for whoever was told of the first. */
export function isSameLoss(told: Loss | null, loss: Loss): boolean {
  return told !== null && (told.reason === loss.reason || (told.isSilence && loss.isSilence));
}

/**
 * Why a connection that worked has ended, as far as a look at its address shows: it tells now what the next attempt would find out. Null:
 * whoever is there answers.
 * @param over nobody wants to know any more
 */
export async function explainLoss(
  clock: Clock,
  explain: (timeoutMs: number) => Promise<ConnectionProblem | null>,
  over: AbortSignal,
): Promise<string | null> {
  const deadline = clock.now() + LOOK_MS;
  let problem: ConnectionProblem | null = null;
  while (!over.aborted && clock.now() < deadline) {
    const remainingMs = deadline - clock.now();
    const seen = await within(clock, remainingMs, explain(remainingMs));
    if (seen === 'late') break;
    problem = seen;
    if (problem === null || problem.kind === 'unreachable') break;
    // A process that is about to end can still take connections, and drops them.
    await delay(clock, LOOK_AGAIN_MS);
  }
  return problem === null || problem.kind === 'silent' ? null : problem.text;
}
