import { randomBytes } from 'node:crypto';
import type { CancelTimer, Clock } from '../core/clock.js';
import { err, ok, type Result } from '../core/result.js';
import type { InvokeRequest, JobEvent } from '../protocol/gen/croupier/function/v1/function.js';
import type { RpcStatus } from '../protocol/served-call.js';
import { createContext } from './call-context.js';
import type { FunctionDefinition } from './function-definition.js';
import { FunctionError } from './function-error.js';
import type { ReportBug } from './handler-failure.js';
import type { InFlight, Running } from './in-flight.js';
import { JobLog } from './job-log.js';

/** How long an ended job can still be read, in ms. */
export const KEEP_ENDED_MS = 10 * 60_000;
/** Jobs under way and ended ones together. */
export const MAX_JOBS = 1000;
/** What ended jobs may hold together, in bytes; the oldest go first. */
export const MAX_ENDED_BYTES = 16 * 1024 * 1024;
const MAX_MESSAGE_LENGTH = 8192;
const EMPTY = Buffer.alloc(0);

interface Job {
  readonly id: string;
  readonly log: JobLog;
  readonly running: Running;
  cancelled: boolean;
  /** Forgets the job; null while it is under way. */
  expiry: CancelTimer | null;
}

/** The jobs of one service: under way, and ended ones as long as they can still be read. */
export class Jobs {
  readonly #clock: Clock;
  readonly #inFlight: InFlight;
  readonly #reportBug: ReportBug;
  /** In the order of their start. */
  readonly #jobs = new Map<string, Job>();

  constructor(clock: Clock, inFlight: InFlight, reportBug: ReportBug) {
    this.#clock = clock;
    this.#inFlight = inFlight;
    this.#reportBug = reportBug;
  }

  /** Starts the function as a job; the value is the job's id, unique beyond this process. */
  start(target: FunctionDefinition, request: InvokeRequest): Result<string, RpcStatus> {
    this.#makeRoom();
    if (this.#jobs.size >= MAX_JOBS) {
      return err({ code: 'RESOURCE_EXHAUSTED', message: `${MAX_JOBS} jobs are under way` });
    }
    const job: Job = {
      id: `${request.functionId}-${randomBytes(8).toString('hex')}`,
      log: new JobLog(),
      running: this.#inFlight.begin(),
      cancelled: false,
      expiry: null,
    };
    this.#jobs.set(job.id, job);
    job.log.append(jobEvent('started'));
    void this.#run(job, target, request);
    return ok(job.id);
  }

  /** The job's events from the start, for as many readers as like. */
  read(id: string, signal: AbortSignal): Result<AsyncIterable<JobEvent>, RpcStatus> {
    const job = this.#jobs.get(id);
    return job === undefined ? err(unknownJob(id)) : ok(job.log.read(signal));
  }

  /** Aborts the job's signal. Of an ended job it changes nothing. */
  cancel(id: string): Result<string, RpcStatus> {
    const job = this.#jobs.get(id);
    if (job === undefined) return err(unknownJob(id));
    if (job.expiry === null) {
      job.cancelled = true;
      job.running.abort(new FunctionError('CANCELLED', 'the job was cancelled'));
    }
    return ok(id);
  }

  /** Forgets all jobs; whoever reads one now reads on. */
  close(): void {
    for (const job of this.#jobs.values()) job.expiry?.();
    this.#jobs.clear();
  }

  async #run(job: Job, target: FunctionDefinition, request: InvokeRequest): Promise<void> {
    const context = createContext(request, job.running.signal, null, {
      jobId: job.id,
      progress: (percent, message = '') => job.log.append(progressEvent(percent, message)),
      log: (message) => job.log.append(jobEvent('log', message)),
    });
    const onBug = (bug: unknown) => this.#reportBug(context.functionId, context.callId, bug);
    const outcome = target.run(request.payload, context, onBug);
    const cut = job.running.cut.then((reason) => err({ code: reason.code, message: reason.message }));
    this.#end(job, terminalEvent(await Promise.race([outcome, cut]), job.cancelled));
    await outcome;
    job.running.end();
  }

  #end(job: Job, event: JobEvent): void {
    job.log.end(event);
    if (!this.#jobs.has(job.id)) return;
    job.expiry = this.#clock.after(KEEP_ENDED_MS, () => this.#jobs.delete(job.id));
    this.#makeRoom(job);
  }

  /** Lets ended jobs go, the oldest first, where there are too many or they hold too much; never `newest`. */
  #makeRoom(newest: Job | null = null): void {
    const ended = [...this.#jobs.values()].filter((job) => job.expiry !== null && job !== newest);
    let bytes = ended.reduce((sum, job) => sum + job.log.bytes, newest?.log.bytes ?? 0);
    for (const job of ended) {
      if (bytes <= MAX_ENDED_BYTES && this.#jobs.size < MAX_JOBS) return;
      job.expiry?.();
      this.#jobs.delete(job.id);
      bytes -= job.log.bytes;
    }
  }
}

/** A handler that stopped because it was asked to, by throwing or by returning nothing, has not done its work. */
function terminalEvent(outcome: Result<Buffer, RpcStatus>, cancelled: boolean): JobEvent {
  if (cancelled && (!outcome.ok || outcome.value.length === 0)) {
    return jobEvent('cancelled', 'the job was cancelled');
  }
  if (!outcome.ok) return jobEvent('error', outcome.error.message);
  return { type: 'done', message: '', progress: 100, payload: outcome.value };
}

function progressEvent(percent: number, message: string): JobEvent {
  // A division by zero in a handler must not end its job: int32 takes no NaN.
  const progress = Number.isNaN(percent) ? 0 : Math.round(Math.min(100, Math.max(0, percent)));
  return { ...jobEvent('progress', message), progress };
}

function jobEvent(type: 'started' | 'progress' | 'log' | 'error' | 'cancelled', message = ''): JobEvent {
  return { type, message: String(message).slice(0, MAX_MESSAGE_LENGTH), progress: 0, payload: EMPTY };
}

function unknownJob(id: string): RpcStatus {
  return { code: 'NOT_FOUND', message: `there is no job ${JSON.stringify(id)}` };
}
