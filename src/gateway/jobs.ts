import { randomUUID } from 'node:crypto';
import type { Clock } from '../core/clock.js';
import { assertNever } from '../core/failure.js';
import type { CallOutcome } from '../protocol/child-call.js';
import { GetJobResultResponse } from '../protocol/gen/croupier/agent/local/v1/local.js';
import { JobStreamRequest } from '../protocol/gen/croupier/function/v1/function.js';
import { readJobId, withJobId } from '../protocol/raw-codec.js';
import type { RawAnswer, RawStreamCall, RawUnaryCall } from '../protocol/raw-server.js';
import { NO_METADATA } from '../protocol/wire-metadata.js';
import { invalidArgument, notFound, okAnswer, reasonTrailers } from './gateway-answer.js';
import { type Job, type JobOrigin, RUNNING, type RunningJob } from './job.js';
import type { JobCalls } from './job-calls.js';
import { forwardCancel } from './job-cancel.js';
import { eventForEnd, type JobEnd, type NormalEvent, normalizeEvent, terminalEvent } from './job-events.js';
import { JobLog } from './job-log.js';
import { JOB_LIMITS, type JobLimits, JobStore } from './job-store.js';
import type { ServingProcess } from './serving-process.js';
import type { HoldReason } from './types.js';

/** What a drain leaves a job between CancelJob and the end, and a child's stream between its terminal event and its end. */
const LAST_WORDS_MS = 1000;

/**
 * Jobs as callers see them. The gateway gives out ids of its own, because a child's are unique only within one process, reads each
 * job's events exactly once, at once, because a child keeps them for one reader, and answers from what it kept.
 */
export class Jobs implements JobCalls {
  readonly #clock: Clock;
  readonly #limits: JobLimits;
  readonly #store: JobStore<Job>;

  constructor(clock: Clock, limits: JobLimits = JOB_LIMITS) {
    this.#clock = clock;
    this.#limits = limits;
    this.#store = new JobStore(clock, limits);
  }

  /** How many may run at a time. */
  get limit(): number {
    return this.#limits.jobs;
  }

  /** Whether one more may be started beside the given number of StartJob calls under way. */
  hasRoom(startsUnderway: number): boolean {
    return this.#store.liveCount + startsUnderway < this.#limits.jobs;
  }

  /** Takes over a job that a child has started; the answer for the caller, with the job's new id. */
  adopt(origin: JobOrigin, answer: RawAnswer): RawAnswer {
    if (answer.body === null) return answer;
    const childId = readJobId(answer.body);
    // Some peers answer an unknown function with an empty id: there is no job then.
    if (!childId.ok || childId.value === '') return answer;
    const job: Job = {
      ...origin,
      kind: 'job',
      id: `job-${randomUUID()}`,
      childId: childId.value,
      log: new JobLog(),
      stream: null,
      end: null,
      isCut: false,
      cancelTimer: null,
    };
    this.#store.add(job);
    job.process.underway.begin(job);
    job.endpoint.retain();
    this.#openStream(job);
    return { ...answer, body: withJobId(answer.body, job.id) };
  }

  has(id: string): boolean {
    return this.#store.get(id) !== undefined;
  }

  /** How a job ended, or that it runs; null: there is no such job. */
  result(id: string): JobEnd | RunningJob | null {
    const job = this.#store.get(id);
    return job === undefined ? null : (job.end ?? RUNNING);
  }

  /** StreamJob: all events from the start, then the end. */
  read(call: RawStreamCall): void {
    const id = readJobId(call.request);
    const job = id.ok ? this.#store.get(id.value) : undefined;
    if (job !== undefined) {
      job.log.read(call);
      return;
    }
    const { status, trailers } = id.ok ? unknownJob(id.value) : invalidArgument(id.error);
    call.end(status, trailers);
  }

  /** GetJobResult. */
  answerResult(call: RawUnaryCall): void {
    const id = readJobId(call.request);
    if (!id.ok) {
      call.answer(invalidArgument(id.error));
      return;
    }
    const result = this.result(id.value);
    call.answer(
      result === null ? unknownJob(id.value) : okAnswer(GetJobResultResponse.encode(result).finish()),
    );
  }

  /** CancelJob: passed on to the child under its own id; for a job that ended there is nothing to do. */
  answerCancel(call: RawUnaryCall): void {
    const id = readJobId(call.request);
    if (!id.ok || id.value === '') {
      call.answer(invalidArgument(id.ok ? 'job_id is empty' : id.error));
      return;
    }
    const job = this.#store.get(id.value);
    if (job === undefined) {
      call.answer(unknownJob(id.value));
      return;
    }
    forwardCancel(job, call);
  }

