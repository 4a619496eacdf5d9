import type { RpcStatus } from '../protocol/served-call.js';
import type { CallContext } from './context.js';
import { FunctionError } from './function-error.js';

/** Tells of an exception that a handler did not mean for its caller. */
export type ReportBug = (functionId: string, callId: string, bug: unknown) => void;

/** The message of whatever was thrown. */
export function messageOf(thrown: unknown): string {
  return thrown instanceof Error ? thrown.message : String(thrown);
}

/** Node's own functions throw an AbortError of theirs where the signal's reason says what happened. */
export function isAbortOf(thrown: unknown, signal: AbortSignal): boolean {
  return signal.aborted && thrown instanceof Error && thrown.name === 'AbortError';
}

/**
 * The status for what a handler threw. Only a FunctionError is meant for the caller: the message of any other can hold what is
 * nobody's business on the other side, so the caller gets the id by which the app's own log tells more.
 */
export function toStatus(thrown: unknown, context: Pick<CallContext, 'callId' | 'signal'>): RpcStatus {
  if (thrown instanceof FunctionError) return { code: thrown.code, message: thrown.message };
  if (isAbortOf(thrown, context.signal) && thrown !== context.signal.reason) {
    return toStatus(context.signal.reason, context);
  }
  return {
    code: 'INTERNAL',
    message: `the function failed; the server's log tells more of call ${context.callId}`,
  };
}
