import type { RpcStatus } from './grpc-status.js';
import type { RawAnswer } from './raw-server.js';
import { NO_METADATA, type WireMetadata } from './wire-metadata.js';

export interface ChildRequest {
  /** `/package.Service/Method` */
  readonly path: string;
  readonly message: Buffer;
  readonly metadata: WireMetadata;
  /** Time until the caller's deadline in ms, told to the child; null: none. The caller of the channel enforces it. */
  readonly timeoutMs: number | null;
}

/**
 * How a call toward a child ended. What matters is what the child can have seen of it:
 * - `answered`: the child is alive and this is its status, whatever it says.
 * - `refused`: it never reached a handler (not sent, or disowned by the peer); it can be sent again.
 * - `lost`: sent, and the connection died before the answer was complete; it may have run.
 * - `cancelled`: ended by cancel().
 */
export type CallOutcome =
  | { readonly kind: 'answered'; readonly answer: RawAnswer }
  | { readonly kind: 'refused'; readonly message: string }
  | { readonly kind: 'lost'; readonly message: string }
  | { readonly kind: 'cancelled' };

export interface ChildCall {
  /** Resets the stream toward the child. The outcome is `cancelled` if there was none yet. */
  cancel(): void;
}

export interface ChildCallHandlers {
  /** Called exactly once, never before the call that started it has returned. */
  onOutcome(outcome: CallOutcome): void;
  /** Server streams: each message as it comes. A unary call's message is in the outcome. */
  onMessage?(message: Buffer): void;
}

/** An answer that consists of a status alone. */
export function statusAnswer(status: RpcStatus, trailers: WireMetadata = NO_METADATA): RawAnswer {
  return { status, headers: null, trailers, body: null };
}

/** A call that is not sent: its outcome is `refused`, unless it is cancelled in the same turn. */
export function refuseCall(handlers: ChildCallHandlers, message: string): ChildCall {
  let outcome: CallOutcome = { kind: 'refused', message };
  queueMicrotask(() => handlers.onOutcome(outcome));
  return {
    cancel() {
      outcome = { kind: 'cancelled' };
    },
  };
}
