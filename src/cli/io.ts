import type { StandardStreams } from '../observe/types.js';

/** What a command may touch of the process that it runs in; tests put their own in its place. */
export interface CliIo extends StandardStreams {
  readonly cwd: string;
  readonly env: NodeJS.ProcessEnv;
}