  /** The drain's time is up: CancelJob, and a second later the end. The number of jobs that this concerned. */
  async cut(process: ServingProcess): Promise<number> {
    const jobs = this.#liveOn(process);
    if (jobs.length === 0) return 0;
    for (const job of jobs) {
      job.isCut = true;
      job.endpoint.cancelJob(
        {
          message: Buffer.from(JobStreamRequest.encode({ jobId: job.childId }).finish()),
          metadata: job.metadata,
          timeoutMs: LAST_WORDS_MS,
        },
        { onOutcome: () => undefined },
      );
    }
    await this.#untilEnded(process, jobs);
    for (const job of jobs) {
      this.#endBecause(job, 'drain-timeout', 'the job did not end in the time that a drain allows');
    }
    return jobs.filter((job) => job.end?.state === 'error').length;
  }

  /** The process is gone or was retired: its jobs end here. */
  lose(process: ServingProcess): void {
    for (const job of this.#liveOn(process)) this.#lose(job);
  }

  /** Ends every job, so that those who read one learn of it. */
  close(): void {
    for (const job of this.#store.live) this.#endBecause(job, 'child-lost', 'the gateway is closing');
    this.#store.clear();
  }

  #liveOn(process: ServingProcess): readonly Job[] {
    return this.#store.live.filter((job) => job.process === process);
  }

  #openStream(job: Job): void {
    const message = Buffer.from(JobStreamRequest.encode({ jobId: job.childId }).finish());
    job.stream = job.endpoint.streamJob(message, job.metadata, {
      onMessage: (event) => this.#onEvent(job, event),
      onOutcome: (outcome) => this.#onStreamEnd(job, outcome),
    });
  }

  #onEvent(job: Job, bytes: Buffer): void {
    if (job.end !== null) return;
    const event = normalizeEvent(bytes, job.isCut ? 'drain-timeout: ' : '');
    if (!event.ok) {
      job.stream?.cancel();
      this.#end(job, terminalEvent('error', `the child ${event.error}`), null);
      return;
    }
    if (event.value.end === null) {
      this.#store.append(job, event.value, NO_METADATA);
      return;
    }
    const wasCut = job.isCut && event.value.end.state === 'error';
    this.#end(job, event.value, wasCut ? 'drain-timeout' : null);
    // Children end the stream after `done` and `error`; not all do after other terminal events.
    job.cancelTimer = this.#clock.after(LAST_WORDS_MS, () => job.stream?.cancel());
  }

  #onStreamEnd(job: Job, outcome: CallOutcome): void {
    job.cancelTimer?.();
    if (job.end !== null) return;
    switch (outcome.kind) {
      case 'answered':
        this.#end(job, eventForEnd(outcome.answer, job.log.length === 0), null);
        return;
      case 'refused':
        // The child never saw the request: its events are still there.
        job.endpoint.whenReady(() => {
          if (job.end === null) this.#openStream(job);
        });
        return;
      case 'lost':
        this.#lose(job);
        return;
      case 'cancelled':
        return;
      default:
        assertNever(outcome);
    }
  }

  #lose(job: Job): void {
    this.#endBecause(job, 'child-lost', 'the process or its connection went away before the job ended');
  }

  #endBecause(job: Job, reason: HoldReason, words: string): void {
    if (job.end !== null) return;
    job.stream?.cancel();
    this.#end(job, terminalEvent('error', `${reason}: ${words}`), reason);
  }

  /** The one place where a job ends. `reason`: the gateway ended it, not the child. */
  #end(job: Job, event: NormalEvent, reason: HoldReason | null): void {
    const { process, endpoint } = job;
    const { counters, generation } = process.owner;
    job.end = event.end;
    if (reason !== null) counters.countLost();
    else counters.answered += 1;
    if (reason === null && process.windingDown.job) counters.drained += 1;
    this.#store.append(job, event, reason === null ? NO_METADATA : reasonTrailers(reason, generation));
    process.underway.end(job);
    endpoint.release();
  }

  #untilEnded(process: ServingProcess, jobs: readonly Job[]): Promise<void> {
    return new Promise((resolve) => {
      const finish = (): void => {
        cancelTimer();
        unsubscribe();
        resolve();
      };
      const cancelTimer = this.#clock.after(LAST_WORDS_MS, finish);
      const unsubscribe = process.underway.onSettled(() => {
        if (jobs.every((job) => job.end !== null)) finish();
      });
    });
  }
}

function unknownJob(id: string): RawAnswer {
  return notFound(`there is no job "${id.slice(0, 200)}"; ended jobs are kept for 10 minutes`);
}
