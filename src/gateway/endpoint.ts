import type { ChildCall, ChildCallHandlers } from '../protocol/child-call.js';
import type { WireMetadata } from '../protocol/wire-metadata.js';

export interface EndpointHandlers {
  /** isReady may have changed. */
  onChange(): void;
  /** isReady may have become true because a call ended. */
  onRoom(): void;
  /** Nobody holds it any more; its connection closes. */
  onReleased(): void;
  onNotice(level: 'info' | 'warn' | 'error', message: string): void;
}

export interface FunctionRequest {
  /** An InvokeRequest (or CancelJobRequest) as protobuf. */
  readonly message: Buffer;
  readonly metadata: WireMetadata;
  /** Time until the caller's deadline in ms; null: none. */
  readonly timeoutMs: number | null;
}

/**
 * One address of one process where functions are called, whatever is spoken there. Requests and answers are the messages of the
 * function services. Lives as long as somebody retains it: registrations, calls under way and jobs.
 */
export interface FunctionEndpoint {
  /** The address answered at least once: it is known what is served there. */
  readonly isVerified: boolean;
  /** A function can be called now. */
  readonly isReady: boolean;
  retain(): void;
  /** The last one to let go closes the connection. */
  release(): void;
  /** Calls back once, as soon as isReady; never if the endpoint is destroyed before. */
  whenReady(listener: () => void): void;
  /** Looks again where nothing usable was found: the child registered again, so something may have changed. */
  refresh(): void;
  invoke(request: FunctionRequest, handlers: ChildCallHandlers): ChildCall;
  startJob(request: FunctionRequest, handlers: ChildCallHandlers): ChildCall;
  /** `message` is a JobStreamRequest; each JobEvent goes to onMessage. */
  streamJob(message: Buffer, metadata: WireMetadata, handlers: ChildCallHandlers): ChildCall;
  cancelJob(request: FunctionRequest, handlers: ChildCallHandlers): ChildCall;
  /** Ends everything at once; what is under way is lost. */
  destroy(): void;
  /** The process is gone: takes what it still sent, for at most `graceMs`, then ends everything. */
  finish(graceMs: number): Promise<void>;
}
