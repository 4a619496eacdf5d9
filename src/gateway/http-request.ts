import { err, ok, type Result } from '../core/result.js';
import type { InvokeRequest } from '../protocol/gen/croupier/function/v1/function.js';
import type { WireMetadata } from '../protocol/wire-metadata.js';
import type { HttpFunction } from './http-function.js';

/** A request as it goes to the process. */
export interface HttpRequestParts {
  readonly method: string;
  readonly path: string;
  readonly headers: Readonly<Record<string, string | readonly string[]>>;
  /** null: the method has none. */
  readonly body: Buffer | null;
}

/** What StartJob takes as an answer, most wanted first. */
const JOB_ACCEPT = 'text/event-stream, application/x-ndjson, application/json;q=0.9, */*;q=0.1';
const CALL_ACCEPT = 'application/json, */*;q=0.1';

/** Methods whose requests have no body with a meaning (RFC 9110, 9.3): the payload's fields go into the query. */
const WITHOUT_BODY: ReadonlySet<string> = new Set(['GET', 'HEAD', 'DELETE', 'OPTIONS']);

/** gRPC metadata that would change how HTTP itself is spoken. Other metadata of a call is passed on under its own name. */
const NOT_PASSED =
  /^(?:accept|content-|croupier-|idempotency-key$|if-|expect$|range$|user-agent$|grpc-|te$|priority$)/;

const EMPTY_OBJECT = Buffer.from('{}');

export interface CallFacts {
  readonly kind: 'call' | 'job';
  /** gRPC metadata of the call. */
  readonly metadata: WireMetadata;
  /** Time until the caller's deadline in ms; null: none. */
  readonly timeoutMs: number | null;
}

/**
 * The HTTP request for a call. An error is a sentence about what is wrong with the payload: it is no JSON or not what the function's
 * schema asks for.
 *
 * Headers: `croupier-function-id`, `idempotency-key` (where the call has one), `croupier-timeout-ms` (whole ms until the caller's
 * deadline; only where a call has one), each entry of the request's metadata as `croupier-metadata-<key>`, and the call's
 * own gRPC metadata (`authorization`, `traceparent`, ...) under its own name. Values are percent-encoded as in `grpc-message`: UTF-8 bytes
 * outside printable ASCII, and `%` itself; most values are thus as they were.
 */
export function buildRequest(
  target: HttpFunction,
  invoke: InvokeRequest,
  call: CallFacts,
): Result<HttpRequestParts, string> {
  // An empty payload is no JSON; to the process it is a call without arguments.
  const payload = invoke.payload.length === 0 ? EMPTY_OBJECT : invoke.payload;
  const hasBody = !WITHOUT_BODY.has(target.method);
  let path = target.path;
  if (target.input !== null || !hasBody) {
    const value = parseJson(payload);
    if (!value.ok) return value;
    const problem = target.input?.check(value.value) ?? null;
    if (problem !== null) return err(`the payload does not fit the function's input schema: ${problem}`);
    if (!hasBody) {
      const query = toQuery(value.value, target.method);
      if (!query.ok) return query;
      path = appendQuery(path, query.value);
    }
  }
  return ok({
    method: target.method,
    path,
    headers: buildHeaders(invoke, call, hasBody ? payload.length : null),
    body: hasBody ? payload : null,
  });
}

function buildHeaders(
  invoke: InvokeRequest,
  call: CallFacts,
  bodyLength: number | null,
): Record<string, string | readonly string[]> {
  const headers: Record<string, string | readonly string[]> = {};
  for (const [key, values] of Object.entries(call.metadata)) {
    if (!NOT_PASSED.test(key)) headers[key] = values.map(encodeValue);
  }
  for (const [key, value] of Object.entries(invoke.metadata)) {
    headers[`croupier-metadata-${encodeName(key)}`] = encodeValue(value);
  }
  headers['croupier-function-id'] = encodeValue(invoke.functionId);
  if (invoke.idempotencyKey !== '') headers['idempotency-key'] = encodeValue(invoke.idempotencyKey);
  if (call.kind === 'call' && call.timeoutMs !== null) {
    headers['croupier-timeout-ms'] = String(Math.max(1, Math.ceil(call.timeoutMs)));
  }
  headers.accept = call.kind === 'job' ? JOB_ACCEPT : CALL_ACCEPT;
  headers['accept-encoding'] = 'identity';
  headers['user-agent'] = 'croupier';
  if (bodyLength !== null) {
    headers['content-type'] = 'application/json';
    headers['content-length'] = String(bodyLength);
  }
  return headers;
}

/** Header names have no case and few characters; what does not fit is percent-encoded. */
function encodeName(key: string): string {
  return percentEncode(key.toLowerCase(), /[^a-z0-9._-]/gu);
}

/** Blanks at the ends would be taken off on the way. */
function encodeValue(value: string): string {
  return percentEncode(value, /[^\x20-\x24\x26-\x7e]|^ +| +$/gu);
}

function percentEncode(text: string, unsafe: RegExp): string {
  return text.replaceAll(unsafe, (characters) =>
    Array.from(
      Buffer.from(characters),
      (byte) => `%${byte.toString(16).toUpperCase().padStart(2, '0')}`,
    ).join(''),
  );
}

const utf8 = new TextDecoder('utf-8', { fatal: true });

function parseJson(payload: Uint8Array): Result<unknown, string> {
  try {
    const value: unknown = JSON.parse(utf8.decode(payload));
    return ok(value);
  } catch (error) {
    return err(`the payload is not JSON: ${error instanceof Error ? error.message : String(error)}`);
  }
}

/** The top-level fields as query parameters: scalars, arrays of scalars as repeated ones, null not at all. */
function toQuery(payload: unknown, method: string): Result<URLSearchParams, string> {
  const query = new URLSearchParams();
  if (typeof payload !== 'object' || payload === null || Array.isArray(payload)) {
    return err(`the function is served by ${method}, which takes a JSON object of plain fields`);
  }
  for (const [key, value] of Object.entries(payload)) {
    for (const one of Array.isArray(value) ? value : [value]) {
      if (one === null) continue;
      if (typeof one === 'object') {
        return err(
          `the function is served by ${method}, which takes plain fields, and "${key}" holds an object: serve it by POST`,
        );
      }
      query.append(key, String(one));
    }
  }
  return ok(query);
}

function appendQuery(path: string, query: URLSearchParams): string {
  if (query.size === 0) return path;
  return `${path}${path.includes('?') ? '&' : '?'}${query}`;
}
