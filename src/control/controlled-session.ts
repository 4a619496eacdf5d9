import type { Result } from '../core/result.js';
import type { EventLog } from './event-log.js';
import type { Refusal } from './refusal.js';
import type {
  DrainAnswer,
  DrainRequest,
  FunctionAnswer,
  GenerationAnswer,
  ReadinessAnswer,
  ReloadAnswer,
  RollbackAnswer,
  StatusAnswer,
} from './schemas.js';

/** A running session, as far as the control API shows and commands it. */
export interface ControlledSession {
  /** Of this program. */
  readonly version: string;
  readonly events: EventLog;
  readonly calls: CallsPort;
  status(): StatusAnswer;
  readiness(): ReadinessAnswer;
  functions(): readonly FunctionAnswer[];
  /** Of one service or all. */
  generations(service: string | null): readonly GenerationAnswer[];
  /** Null: there is such a service, now or before. */
  checkService(name: string): Refusal | null;
  /** Null: somebody serves the function. */
  checkFunction(id: string): Refusal | null;
  /** Resolves when all of it is over. Aborting the signal ends the waiting, not the reload. */
  reload(targets: readonly string[], signal: AbortSignal): Promise<Result<ReloadAnswer, Refusal>>;
  rollback(target: string | null, signal: AbortSignal): Promise<Result<RollbackAnswer, Refusal>>;
  setPaused(isPaused: boolean): void;
  drain(request: DrainRequest, signal: AbortSignal): Promise<Result<DrainAnswer, Refusal>>;
  /** Returns at once; the session ends soon afterwards. */
  stop(force: boolean): void;
  /** In the text format of Prometheus. */
  metrics(): Promise<{ readonly contentType: string; readonly text: string }>;
}

/** The functions, called without a connection; see the gateway's LocalCalls. */
export interface CallsPort {
  invoke(request: CallOrder, signal: AbortSignal): Promise<Result<Buffer, CallFailure>>;
  /** Empty: the service knows no such function. */
  startJob(request: CallOrder, signal: AbortSignal): Promise<Result<string, CallFailure>>;
  readJob(jobId: string, onEvent: (event: JobEventView) => void, signal: AbortSignal): boolean;
  cancelJob(jobId: string): boolean;
  jobResult(
    jobId: string,
  ): { readonly state: string; readonly payload: Buffer; readonly error: string } | null;
}

export interface CallOrder {
  readonly functionId: string;
  readonly idempotencyKey: string;
  readonly payload: Buffer;
  readonly metadata: Readonly<Record<string, string>>;
  readonly deadlineMs: number | null;
  readonly dispatchWithinMs: number | null;
}

export interface CallFailure {
  readonly code: string;
  readonly message: string;
  readonly reason: string | null;
}

export interface JobEventView {
  readonly type: string;
  readonly message: string;
  readonly progress: number;
  readonly payload: Buffer;
}
