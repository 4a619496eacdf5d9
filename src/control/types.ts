import type { TlsFiles } from '../config/types.js';

/** A process group of the session: what has to be ended if the runner is killed. */
export interface SessionGroup {
  /** Process id of the group's leader, which is also the group's id. */
  readonly pid: number;
  /** Start time of the leader in the kernel's own unit; tells a reused pid. */
  readonly startTime: number;
  /** Stands in the environment of every process of the group. */
  readonly marker: string;
}

/** The running session of a project, as `.croupier/session.json` tells other commands. */
export interface Session {
  /** The runner. */
  readonly pid: number;
  /** Start time of the runner in the kernel's own unit. */
  readonly startTime: number;
  /** `host:port`. */
  readonly gateway: string;
  /** How the gateway is dialled: paths of PEM files. null: plain text. */
  readonly tls: TlsFiles | null;
  /** URL of the control API; null: there is none. */
  readonly control: string | null;
  /** Bearer token of the control API. */
  readonly token: string | null;
  /** ISO 8601. */
  readonly startedAt: string;
  /** Names. */
  readonly services: readonly string[];
  readonly groups: readonly SessionGroup[];
}
