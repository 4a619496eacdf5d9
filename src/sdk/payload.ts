import { err, ok, type Result } from '../core/result.js';
import type { RpcStatus } from '../protocol/served-call.js';
import { messageOf } from './handler-failure.js';

const EMPTY = Buffer.alloc(0);
const utf8 = new TextDecoder('utf-8', { fatal: true });

/**
 * JSON text to a value; an empty payload is `undefined`. `T` is what the handler says it takes: nothing checks
 * that the caller sent such a value.
 */
export function decodeJson<T>(payload: Uint8Array): Result<T, RpcStatus> {
  try {
    const value: T = payload.length === 0 ? undefined : JSON.parse(utf8.decode(payload));
    return ok(value);
  } catch (error) {
    return err({ code: 'INVALID_ARGUMENT', message: `the payload is not JSON: ${messageOf(error)}` });
  }
}

/** A value to JSON text; `undefined` is an empty payload. */
export function encodeJson(value: unknown): Result<Buffer, RpcStatus> {
  if (value === undefined) return ok(EMPTY);
  try {
    const text: string | undefined = JSON.stringify(value);
    if (text !== undefined) return ok(Buffer.from(text));
    return err({
      code: 'INTERNAL',
      message: `the function returned a ${typeof value}, which JSON cannot hold`,
    });
  } catch (error) {
    return err({
      code: 'INTERNAL',
      message: `what the function returned cannot be written as JSON: ${messageOf(error)}`,
    });
  }
}

/** What a handler of bytes returned. */
export function encodeBytes(value: unknown): Result<Buffer, RpcStatus> {
  if (value === undefined) return ok(EMPTY);
  if (value instanceof Uint8Array) {
    return ok(Buffer.from(value.buffer, value.byteOffset, value.byteLength));
  }
  return err({
    code: 'INTERNAL',
    message: `the function handles bytes but returned ${value === null ? 'null' : `a ${typeof value}`}`,
  });
}
