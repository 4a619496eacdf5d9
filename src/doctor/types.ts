import type { ServiceConfig, SessionConfig } from '../config/types.js';
import type { Result } from '../core/result.js';
import type { UserError } from '../core/user-error.js';

/**
 * `ok`: as it should be. `note`: good to know. `warning`: it works, but worse than it could, or something will surprise.
 * `problem`: what was asked for will not work.
 */
export type FindingLevel = 'ok' | 'note' | 'warning' | 'problem';

/** What is examined; scripts tell findings apart by it. */
export type Topic =
  | 'node'
  | 'configuration'
  | 'command'
  | 'tools'
  | 'watching'
  | 'file-system'
  | 'open-files'
  | 'ports'
  | 'session'
  | 'upstream'
  | 'certificates'
  | 'sdk'
  | 'terminal';

/** One thing that was found out. Texts are for people and hold no secrets. */
export interface Finding {
  readonly topic: Topic;
  readonly level: FindingLevel;
  /** One line, without a full stop. */
  readonly title: string;
  /** More about it, a line each; empty: the title says all. */
  readonly details: readonly string[];
  /** What to do, a sentence or command a line; empty: nothing has to be done. */
  readonly remedies: readonly string[];
}

/** The project that is looked at. */
export interface Project {
  /** Where the command was given, absolute. */
  readonly cwd: string;
  /** Folder of the configuration file; `cwd` where there is none, or none that can be used. */
  readonly root: string;
  readonly config: Result<SessionConfig, UserError>;
}

/** A terminal, or what stands in its place. */
export interface Terminal {
  readonly stdin: boolean;
  readonly stdout: boolean;
  readonly stderr: boolean;
  /** Width of stdout in cells; null: not known. */
  readonly columns: number | null;
}

export interface Surroundings {
  readonly project: Project;
  readonly env: NodeJS.ProcessEnv;
  readonly terminal: Terminal;
  /** Version of the running `croupier-cli`. */
  readonly version: string;
}

/**
 * Looks at one topic. Nothing is started (but tools that are asked for their version), no file is written, nobody is registered.
 * `signal` is aborted when the time for it is up: what comes later is not waited for.
 */
export interface Examination {
  readonly topic: Topic;
  run(surroundings: Surroundings, signal: AbortSignal): Promise<readonly Finding[]>;
}

/** The services that the configuration has; none where it cannot be used. */
export function servicesOf({ config }: Project): readonly ServiceConfig[] {
  return config.ok ? config.value.services : [];
}
