import { stopAnswerSchema } from '../control/schemas.js';
import { delay, systemClock } from '../core/clock.js';
import { formatDuration } from '../observe/duration.js';
import { printUserError } from './errors.js';
import type { CliIo } from './io.js';
import { readTimeout, type StopArguments } from './session-arguments.js';
import { explainControlFailure, findSession, sessionRuns } from './session-client.js';

/** Longer than any drain and stop by default (ms). */
const DEFAULT_TIMEOUT_MS = 60_000;
const LOOK_EVERY_MS = 20;

/** `croupier stop`: ends the session and waits until its process is gone. Answers the exit code: 0; 1 where it is still there in the end. */
export async function stopCommand(args: StopArguments, io: CliIo): Promise<number> {
  const timeout = readTimeout(args.timeout, DEFAULT_TIMEOUT_MS);
  if (!timeout.ok) return printUserError(timeout.error, io.stderr);
  const found = await findSession(io);
  if (!found.ok) return printUserError(found.error, io.stderr);
  const { session, client } = found.value;
  const startedAt = systemClock.now();
  const answer = await client.post('/v1/stop', { force: args.force }, stopAnswerSchema);
  if (!answer.ok) return printUserError(explainControlFailure(answer.error, found.value), io.stderr);
  while (await sessionRuns(session)) {
    if (systemClock.now() - startedAt > timeout.value) {
      const message = `the session of process ${session.pid} still runs after ${formatDuration(timeout.value)}`;
      const wayOut = 'It drains its calls. To end it at once: croupier stop --force';
      return printUserError({ exitCode: 1, message, wayOut }, io.stderr);
    }
    await delay(systemClock, LOOK_EVERY_MS);
  }
  const ms = Math.round(systemClock.now() - startedAt);
  io.stdout.write(
    args.json ? `${JSON.stringify({ pid: session.pid, ms })}\n` : `stopped in ${formatDuration(ms)}\n`,
  );
  return 0;
}
