import { statusAnswer } from '../protocol/child-call.js';
import type { RawAnswer } from '../protocol/raw-server.js';
import { STATUS_CODES } from '../protocol/status-codes.js';
import type { WireMetadata } from '../protocol/wire-metadata.js';
import type { HoldReason } from './types.js';

/** Trailing metadata that tells callers why the gateway answered by itself. */
export function reasonTrailers(reason: HoldReason, generation: number | null): WireMetadata {
  return {
    'croupier-reason': [reason],
    ...(generation === null ? {} : { 'croupier-generation': [String(generation)] }),
  };
}

/** UNAVAILABLE with the reason in words and in metadata. */
export function unavailable(reason: HoldReason, generation: number | null, words: string): RawAnswer {
  return statusAnswer(
    { code: STATUS_CODES.UNAVAILABLE, message: `${reason}: ${words}` },
    reasonTrailers(reason, generation),
  );
}

export function invalidArgument(message: string): RawAnswer {
  return statusAnswer({ code: STATUS_CODES.INVALID_ARGUMENT, message });
}

export function notFound(message: string): RawAnswer {
  return statusAnswer({ code: STATUS_CODES.NOT_FOUND, message });
}

export function okAnswer(body: Uint8Array): RawAnswer {
  return {
    status: { code: STATUS_CODES.OK, message: '' },
    headers: null,
    trailers: {},
    body: Buffer.from(body),
  };
}
