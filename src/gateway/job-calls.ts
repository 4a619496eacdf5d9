import type { RawStreamCall, RawUnaryCall } from '../protocol/raw-server.js';

/** The methods that are called with a job's id, as one listener serves them. */
export interface JobCalls {
  /** StreamJob: all events from the start, then the end. */
  read(call: RawStreamCall): void;
  /** GetJobResult. */
  answerResult(call: RawUnaryCall): void;
  /** CancelJob. */
  answerCancel(call: RawUnaryCall): void;
}
