import type { JobEvent, StreamJobRequest } from './gen/function.js';
import type { JobEventFrame } from './gen/tunnel.js';
import type { Caller } from './serve.js';

/** Jobs that are kept; the oldest go first. */
const JOBS = 1_000;

interface TunnelJob {
  /** Null while only a reader is known. */
  agentId: string | null;
  readonly events: JobEvent[];
  isOver: boolean;
  readonly changed: EventTarget;
}

/** Jobs whose events come by tunnel. */
export class TunnelJobs {
  readonly #jobs = new Map<string, TunnelJob>();

  /** The agent said that it started this job. */
  started(jobId: string, agentId: string): void {
    this.#job(jobId).agentId = agentId;
  }

  take(frame: JobEventFrame, agentId: string): void {
    const job = this.#job(frame.jobId);
    job.agentId = agentId;
    const { type, message, progress, payload } = frame;
    job.events.push({ type, message, progress, payload });
    if (type === 'done' || type === 'error') job.isOver = true;
    job.changed.dispatchEvent(new Event('change'));
  }

  agentOf(jobId: string): string | null {
    return this.#jobs.get(jobId)?.agentId ?? null;
  }

  /** From the first event; comes back at `done`, `error`, or when the caller is gone. A job may still be unknown. */
  async follow(request: StreamJobRequest, caller: Caller, send: (event: JobEvent) => void): Promise<void> {
    const job = this.#job(request.jobId);
    for (let next = 0; !caller.signal.aborted; ) {
      for (const event of job.events.slice(next)) send(event);
      next = job.events.length;
      if (job.isOver) return;
      await turn(job.changed, caller.signal);
    }
  }

  #job(jobId: string): TunnelJob {
    const known = this.#jobs.get(jobId);
    if (known !== undefined) return known;
    const job: TunnelJob = { agentId: null, events: [], isOver: false, changed: new EventTarget() };
    this.#jobs.set(jobId, job);
    const [oldest] = this.#jobs.keys();
    if (this.#jobs.size > JOBS && oldest !== undefined) this.#jobs.delete(oldest);
    return job;
  }
}

/** The next change, or the end of the caller. */
function turn(changed: EventTarget, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const over = () => {
      changed.removeEventListener('change', over);
      signal.removeEventListener('abort', over);
      resolve();
    };
    changed.addEventListener('change', over);
    signal.addEventListener('abort', over);
  });
}
