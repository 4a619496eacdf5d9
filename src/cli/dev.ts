import { displayWords } from '../config/command.js';
import { runSession } from '../dev/session.js';
import type { SessionOptions } from '../dev/session-options.js';
import { type DevArguments, type DevRequest, readDevArguments } from './dev-arguments.js';
import { printUserError } from './errors.js';
import type { CliIo } from './io.js';

/** `croupier dev`: answers the exit code when the session has ended. */
export async function devCommand(args: DevArguments, io: CliIo): Promise<number> {
  const request = readDevArguments(args);
  if (!request.ok) return printUserError(request.error, io.stderr);
  const { ci, ...asked } = request.value;
  const session = { cwd: io.cwd, env: io.env, ...asked };
  const result = await runSession(
    ci === null ? session : { ...session, ...(await ciOptions(ci, asked, io)) },
    io,
  );
  return result.ok ? result.value : printUserError(result.error, io.stderr);
}

/** With `--ci` the session lasts as long as a command runs, which has the terminal. */
async function ciOptions(
  words: readonly string[],
  { json }: Pick<DevRequest, 'json'>,
  io: CliIo,
): Promise<Pick<SessionOptions, 'task' | 'isPlain'>> {
  const { createCiTask } = await import('../dev/ci-command.js');
  const task = createCiTask({
    command: { argv: words, shell: false, display: displayWords(words) },
    cwd: io.cwd,
    env: io.env,
    stdoutIsTaken: json,
    isAtTerminal: io.stdin.isTTY === true,
    onProblem: (error) => printUserError(error, io.stderr),
  });
  return { task, isPlain: true };
}
