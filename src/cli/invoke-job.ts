import type { UserError } from '../core/user-error.js';
import type { AgentClient } from '../protocol/client.js';
import type { RpcFailure } from '../protocol/rpc.js';
import type { InvokeOrder } from './invoke-request.js';
import { describeJobEvent, serializeJobEvent } from './job-event-text.js';
import { suggestFunctions } from './unknown-function.js';

/** After Ctrl-C nobody wants to wait long for the answer to CancelJob, in ms. */
const CANCEL_TIMEOUT_MS = 2_000;

export type JobOutcome =
  | { readonly outcome: 'done' }
  /** It ended with `error` or `cancelled`, which was printed. */
  | { readonly outcome: 'failed' }
  | { readonly outcome: 'interrupted' }
  | { readonly outcome: 'rpc-failed'; readonly failure: RpcFailure }
  | { readonly outcome: 'refused'; readonly error: UserError };

export interface JobOutput {
  readonly json: boolean;
  readonly writeLine: (line: string) => void;
}

/** Starts a job, prints its events until it ends, and cancels it when `interrupted` is aborted or its time is up. */
export async function runJob(
  client: AgentClient,
  order: InvokeOrder,
  output: JobOutput,
  interrupted: AbortSignal,
): Promise<JobOutcome> {
  const { request, timeoutMs, jobTimeoutMs } = order;
  const startedAt = performance.now();
  const started = await client.startJob(request, { timeoutMs, signal: interrupted });
  if (!started.ok) return interrupted.aborted ? { outcome: 'interrupted' } : failed(started.error);
  const { jobId } = started.value;
  if (jobId === '') return { outcome: 'refused', error: await explainEmptyId(client, request.functionId) };
  const streaming = {
    signal: interrupted,
    ...(jobTimeoutMs === null
      ? {}
      : { timeoutMs: Math.max(1, jobTimeoutMs - (performance.now() - startedAt)) }),
  };
  for await (const item of client.streamJob(jobId, streaming)) {
    if (interrupted.aborted) break;
    if (!item.ok) {
      if (item.error.codeName === 'DEADLINE_EXCEEDED') await cancel(client, jobId);
      return { outcome: 'rpc-failed', failure: item.error };
    }
    output.writeLine(output.json ? serializeJobEvent(jobId, item.value) : describeJobEvent(item.value));
    const end = endOf(item.value.type);
    if (end !== null) return { outcome: end };
  }
  if (!interrupted.aborted) return { outcome: 'refused', error: endedEarly(jobId) };
  await cancel(client, jobId);
  return { outcome: 'interrupted' };
}

function failed(failure: RpcFailure): JobOutcome {
  return { outcome: 'rpc-failed', failure };
}

async function cancel(client: AgentClient, jobId: string): Promise<void> {
  await client.cancelJob(jobId, { timeoutMs: CANCEL_TIMEOUT_MS });
}

/** Both spellings and both words for success are in the field. */
function endOf(type: string): 'done' | 'failed' | null {
  switch (type) {
    case 'done':
    case 'completed':
      return 'done';
    case 'error':
    case 'cancelled':
    case 'canceled':
      return 'failed';
    default:
      return null;
  }
}

async function explainEmptyId(client: AgentClient, functionId: string): Promise<UserError> {
  const wayOut = await suggestFunctions(client, functionId);
  return {
    exitCode: 1,
    message: `no job was started: the agent answered without a job id, as agents do for a function that they do not know (${functionId})`,
    ...(wayOut === null ? {} : { wayOut }),
  };
}

function endedEarly(jobId: string): UserError {
  return { exitCode: 1, message: `the events of job ${jobId} ended before the job did` };
}
