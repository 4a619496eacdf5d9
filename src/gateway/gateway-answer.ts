import { statusAnswer } from '../protocol/child-call.js';
import type { RawAnswer } from '../protocol/raw-server.js';
import { STATUS_CODES } from '../protocol/status-codes.js';
import type { WireMetadata } from '../protocol/wire-metadata.js';
import type { HoldReason } from './types.js';

const REASON = 'croupier-reason';
const REASONS: Readonly<Record<HoldReason, HoldReason>> = {
  'hold-queue-full': 'hold-queue-full',
  'hold-timeout': 'hold-timeout',
  'generation-failed': 'generation-failed',
  'drain-timeout': 'drain-timeout',
  'child-lost': 'child-lost',
};

/** Trailing metadata that tells callers why the gateway answered by itself. */
export function reasonTrailers(reason: HoldReason, generation: number | null): WireMetadata {
  return {
    [REASON]: [reason],
    ...(generation === null ? {} : { 'croupier-generation': [String(generation)] }),
  };
}

/** The reason that trailing metadata tells; null: none that is known. */
export function readReason(trailers: WireMetadata): HoldReason | null {
  const [told] = trailers[REASON] ?? [];
  return Object.values(REASONS).find((reason) => reason === told) ?? null;
}

/** UNAVAILABLE with the reason in words and in metadata. */
export function unavailable(reason: HoldReason, generation: number | null, words: string): RawAnswer {
  return statusAnswer(
    { code: STATUS_CODES.UNAVAILABLE, message: `${reason}: ${words}` },
    reasonTrailers(reason, generation),
  );
}

/** For everything that is held or under way when the gateway closes. */
export const CLOSING: RawAnswer = statusAnswer({
  code: STATUS_CODES.UNAVAILABLE,
  message: 'the gateway is closing',
});

export function invalidArgument(message: string): RawAnswer {
  return statusAnswer({ code: STATUS_CODES.INVALID_ARGUMENT, message });
}

export function notFound(message: string): RawAnswer {
  return statusAnswer({ code: STATUS_CODES.NOT_FOUND, message });
}

/** What was not foreseen went wrong; whoever called is told, and everything else goes on. */
export function internalError(bug: unknown): RawAnswer {
  const message = bug instanceof Error ? bug.message : String(bug);
  return statusAnswer({ code: STATUS_CODES.INTERNAL, message });
}

export function okAnswer(body: Uint8Array): RawAnswer {
  return {
    status: { code: STATUS_CODES.OK, message: '' },
    headers: null,
    trailers: {},
    body: Buffer.from(body),
  };
}
