import { runSession } from '../dev/session.js';
import { printUserError } from './errors.js';
import type { CliIo } from './io.js';
import { type RunArguments, readRunArguments } from './run-arguments.js';
import { GiveUp } from './run-give-up.js';

/** `croupier run`: answers the exit code when the session has ended. */
export async function runCommand(args: RunArguments, io: CliIo): Promise<number> {
  const request = readRunArguments(args);
  if (!request.ok) return printUserError(request.error, io.stderr);
  const giveUp = new GiveUp();
  const result = await runSession(
    {
      cwd: io.cwd,
      env: io.env,
      ...request.value,
      watch: false,
      profile: 'run',
      reloadsOnHangup: true,
      giveUp: (event) => giveUp.look(event),
    },
    io,
  );
  return result.ok ? result.value : printUserError(result.error, io.stderr);
}
