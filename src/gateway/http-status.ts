import { STATUS_CODES as HTTP_REASONS } from 'node:http';
import type { RpcStatus } from '../protocol/grpc-status.js';
import { STATUS_CODES } from '../protocol/status-codes.js';

/**
 * What an HTTP status means to a caller of the function. As google.rpc.Code documents its HTTP mapping, read backwards:
 * https://github.com/googleapis/googleapis/blob/master/google/rpc/code.proto
 * Of the codes that share 409 it is ABORTED, as in Google's own clients; 422 is what frameworks answer to a body that they cannot
 * validate; 405, 410, 413, 415 and 431 by their meaning.
 */
const CODES: ReadonlyMap<number, number> = new Map([
  [400, STATUS_CODES.INVALID_ARGUMENT],
  [401, STATUS_CODES.UNAUTHENTICATED],
  [403, STATUS_CODES.PERMISSION_DENIED],
  [404, STATUS_CODES.NOT_FOUND],
  [405, STATUS_CODES.UNIMPLEMENTED],
  [408, STATUS_CODES.DEADLINE_EXCEEDED],
  [409, STATUS_CODES.ABORTED],
  [410, STATUS_CODES.NOT_FOUND],
  [412, STATUS_CODES.FAILED_PRECONDITION],
  [413, STATUS_CODES.RESOURCE_EXHAUSTED],
  [415, STATUS_CODES.INVALID_ARGUMENT],
  [416, STATUS_CODES.OUT_OF_RANGE],
  [422, STATUS_CODES.INVALID_ARGUMENT],
  [429, STATUS_CODES.RESOURCE_EXHAUSTED],
  [431, STATUS_CODES.RESOURCE_EXHAUSTED],
  [499, STATUS_CODES.CANCELLED],
  [501, STATUS_CODES.UNIMPLEMENTED],
  [502, STATUS_CODES.UNAVAILABLE],
  [503, STATUS_CODES.UNAVAILABLE],
  [504, STATUS_CODES.DEADLINE_EXCEEDED],
]);

/**
 * So much of a body goes into the status message, in bytes of UTF-8: in a gRPC trailer each can take three, and peers commonly take
 * 8 KiB of trailers in all.
 */
const SHOWN_BODY_BYTES = 2000;

export function isSuccess(httpStatus: number): boolean {
  return httpStatus >= 200 && httpStatus < 300;
}

/** The gRPC status for an answer that is no success. `location` is where a redirect points; it is not followed. */
export function statusOfHttp(httpStatus: number, body: Uint8Array, location: string | undefined): RpcStatus {
  const reason = HTTP_REASONS[httpStatus];
  const named = reason === undefined ? `HTTP ${httpStatus}` : `HTTP ${httpStatus} ${reason}`;
  const isRedirect = httpStatus >= 300 && httpStatus < 400 && location !== undefined;
  const text = isRedirect
    ? `redirects are not followed; it points to ${printable(Buffer.from(location))}`
    : printable(body);
  return { code: codeOf(httpStatus), message: text === '' ? named : `${named}: ${text}` };
}

function codeOf(httpStatus: number): number {
  const code = CODES.get(httpStatus);
  if (code !== undefined) return code;
  if (httpStatus >= 300 && httpStatus < 500) return STATUS_CODES.FAILED_PRECONDITION;
  return httpStatus >= 500 && httpStatus < 600 ? STATUS_CODES.INTERNAL : STATUS_CODES.UNKNOWN;
}

/** A body as one line of a message: without control characters, at most 2,000 bytes. */
export function printable(body: Uint8Array): string {
  const text = Buffer.from(body.subarray(0, SHOWN_BODY_BYTES))
    .toString('utf8')
    // A character that the limit cut in two.
    .replace(/\uFFFD+$/, '')
    .replaceAll(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\s]+/gu, ' ')
    .trim();
  return body.length > SHOWN_BODY_BYTES ? `${text}…` : text;
}
