import type { Departure } from './agent-link.js';

/** How long a service that was taken out of routing goes on serving: until no call has come for `quietMs`, at most `capMs`. */
export interface LameDuckTime {
  readonly quietMs: number;
  readonly capMs: number;
}

/**
 * Agents open a connection for each call, so one that was sent before the agent heard of our leave arrives a few ms after it (up to 20 ms
 * were seen on a busy machine). Nobody else serves meanwhile: every ms of it is a gap for callers, and 50 ms cost more calls than they saved.
 */
const ALONE: LameDuckTime = { quietMs: 20, capMs: 200 };
/** It costs nobody anything: others serve. Calls in the accept queue that PM2's workers share came up to 600 ms late. */
const WITH_OTHERS: LameDuckTime = { quietMs: 500, capMs: 3_000 };

/**
 * What to allow for calls that are on their way when a service leaves; null: nothing. Under the runner its gateway has drained and hung up
 * before it asks a process to end.
 */
export function lameDuckTime(departure: Departure, isUnderRunner: boolean): LameDuckTime | null {
  if (isUnderRunner) return null;
  switch (departure) {
    case 'unknown':
      return null;
    case 'alone':
      return ALONE;
    case 'with-others':
      return WITH_OTHERS;
  }
}
