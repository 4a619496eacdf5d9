import type { RpcStatus } from '../protocol/typed-server.js';
import { FunctionError } from './function-error.js';

/** The message of whatever was thrown. */
export function messageOf(thrown: unknown): string {
  return thrown instanceof Error ? thrown.message : String(thrown);
}

/** The status for what a handler threw: never with a stack, which is nobody's business on the other side. */
export function toStatus(thrown: unknown, signal: AbortSignal): RpcStatus {
  if (thrown instanceof FunctionError) return { code: thrown.code, message: thrown.message };
  // Node's own functions throw an AbortError of theirs where the signal's reason says what happened.
  if (signal.aborted && thrown instanceof Error && thrown.name === 'AbortError') {
    return toStatus(signal.reason, signal);
  }
  return { code: 'INTERNAL', message: messageOf(thrown) };
}
