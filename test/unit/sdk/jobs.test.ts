import { describe, expect, test } from 'vitest';
import { err, ok, type Result } from '../../../src/core/result.js';
import type { AgentClient } from '../../../src/protocol/client.js';
import type { JobEvent } from '../../../src/protocol/gen/croupier/function/v1/function.js';
import type { RpcStatus } from '../../../src/protocol/served-call.js';
import { toLocalDescriptor } from '../../../src/sdk/descriptor.js';
import type { FunctionDefinition } from '../../../src/sdk/function-definition.js';
import { FunctionError } from '../../../src/sdk/function-error.js';
import { InFlight } from '../../../src/sdk/in-flight.js';
import { JobLog, MAX_JOB_BYTES, MAX_JOB_EVENTS } from '../../../src/sdk/job-log.js';
import { Jobs, KEEP_ENDED_MS, MAX_ENDED_BYTES, MAX_JOBS } from '../../../src/sdk/jobs.js';
import { settle, VirtualClock } from '../../support/virtual-clock.js';
import { createServed, requestOf } from './served.js';
import { until } from './until.js';

const CALL = { timeoutMs: 10_000 };

async function startJob(client: AgentClient, functionId: string, payload?: unknown): Promise<string> {
  const started = await client.startJob(requestOf(functionId, payload), CALL);
  if (!started.ok) throw new Error(started.error.message);
  return started.value.jobId;
}

/** `progress 40 half` for each event, payloads as text. */
async function readJob(client: AgentClient, jobId: string): Promise<string[]> {
  const lines: string[] = [];
  for await (const item of client.streamJob(jobId, CALL)) {
    lines.push(item.ok ? describeEvent(item.value) : `failed ${item.error.codeName}`);
  }
  return lines;
}

function describeEvent(event: JobEvent): string {
  return `${event.type} ${event.progress} ${event.message}${event.payload.toString()}`.trim();
}

describe('a job', () => {
  test('tells its readers everything from the start, live and afterwards', async () => {
    const gate = { open: () => {} };
    const { client } = await createServed((service) =>
      service.registerJob<{ n: number }>({ id: 'count' }, async ({ n }, job) => {
        job.progress(40.4, 'half');
        job.log('a line');
        await new Promise<void>((resolve) => {
          gate.open = resolve;
        });
        job.progress(250);
        return { counted: n };
      }),
    );
    const jobId = await startJob(client, 'count', { n: 3 });
    const live: string[] = [];
    const liveReader = (async () => {
      for await (const item of client.streamJob(jobId, CALL)) {
        live.push(item.ok ? describeEvent(item.value) : item.error.message);
      }
    })();
    await until('what was said so far has been read', () => live.length === 3);
    gate.open();
    await liveReader;
    const expected = [
      'started 0',
      'progress 40 half',
      'log 0 a line',
      'progress 100',
      'done 100 {"counted":3}',
    ];
    expect(live).toEqual(expected);
    expect(await Promise.all([readJob(client, jobId), readJob(client, jobId)])).toEqual([expected, expected]);
  });

  test('that throws ends with an error', async () => {
    const { client } = await createServed((service) =>
      service.registerJob({ id: 'fail' }, () => {
        throw new FunctionError('FAILED_PRECONDITION', 'out of season');
      }),
    );
    expect(await readJob(client, await startJob(client, 'fail'))).toEqual([
      'started 0',
      'error 0 out of season',
    ]);
  });

  test.each([
    ['throws', 'cancelled 0 the job was cancelled'],
    ['returns nothing', 'cancelled 0 the job was cancelled'],
    ['has its result all the same', 'done 100 "enough"'],
  ])('that is cancelled and %s ends so', async (how, last) => {
    const { client, service } = await createServed((service) =>
      service.registerJob({ id: 'long' }, async (_payload, job) => {
        await new Promise((resolve) => job.signal.addEventListener('abort', resolve));
        if (how === 'throws') job.signal.throwIfAborted();
        return how === 'returns nothing' ? undefined : 'enough';
      }),
    );
    const jobId = await startJob(client, 'long');
    const events = readJob(client, jobId);
    expect(service.inFlight).toBe(1);

    expect(await client.cancelJob(jobId, CALL)).toEqual(ok({ jobId }));

    expect(await events).toEqual(['started 0', last]);
    expect(await client.cancelJob(jobId, CALL), 'an ended job takes a cancel').toEqual(ok({ jobId }));
  });

  test('called as a function runs to its end and answers the result', async () => {
    const { client } = await createServed((service) =>
      service.registerJob({ id: 'both' }, (_payload, job) => {
        job.progress(50);
        return { jobId: job.jobId };
      }),
    );
    const answer = await client.invoke(requestOf('both'), CALL);
    expect(answer.ok && answer.value.payload.toString()).toBe('{"jobId":null}');
  });

  test('of an unknown function is NOT_FOUND, and so is an unknown job', async () => {
    const { client } = await createServed(() => {});
    const notFound = { ok: false, error: { codeName: 'NOT_FOUND' } };
    expect(await client.startJob(requestOf('nobody'), CALL)).toMatchObject(notFound);
    expect(await client.cancelJob('nobody-1', CALL)).toMatchObject(notFound);
    expect(await readJob(client, 'nobody-1')).toEqual(['failed NOT_FOUND']);
  });
});

