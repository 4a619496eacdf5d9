import { ControlClient, type ControlFailure } from '../control/client.js';
import { readSession } from '../control/session-file.js';
import type { Session } from '../control/types.js';
import { assertNever } from '../core/failure.js';
import { err, ok, type Result } from '../core/result.js';
import type { ExitCode, UserError } from '../core/user-error.js';
import { isRunning, procIsReadable, readStat } from '../process/proc.js';
import type { CliIo } from './io.js';

/** The running session of this project, and how it is talked to. */
export interface FoundSession {
  readonly session: Session;
  readonly client: ControlClient;
}

/** The session of this folder or of one above it. The error says how to start one. */
export async function findSession({
  cwd,
  stderr,
}: Pick<CliIo, 'cwd' | 'stderr'>): Promise<Result<FoundSession, UserError>> {
  const session = await readSession(cwd, {
    isAlive: sessionRuns,
    onNotice: (message) => stderr.write(`${message}\n`),
  });
  if (session === null) {
    return err({
      exitCode: 3,
      message: `no session of this project is running (looked in ${cwd} and the folders above)`,
      wayOut: 'Start one: croupier dev',
    });
  }
  const { control: url, token, pid } = session;
  if (url !== null && token !== null) return ok({ session, client: new ControlClient({ url, token }) });
  return err({
    exitCode: 3,
    message: `the session of process ${pid} has no control API`,
    wayOut: `It may be of another version. End it, and start it again: kill ${pid}`,
  });
}

/** Whether its runner still runs, and not another process that was given its number. */
export async function sessionRuns({ pid, startTime }: Pick<Session, 'pid' | 'startTime'>): Promise<boolean> {
  if (procIsReadable) {
    const stat = readStat(pid);
    return isRunning(stat) && (startTime === 0 || stat.startTime === startTime);
  }
  // Elsewhere another program has to be asked, which is only loaded there.
  const { processStartTime } = await import('../process/start-time.js');
  const found = await processStartTime(pid);
  return found !== null && (startTime === 0 || found === startTime);
}

/** A request that came to nothing, for people. */
export function explainControlFailure(failure: ControlFailure, { session }: FoundSession): UserError {
  switch (failure.reason) {
    case 'unreachable':
      return {
        exitCode: 3,
        message: `the session of process ${session.pid} does not answer at ${session.control}: ${failure.message}`,
        wayOut: 'It may just have ended. Start one: croupier dev',
      };
    case 'refused':
      return { exitCode: exitCodeOf(failure.code), message: failure.message };
    case 'not-understood':
      return {
        exitCode: 3,
        message: `the session of process ${session.pid} answers in a way that is not known here: ${failure.message}`,
        wayOut: 'It may be of another version of croupier. End it, and start it again.',
      };
    default:
      return assertNever(failure);
  }
}

function exitCodeOf(code: string): ExitCode {
  if (code === 'unknown-target' || code === 'unknown-function' || code === 'invalid-request') return 2;
  return code === 'session-ending' || code === 'session-starting' ? 3 : 1;
}
