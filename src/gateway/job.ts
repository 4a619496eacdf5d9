import type { CancelTimer } from '../core/clock.js';
import type { ChildCall } from '../protocol/child-call.js';
import type { WireMetadata } from '../protocol/wire-metadata.js';
import type { FunctionEndpoint } from './endpoint.js';
import type { JobEnd } from './job-events.js';
import type { JobLog } from './job-log.js';
import type { ServingProcess } from './serving-process.js';
import type { Underway } from './underway.js';

/** Where a job runs, and what StartJob was called with. */
export interface JobOrigin {
  readonly process: ServingProcess;
  readonly endpoint: FunctionEndpoint;
  readonly metadata: WireMetadata;
}

/** One job, from the answer to StartJob on. */
export interface Job extends JobOrigin, Underway {
  readonly kind: 'job';
  /** The id that callers know. */
  readonly id: string;
  /** The id that the child gave; unique only within its process. */
  readonly childId: string;
  readonly log: JobLog;
  /** The one StreamJob toward the child. */
  stream: ChildCall | null;
  /** Null: it runs. */
  end: JobEnd | null;
  /** The drain's time was up and the job got a CancelJob. */
  isCut: boolean;
  /** Ends the wait for a stream that stays open after the terminal event. */
  cancelTimer: CancelTimer | null;
}

/** What GetJobResult tells of a job that has not ended. */
export interface RunningJob {
  readonly state: 'running';
  readonly payload: Buffer;
  readonly error: string;
}

export const RUNNING: RunningJob = { state: 'running', payload: Buffer.alloc(0), error: '' };