describe('the log of a job', () => {
  const line = (message: string): JobEvent => ({
    type: 'log',
    message,
    progress: 0,
    payload: Buffer.alloc(0),
  });

  async function messages(log: JobLog): Promise<string[]> {
    const read: string[] = [];
    for await (const event of log.read(new AbortController().signal)) read.push(event.message);
    return read;
  }

  test('loses its oldest lines over the limit of events, and keeps the last', async () => {
    const log = new JobLog();
    for (let index = 0; index < MAX_JOB_EVENTS + 10; index++) log.append(line(String(index)));
    log.end(line('end'));
    const read = await messages(log);
    expect(read).toHaveLength(MAX_JOB_EVENTS);
    expect(read[0]).toBe('11');
    expect(read.at(-1)).toBe('end');
  });

  test('keeps within its limit of bytes', () => {
    const log = new JobLog();
    for (let index = 0; index < 100; index++) log.append(line('x'.repeat(10_000)));
    expect(log.bytes).toBeLessThanOrEqual(MAX_JOB_BYTES);
  });

  test('takes nothing after its end', async () => {
    const log = new JobLog();
    log.end(line('end'));
    log.append(line('late'));
    expect(await messages(log)).toEqual(['end']);
  });

  test('lets a reader go when it is aborted', async () => {
    const log = new JobLog();
    const reader = new AbortController();
    const next = log.read(reader.signal).next();
    reader.abort();
    expect(await next).toEqual({ done: true, value: undefined });
  });
});

describe('jobs', () => {
  function target(run: FunctionDefinition['run']): FunctionDefinition {
    return { descriptor: toLocalDescriptor({ id: 'work' }), run };
  }
  const quick = (bytes = 1) => target(async () => ok(Buffer.alloc(bytes, 'x')));
  const endless = target(() => new Promise<Result<Buffer, RpcStatus>>(() => {}));

  function start(jobs: Jobs, what: FunctionDefinition): string {
    const started = jobs.start(what, requestOf('work'));
    if (!started.ok) throw new Error(started.error.message);
    return started.value;
  }

  function isKept(jobs: Jobs, id: string): boolean {
    return jobs.read(id, new AbortController().signal).ok;
  }

  test('can be read for ten minutes after their end', async () => {
    const clock = new VirtualClock();
    const jobs = new Jobs(clock, new InFlight(), () => {});
    const id = start(jobs, quick());
    await settle();
    await clock.advance(KEEP_ENDED_MS - 1);
    expect(isKept(jobs, id)).toBe(true);
    await clock.advance(1);
    expect(isKept(jobs, id)).toBe(false);
  });

  test('are limited: ended ones make room, those under way do not', async () => {
    const jobs = new Jobs(new VirtualClock(), new InFlight(), () => {});
    const ended = start(jobs, quick());
    await settle();
    for (let index = 0; index < MAX_JOBS; index++) start(jobs, endless);
    expect(isKept(jobs, ended)).toBe(false);
    expect(jobs.start(endless, requestOf('work'))).toMatchObject(
      err({ code: 'RESOURCE_EXHAUSTED', message: `${MAX_JOBS} jobs are under way` }),
    );
  });

  test('that hold too much go, the oldest first, and never the newest', async () => {
    const jobs = new Jobs(new VirtualClock(), new InFlight(), () => {});
    const first = start(jobs, quick(MAX_ENDED_BYTES / 2));
    await settle();
    const second = start(jobs, quick(MAX_ENDED_BYTES / 2));
    await settle();
    const third = start(jobs, quick(MAX_ENDED_BYTES + 1));
    await settle();
    expect([first, second, third].map((id) => isKept(jobs, id))).toEqual([false, false, true]);
  });

  test('leave no timer behind when they are closed', async () => {
    const clock = new VirtualClock();
    const jobs = new Jobs(clock, new InFlight(), () => {});
    start(jobs, quick());
    await settle();
    expect(clock.pending).toBe(1);
    jobs.close();
    expect(clock.pending).toBe(0);
  });
});
