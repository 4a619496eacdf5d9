import type { ConfigFlags } from '../config/flags.js';
import type { Profile, SessionConfig } from '../config/types.js';
import type { StampedEvent } from '../core/events.js';
import type { UserError } from '../core/user-error.js';
import { chooseMode } from '../observe/reporter.js';
import type { ReporterMode, StandardStreams } from '../observe/types.js';
import type { SessionTask } from './session-task.js';

/** How a session is run, beside what the configuration says. */
export interface SessionOptions {
  readonly cwd: string;
  readonly env: NodeJS.ProcessEnv;
  readonly flags: ConfigFlags;
  readonly watch: boolean;
  readonly json: boolean;
  readonly verbose: boolean;
  /** undefined: as the environment and the terminal say. */
  readonly color: boolean | undefined;
  /** Prints nothing itself; who subscribes hears of everything. Default: false. */
  readonly quiet?: boolean;
  /** Prints plain lines, and reads no keys: the terminal is somebody else's. Default: as the environment and the terminal say. */
  readonly isPlain?: boolean;
  /** Other commands find it by the session file, and there is one of a project at a time. Default: true. */
  readonly isRecorded?: boolean;
  /** Whose defaults and habits hold. Default: `dev`. */
  readonly profile?: Profile;
  /** SIGHUP reloads the services, and does not end the session. Default: it ends it, as when a terminal is closed. */
  readonly reloadsOnHangup?: boolean;
  /** Looks at each event: why the session has failed; null: it goes on. */
  readonly giveUp?: (event: StampedEvent) => UserError | null;
  /** Changes what was configured before anything is opened. */
  readonly adapt?: (config: SessionConfig) => SessionConfig;
  /** The session lasts as long as this works with it. Absent: until it is ended by a signal or key. */
  readonly task?: SessionTask;
}

/** How the session tells what happens. */
export function chooseSessionMode(
  { quiet, isPlain, json, env }: SessionOptions,
  { stderr }: StandardStreams,
): ReporterMode {
  if (quiet === true) return 'silent';
  return isPlain === true && !json ? 'plain' : chooseMode({ json, env, stderr });
}
