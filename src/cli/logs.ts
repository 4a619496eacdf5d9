import { logsAnswerSchema, type OutputLine, outputEventSchema } from '../control/schemas.js';
import type { SseEvent } from '../control/sse.js';
import { delay, systemClock } from '../core/clock.js';
import { printable } from '../observe/printable.js';
import type { OutputStream } from '../observe/types.js';
import { printUserError } from './errors.js';
import type { CliIo } from './io.js';
import type { LogsArguments } from './session-arguments.js';
import { explainControlFailure, type FoundSession, findSession, sessionRuns } from './session-client.js';

/** Pause before the session is asked again when the connection broke (ms), and how often in a row. */
const RETURN_AFTER_MS = 100;
const MOST_FAILURES = 20;

/** `croupier logs`: what the processes of the session wrote; with `--follow` until the session ends. Answers the exit code. */
export async function logsCommand(args: LogsArguments, io: CliIo): Promise<number> {
  const found = await findSession(io);
  if (!found.ok) return printUserError(found.error, io.stderr);
  const query = new URLSearchParams();
  if (args.service !== undefined) query.set('service', args.service);
  if (args.lines !== undefined) {
    if (!/^\d{1,6}$/.test(args.lines) || Number(args.lines) === 0) {
      const message = `--lines is ${JSON.stringify(args.lines)}, but it must be a number from 1 to 100000`;
      return printUserError({ exitCode: 2, message }, io.stderr);
    }
    query.set('lines', args.lines);
  }
  const newest = await found.value.client.get(`/v1/logs?${query}`, logsAnswerSchema);
  if (!newest.ok) return printUserError(explainControlFailure(newest.error, found.value), io.stderr);
  const { lines, next } = newest.value;
  const printer = createPrinter(io, {
    json: args.json,
    showService: args.service === undefined && found.value.session.services.length > 1,
  });
  for (const line of lines) await printer(line);
  return args.follow ? follow(found.value, { service: args.service, next, printer }, io) : 0;
}

type Printer = (line: OutputLine) => Promise<void>;

/** Each line goes where the process wrote it; waits for a reader that is slow. */
function createPrinter(
  { stdout, stderr }: Pick<CliIo, 'stdout' | 'stderr'>,
  { json, showService }: { readonly json: boolean; readonly showService: boolean },
): Printer {
  return ({ time, service, generation, stream, line }) => {
    if (json) return write(stdout, JSON.stringify({ time, service, generation, stream, line }));
    const prefix = showService ? `${printable(service)} | ` : '';
    return write(stream === 'stdout' ? stdout : stderr, prefix + line);
  };
}

interface Following {
  readonly service: string | undefined;
  /** Id of the event after which to begin. */
  readonly next: string;
  readonly printer: Printer;
}

/** Goes on where it was when the connection breaks, or the session found it too slow, as long as the session is there. */
async function follow(
  found: FoundSession,
  { service, next, printer }: Following,
  { stderr }: CliIo,
): Promise<number> {
  let after = next;
  let failures = 0;
  for (;;) {
    const query = new URLSearchParams({ types: 'process.output', after });
    if (service !== undefined) query.set('service', service);
    for await (const item of found.client.events(`/v1/events?${query}`, new AbortController().signal)) {
      if (!item.ok) {
        failures += 1;
        const mayReturn = item.error.reason === 'unreachable' && failures < MOST_FAILURES;
        if (mayReturn && (await sessionRuns(found.session))) break;
        return printUserError(explainControlFailure(item.error, found), stderr);
      }
      failures = 0;
      if (item.value.id !== '') after = item.value.id;
      if (item.value.type === 'session.closed') return 0;
      if (item.value.type === 'stream.gap') stderr.write('(lines are missing here: there were too many)\n');
      const output = readOutput(item.value);
      if (output !== null) await printer(output);
    }
    await delay(systemClock, RETURN_AFTER_MS);
  }
}

function readOutput({ type, data }: SseEvent): OutputLine | null {
  if (type !== 'process.output') return null;
  const output = outputEventSchema.safeParse(JSON.parse(data));
  return output.success ? output.data : null;
}

function write(stream: OutputStream, line: string): Promise<void> {
  return new Promise((resolve) => {
    stream.write(`${line}\n`, () => resolve());
  });
}
