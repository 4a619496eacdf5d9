import { assertNever } from '../core/failure.js';
import type { CallOutcome } from '../protocol/child-call.js';
import { CancelJobResponse } from '../protocol/gen/croupier/function/v1/function.js';
import { withJobId } from '../protocol/raw-codec.js';
import type { RawUnaryCall } from '../protocol/raw-server.js';
import { okAnswer, unavailable } from './gateway-answer.js';
import type { Job } from './job.js';

/** Passes a caller's CancelJob on to the child, under the child's id. For a job that ended there is nothing to do. */
export function forwardCancel(job: Job, call: RawUnaryCall): void {
  if (job.end !== null) {
    call.answer(okAnswer(CancelJobResponse.encode({ jobId: job.id }).finish()));
    return;
  }
  const forwarded = job.endpoint.cancelJob(
    {
      message: withJobId(call.request, job.childId),
      metadata: call.metadata,
      timeoutMs: call.remainingMs,
    },
    { onOutcome: (outcome) => passOutcome(job, call, outcome) },
  );
  call.onCancel(() => forwarded.cancel());
}

function passOutcome(job: Job, call: RawUnaryCall, outcome: CallOutcome): void {
  switch (outcome.kind) {
    case 'answered': {
      const { answer } = outcome;
      call.answer(answer.body === null ? answer : { ...answer, body: withJobId(answer.body, job.id) });
      return;
    }
    case 'refused':
      // With the job gone meanwhile, this answers at once.
      if (job.end === null) job.endpoint.whenReady(() => forwardCancel(job, call));
      else forwardCancel(job, call);
      return;
    case 'lost': {
      const { generation } = job.process.owner;
      call.answer(unavailable('child-lost', generation, 'the connection broke before an answer came'));
      return;
    }
    case 'cancelled':
      return;
    default:
      assertNever(outcome);
  }
}
