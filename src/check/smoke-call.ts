import { randomUUID } from 'node:crypto';
import type { CheckCall } from '../config/types.js';
import type { Clock } from '../core/clock.js';
import type { LocalCalls, LocalFailure, LocalJobEvent, LocalRequest } from '../gateway/types.js';
import { formatDuration } from '../observe/duration.js';
import { findMismatch } from './partial-match.js';

/** How a call of `check.invoke` went. */
export type SmokeOutcome =
  | { readonly kind: 'answered'; readonly ms: number }
  /** An answer came, and it is not what was expected. */
  | { readonly kind: 'wrong'; readonly ms: number; readonly message: string }
  /** The function itself refused or failed. */
  | { readonly kind: 'refused'; readonly ms: number; readonly message: string }
  /** No answer came in time. */
  | { readonly kind: 'slow'; readonly ms: number; readonly message: string }
  /** The gateway could not bring it to its end. */
  | { readonly kind: 'lost'; readonly ms: number; readonly message: string };

/** Makes one call or runs one job, and judges what comes. */
export async function makeSmokeCall(calls: LocalCalls, call: CheckCall, clock: Clock): Promise<SmokeOutcome> {
  const began = clock.now();
  const request: LocalRequest = {
    functionId: call.function,
    idempotencyKey: randomUUID(),
    payload: Buffer.from(JSON.stringify(call.payload)),
    metadata: call.metadata,
    deadlineMs: call.timeout,
    dispatchWithinMs: null,
  };
  const verdict = call.job ? await runJob(calls, call, request, clock) : await invoke(calls, call, request);
  return { ...verdict, ms: Math.round(clock.now() - began) };
}

type Verdict =
  | { readonly kind: 'answered' }
  | { readonly kind: 'wrong' | 'refused' | 'slow' | 'lost'; readonly message: string };

async function invoke(calls: LocalCalls, call: CheckCall, request: LocalRequest): Promise<Verdict> {
  const answer = await calls.invoke(request, new AbortController().signal);
  return answer.ok ? judgeAnswer(call, answer.value) : judgeFailure(call, answer.error);
}

async function runJob(
  calls: LocalCalls,
  call: CheckCall,
  request: LocalRequest,
  clock: Clock,
): Promise<Verdict> {
  const began = clock.now();
  const started = await calls.startJob(request, new AbortController().signal);
  if (!started.ok) return judgeFailure(call, started.error);
  if (started.value === '') return { kind: 'refused', message: 'the service knows no such job' };
  const end = await awaitEnd(calls, started.value, call.timeout - (clock.now() - began), clock);
  if (end === null) {
    calls.cancelJob(started.value);
    return { kind: 'slow', message: `the job has not ended after ${formatDuration(call.timeout)}` };
  }
  if (end.type !== 'done') return { kind: 'refused', message: `the job failed: ${end.message}` };
  return judgeAnswer(call, end.payload);
}

/** The terminal event; null: it did not come in time. */
function awaitEnd(
  calls: LocalCalls,
  jobId: string,
  withinMs: number,
  clock: Clock,
): Promise<LocalJobEvent | null> {
  return new Promise((resolve) => {
    const reading = new AbortController();
    const end = (event: LocalJobEvent | null): void => {
      cancelTimer();
      reading.abort();
      resolve(event);
    };
    const cancelTimer = clock.after(withinMs, () => end(null));
    const isThere = calls.readJob(
      jobId,
      (event) => {
        if (event.type === 'done' || event.type === 'error') end(event);
      },
      reading.signal,
    );
    if (!isThere) end(null);
  });
}

function judgeAnswer({ expect }: CheckCall, payload: Buffer): Verdict {
  if (expect === null) return { kind: 'answered' };
  let answer: unknown;
  try {
    answer = JSON.parse(payload.toString());
  } catch {
    return { kind: 'wrong', message: `the answer is no JSON: ${payload.toString().slice(0, 100)}` };
  }
  const mismatch = findMismatch(expect, answer);
  return mismatch === null ? { kind: 'answered' } : { kind: 'wrong', message: mismatch };
}

function judgeFailure({ timeout }: CheckCall, failure: LocalFailure): Verdict {
  const message = failure.message === '' ? failure.code : `${failure.code}: ${failure.message}`;
  // What a process answers by itself is its own business; only what the gateway answers in its place is a loss.
  if (failure.reason !== null) return { kind: 'lost', message: `${message} (${failure.reason})` };
  if (failure.code === 'DEADLINE_EXCEEDED') {
    return { kind: 'slow', message: `no answer within ${formatDuration(timeout)}` };
  }
  return { kind: 'refused', message };
}
