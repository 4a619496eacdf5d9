import { isUtf8 } from 'node:buffer';
import type { CallAnswer } from './schemas.js';

/** A payload as JSON shows it: the value that it holds, or its bytes where it is no JSON; neither where it is empty. */
export function showPayload(payload: Buffer): CallAnswer {
  if (payload.length === 0) return {};
  if (!isUtf8(payload)) return { payloadBase64: payload.toString('base64') };
  try {
    return { payload: JSON.parse(payload.toString()) };
  } catch {
    return { payloadBase64: payload.toString('base64') };
  }
}

/** The bytes that a request means. */
export function readPayload(request: {
  readonly payload?: unknown;
  readonly payloadBase64?: string | undefined;
}): Buffer {
  if (request.payloadBase64 !== undefined) return Buffer.from(request.payloadBase64, 'base64');
  return request.payload === undefined ? Buffer.alloc(0) : Buffer.from(JSON.stringify(request.payload));
}
