import { runSession } from '../dev/session.js';
import { type DevArguments, readDevArguments } from './dev-arguments.js';
import { printUserError } from './errors.js';
import type { CliIo } from './io.js';

/** `croupier dev`: answers the exit code when the session has ended. */
export async function devCommand(args: DevArguments, io: CliIo): Promise<number> {
  const request = readDevArguments(args);
  if (!request.ok) return printUserError(request.error, io.stderr);
  const result = await runSession({ cwd: io.cwd, env: io.env, ...request.value }, io);
  return result.ok ? result.value : printUserError(result.error, io.stderr);
}
