import { type DrainAnswer, drainAnswerSchema } from '../control/schemas.js';
import { formatDuration } from '../observe/duration.js';
import { printUserError } from './errors.js';
import type { CliIo } from './io.js';
import { type DrainArguments, readTimeout } from './session-arguments.js';
import { explainControlFailure, findSession } from './session-client.js';
import { counted } from './session-page.js';

/** What a service gets by default to end its calls and jobs in when it runs for good (ms). */
const DEFAULT_TIMEOUT_MS = 60_000;

/**
 * `croupier drain`: takes services out of routing upstream and waits for their calls. Answers the exit code: 0 where nothing is left, 1 where
 * the time was up before.
 */
export async function drainCommand(args: DrainArguments, io: CliIo): Promise<number> {
  const timeout = readTimeout(args.timeout, DEFAULT_TIMEOUT_MS);
  if (!timeout.ok) return printUserError(timeout.error, io.stderr);
  const found = await findSession(io);
  if (!found.ok) return printUserError(found.error, io.stderr);
  const target = args.service === undefined ? {} : { target: args.service };
  const body = { ...target, timeoutMs: Math.round(timeout.value) };
  const answer = await found.value.client.post('/v1/drain', body, drainAnswerSchema);
  if (!answer.ok) return printUserError(explainControlFailure(answer.error, found.value), io.stderr);
  io.stdout.write(`${args.json ? JSON.stringify(answer.value) : describe(answer.value)}\n`);
  return answer.value.isDrained ? 0 : 1;
}

function describe({ isDrained, services, inFlight, held, ms }: DrainAnswer): string {
  const names = services.join(', ');
  if (isDrained) return `drained ${names} in ${formatDuration(ms)}`;
  const left = `${counted(inFlight.calls, 'call')} and ${counted(inFlight.jobs, 'job')} under way, ${held} held`;
  return `not drained after ${formatDuration(ms)}: ${names} has ${left}`;
}
