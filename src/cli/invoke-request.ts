import { parseDuration } from '../config/duration.js';
import { err, ok, type Result } from '../core/result.js';
import type { UserError } from '../core/user-error.js';
import type { InvokeRequest } from '../protocol/gen/croupier/function/v1/function.js';
import type { InvokeArguments } from './invoke-arguments.js';
import { findJsonProblem } from './json-problem.js';

/** As long as the gateway holds a call. */
const DEFAULT_TIMEOUT_MS = 30_000;

export interface InvokeOrder {
  readonly request: InvokeRequest;
  /** Of one call. */
  readonly timeoutMs: number;
  /** Of a job from its start to its end; null: as long as it takes. */
  readonly jobTimeoutMs: number | null;
}

/** Checks what was typed. `payload` is the text of the argument, or of stdin where the argument is `-`. */
export function readInvokeRequest(args: InvokeArguments, payload: string): Result<InvokeOrder, UserError> {
  if (args.functionId.trim() === '') return usage('the id of the function is empty');
  const problem = payload.trim() === '' ? null : findJsonProblem(payload);
  if (problem !== null) {
    const at = `line ${problem.line}, column ${problem.column}`;
    return usage(
      `the payload is not JSON: ${problem.message} at ${at}\n${excerpt(problem.text, problem.column)}`,
      `For example: croupier invoke ${args.functionId} '{"playerId": "42"}'`,
    );
  }
  const metadata = readMetadata(args.metadata);
  if (!metadata.ok) return metadata;
  const timeout = readTimeout(args.timeout);
  if (!timeout.ok) return timeout;
  return ok({
    request: {
      functionId: args.functionId,
      idempotencyKey: args.idempotencyKey ?? '',
      payload: Buffer.from(payload.trim()),
      metadata: metadata.value,
    },
    timeoutMs: timeout.value ?? DEFAULT_TIMEOUT_MS,
    jobTimeoutMs: timeout.value,
  });
}

function readMetadata(entries: readonly string[]): Result<Record<string, string>, UserError> {
  const metadata: Record<string, string> = {};
  for (const entry of entries) {
    const equals = entry.indexOf('=');
    if (equals < 1) {
      return usage(
        `--metadata is ${JSON.stringify(entry)}, but it must be key=value`,
        'For example: --metadata game_id=demo',
      );
    }
    metadata[entry.slice(0, equals)] = entry.slice(equals + 1);
  }
  return ok(metadata);
}

function readTimeout(text: string | undefined): Result<number | null, UserError> {
  if (text === undefined) return ok(null);
  const duration = parseDuration(/^\d+$/.test(text) ? Number(text) : text);
  if (!duration.ok) return usage(`--timeout is ${JSON.stringify(text)}, but ${duration.error}`);
  if (duration.value === 0) return usage('--timeout is 0: no call can be answered in no time');
  return duration;
}

/** The part of a line around a column, with a mark below it. */
function excerpt(line: string, column: number): string {
  const start = Math.max(0, column - 41);
  return `${line.slice(start, start + 80)}\n${' '.repeat(column - 1 - start)}^`;
}

function usage(message: string, wayOut?: string): Result<never, UserError> {
  return err({ exitCode: 2, message, ...(wayOut === undefined ? {} : { wayOut }) });
}
