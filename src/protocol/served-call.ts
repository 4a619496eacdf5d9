import type { Deadline, ServerUnaryCall, sendUnaryData } from '@grpc/grpc-js';
import { err, type Result } from '../core/result.js';
import { type ErrorStatusName, STATUS_CODES } from './status-codes.js';

/** Why a call is refused or has failed. */
export interface RpcStatus {
  readonly code: ErrorStatusName;
  /** Cut to MAX_STATUS_MESSAGE characters on the way out. */
  readonly message: string;
}

/** A status message travels in a header, where escaping makes nine bytes of one character and many peers refuse 16 KiB. */
export const MAX_STATUS_MESSAGE = 1024;

/** What the transport knows about one call. */
export interface IncomingCall {
  /** When the caller stops waiting, in ms of Date.now(); null: never. */
  readonly deadline: number | null;
  /** Aborted when the caller cancelled or went away, or the deadline passed; never after the answer. */
  readonly signal: AbortSignal;
}

export interface WatchedCall extends IncomingCall {
  /** The call was answered: its signal stays as it is. */
  end(): void;
}

export function watchCall(
  call: Pick<ServerUnaryCall<unknown, unknown>, 'getDeadline' | 'cancelled' | 'once'>,
): WatchedCall {
  const controller = new AbortController();
  let ended = false;
  const abort = () => {
    // grpc-js reports every closed stream as cancelled, answered or not.
    if (!ended) controller.abort(new Error('the caller cancelled or its deadline passed'));
  };
  if (call.cancelled) abort();
  else call.once('cancelled', abort);
  return {
    deadline: toEpoch(call.getDeadline()),
    signal: controller.signal,
    end() {
      ended = true;
    },
  };
}

function toEpoch(deadline: Deadline): number | null {
  const epoch = typeof deadline === 'number' ? deadline : deadline.getTime();
  return Number.isFinite(epoch) ? epoch : null;
}

export function answer<Response>(
  call: WatchedCall,
  respond: sendUnaryData<Response>,
  result: Result<Response, RpcStatus>,
): void {
  call.end();
  if (result.ok) respond(null, result.value);
  else respond(toServerStatus(result.error));
}

/** A throw is a bug, and answered with INTERNAL. */
export function attempt<T>(handle: () => Result<T, RpcStatus>): Result<T, RpcStatus> {
  try {
    return handle();
  } catch (bug) {
    return err(describeBug(bug));
  }
}

export function describeBug(bug: unknown): RpcStatus {
  return { code: 'INTERNAL', message: bug instanceof Error ? bug.message : String(bug) };
}

export function toServerStatus(failure: RpcStatus): { code: number; details: string } {
  // Through a Buffer, because grpc-js throws at half a surrogate pair, which the cut or the message itself can leave.
  const details = Buffer.from(failure.message.slice(0, MAX_STATUS_MESSAGE)).toString();
  return { code: STATUS_CODES[failure.code], details };
}
