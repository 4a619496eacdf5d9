import { randomUUID } from 'node:crypto';
import type { InvokeRequest } from '../protocol/gen/croupier/function/v1/function.js';
import type { JobContext } from './context.js';

type Reporting = Pick<JobContext, 'jobId' | 'progress' | 'log'>;

/** Of a job that is called as a plain function nobody hears the reports. */
const UNHEARD: Reporting = { jobId: null, progress: () => {}, log: () => {} };

/** `deadline` in ms of Date.now(); null: none. */
export function createContext(
  request: InvokeRequest,
  signal: AbortSignal,
  deadline: number | null,
  reporting: Reporting = UNHEARD,
): JobContext {
  return {
    functionId: request.functionId,
    callId: randomUUID(),
    metadata: Object.freeze({ ...request.metadata }),
    idempotencyKey: request.idempotencyKey === '' ? null : request.idempotencyKey,
    deadline: deadline === null ? null : new Date(deadline),
    remaining: () => (deadline === null ? Number.POSITIVE_INFINITY : Math.max(0, deadline - Date.now())),
    signal,
    ...reporting,
  };
}
