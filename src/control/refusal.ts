import type { ServerResponse } from 'node:http';

/** Why the API did not do what it was asked for. The HTTP status of each is in `STATUS_OF`. */
export interface Refusal {
  readonly code: RefusalCode;
  /** For people; with the way out where there is one. */
  readonly message: string;
  /** Of a call that failed: the name of its gRPC status, and why the gateway answered itself (null: it did not). */
  readonly call?: { readonly status: string; readonly reason: string | null };
}

export const STATUS_OF = {
  'invalid-request': 400,
  'no-token': 401,
  'wrong-token': 401,
  'foreign-host': 403,
  'foreign-origin': 403,
  'not-found': 404,
  'unknown-target': 404,
  'unknown-function': 404,
  'unknown-job': 404,
  'method-not-allowed': 405,
  'not-possible': 409,
  'body-too-large': 413,
  'not-json': 415,
  'internal-error': 500,
  'call-failed': 502,
  'session-starting': 503,
  'session-ending': 503,
  'too-many-streams': 503,
  'call-timed-out': 504,
} as const;

export type RefusalCode = keyof typeof STATUS_OF;

/** What goes over the wire. */
export interface ErrorBody {
  readonly error: Refusal;
}

/** Answers with a refusal where the API itself does not come to it. */
export function refuseOn(response: ServerResponse, error: Refusal): void {
  const body: ErrorBody = { error };
  response.writeHead(STATUS_OF[error.code], { 'content-type': 'application/json' });
  response.end(JSON.stringify(body));
}
