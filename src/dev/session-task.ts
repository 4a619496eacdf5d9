import type { SessionConfig } from '../config/types.js';
import type { EventSink } from '../core/bus.js';
import type { Gateway } from '../gateway/types.js';
import type { ServiceGroup } from './service-group.js';

/** A session that runs, as a command sees it that works with one. */
export interface LiveSession {
  readonly config: SessionConfig;
  readonly gateway: Gateway;
  readonly services: ServiceGroup;
  /** Takes every event from now on; the returned function ends that. */
  subscribe(sink: EventSink): () => void;
}

/**
 * Works with a session and answers the session's exit code: the session ends (drains, stops) when it resolves. Called when everything is open
 * and before the first process is built or started, so that it hears of all of it. The signal is aborted when the session is ended by
 * something else, with the reason that `session.closed` tells (such as `SIGTERM`); the session waits for the task then. A rejection is a bug.
 */
export type SessionTask = (session: LiveSession, signal: AbortSignal) => Promise<number>;
