import { credentials } from '@grpc/grpc-js';
import { describe, expect, test } from 'vitest';
import {
  type GetJobResultResponse,
  LocalControlServiceClient,
} from '../../../src/protocol/gen/croupier/agent/local/v1/local.js';
import { JobEvent, StartJobResponse } from '../../../src/protocol/gen/croupier/function/v1/function.js';
import { VirtualClock } from '../../support/virtual-clock.js';
import { answerStream, FaultServer } from '../protocol/fault-server.js';
import { event, type FakeChild, type FakeChildOptions, startChild } from './fake-child.js';
import {
  Caller,
  cleanUp,
  grpcStatus,
  openService,
  reasonOf,
  startGateway,
  startGeneration,
  until,
} from './harness.js';

async function startRouted(options: FakeChildOptions = {}) {
  const clock = new VirtualClock();
  const { gateway } = await startGateway({ clock });
  const service = openService(gateway);
  const child = await startChild(options);
  await startGeneration(service, 1, child.address);
  service.gate.route(1);
  const caller = new Caller(gateway.address);
  const start = async (): Promise<string> => {
    const before = child.streams.length;
    const { payload } = await caller.startJob('player.ban').result;
    await until('the job is read', () => child.streams.length > before);
    return payload;
  };
  return { clock, gateway, service, gate: service.gate, child, caller, start };
}

async function resultOf(address: string, jobId: string): Promise<GetJobResultResponse | number> {
  const client = new LocalControlServiceClient(address, credentials.createInsecure());
  try {
    return await new Promise((resolve) => {
      client.getJobResult({ jobId }, (error, response) => resolve(error === null ? response : error.code));
    });
  } finally {
    client.close();
  }
}

function finish(child: FakeChild, index = 0): void {
  child.streams[index]?.write(event('done', { payload: Buffer.from('"result"') }));
  child.streams[index]?.end();
}

describe('a job', () => {
  test('gets an id of its own: two generations may give out the same', async () => {
    const { service, gate, child, caller } = await startRouted({ jobId: () => 'fn-1' });
    const second = await startChild({ jobId: () => 'fn-1' });
    const first = (await caller.startJob('player.ban').result).payload;
    await startGeneration(service, 2, second.address);
    gate.route(2);
    const other = (await caller.startJob('player.ban').result).payload;
    expect(first).toMatch(/^job-[0-9a-f-]{36}$/);
    expect(other).not.toBe(first);
    await until('both are read', () => child.streams.length === 1 && second.streams.length === 1);
    finish(child);
    second.streams[0]?.write(event('error', { message: 'second' }));
    const [one, two] = [caller.streamJob(first), caller.streamJob(other)];
    await Promise.all([one.ended, two.ended]);
    expect([one.types, two.types]).toEqual([['done'], ['error']]);
  });

  test('is read at once and exactly once, whether or not anybody asks', async () => {
    const { child, caller, start } = await startRouted();
    const jobId = await start();
    expect(child.streams.map((stream) => stream.request.jobId)).toEqual(['job-1']);
    child.streams[0]?.write(event('progress', { progress: 10 }));
    finish(child);
    const readings = [caller.streamJob(jobId), caller.streamJob(jobId)];
    await Promise.all(readings.map((one) => one.ended));
    expect(child.streams).toHaveLength(1);
  });

  test('gives all its events to every reader, early, late, and of another connection', async () => {
    const { gateway, child, caller, start } = await startRouted();
    const jobId = await start();
    const early = caller.streamJob(jobId);
    child.streams[0]?.write(event('started'));
    child.streams[0]?.write(event('progress', { progress: 50, message: 'half', payload: Buffer.from('{}') }));
    await until('the early reader has two', () => early.events.length === 2);
    const middle = new Caller(gateway.address).streamJob(jobId);
    finish(child);
    const late = caller.streamJob(jobId);
    for (const reading of [early, middle, late]) {
      expect((await reading.ended).code).toBe(grpcStatus.OK);
      expect(reading.events).toEqual([
        event('started'),
        event('progress', { progress: 50, message: 'half', payload: Buffer.from('{}') }),
        event('done', { payload: Buffer.from('"result"') }),
      ]);
    }
  });

  test('goes on when a reader leaves', async () => {
    const { child, caller, start } = await startRouted();
    const jobId = await start();
    const leaves = caller.streamJob(jobId);
    child.streams[0]?.write(event('started'));
    await until('the reader has it', () => leaves.events.length === 1);
    leaves.cancel();
    await leaves.ended;
    // A call that comes after the cancellation, over the same connection: the gateway has dealt with both.
    const stays = caller.streamJob(jobId);
    await until('the next reader has it', () => stays.events.length === 1);
    expect(child.streams[0]?.cancelled).not.toBe(true);
    finish(child);
    await stays.ended;
    expect(stays.types).toEqual(['started', 'done']);
  });

  test('gives a slow reader everything in its own time', async () => {
    const { child, caller, start } = await startRouted();
    const jobId = await start();
    const slow = caller.streamJob(jobId);
    slow.pause();
    const payload = Buffer.alloc(64 * 1024, 1);
    for (let index = 1; index <= 100; index++)
      child.streams[0]?.write(event('log', { progress: index, payload }));
    finish(child);
    const fast = caller.streamJob(jobId);
    await fast.ended;
    expect(fast.events).toHaveLength(101);
    slow.resume();
    await slow.ended;
    expect(slow.events.map((one) => one.progress)).toEqual([
      ...Array.from({ length: 100 }, (_, i) => i + 1),
      0,
    ]);
  });

  test('of an unknown function at a peer that answers with an empty id is no job', async () => {
    const { gate, child, caller } = await startRouted({ jobId: () => '' });
    expect(await caller.startJob('player.ban').result).toMatchObject({ code: grpcStatus.OK, payload: '' });
    expect(child.streams).toHaveLength(0);
    expect(gate.inFlight(1)).toEqual({ calls: 0, jobs: 0 });
  });

  test('is under way until it ends, not until it is started', async () => {
    const { gate, child, start } = await startRouted();
    await start();
    expect(gate.inFlight(1)).toEqual({ calls: 0, jobs: 1 });
    expect(gate.counters().answered).toBe(0);
    finish(child);
    await until('it ended', () => gate.inFlight(1).jobs === 0);
    expect(gate.counters()).toMatchObject({ answered: 1, lost: 0 });
  });

  test('stays with its generation when another one is routed', async () => {
    const { service, gate, child, caller, start } = await startRouted();
    const jobId = await start();
    const second = await startChild();
    await startGeneration(service, 2, second.address);
    gate.route(2);
    expect((await caller.cancelJob(jobId)).code).toBe(grpcStatus.OK);
    expect([child.cancelled, second.cancelled]).toEqual([['job-1'], []]);
    finish(child);
    const reading = caller.streamJob(jobId);
    await reading.ended;
    expect(reading.types).toEqual(['done']);
    expect(gate.counters().drained).toBe(1);
  });
});

describe('the end of a job', () => {
  async function endOf(react: (child: FakeChild) => void) {
    const { gateway, child, caller, start, gate } = await startRouted();
    const jobId = await start();
    react(child);
    const reading = caller.streamJob(jobId);
    const ended = await reading.ended;
    const result = await resultOf(gateway.address, jobId);
    return { events: reading.events, ended, result, counters: gate.counters() };
  }

  test.each([
    ['completed', 'done', ''],
    ['cancelled', 'error', 'cancelled'],
    ['canceled', 'error', 'cancelled'],
  ])('that the child calls %s is %s', async (type, expected, error) => {
    const payload = Buffer.from('{"kept":true}');
    const { events, result } = await endOf((child) => {
      child.streams[0]?.write(event(type, { progress: 77, payload }));
      child.streams[0]?.end();
    });
    expect(events).toEqual([event(expected, { progress: 77, payload, message: error })]);
    expect(result).toEqual({ state: expected, payload, error });
  });

  test('comes once: what a child sends after it is not passed on', async () => {
    const { events } = await endOf((child) => {
      child.streams[0]?.write(event('done'));
      child.streams[0]?.write(event('error', { message: 'late' }));
      child.streams[0]?.end();
    });
    expect(events.map((one) => one.type)).toEqual(['done']);
  });

  test('is done where the stream ended well without a terminal event', async () => {
    const { events, result } = await endOf((child) => {
      child.streams[0]?.write(event('progress'));
      child.streams[0]?.end();
    });
    expect(events.map((one) => one.type)).toEqual(['progress', 'done']);
    expect(result).toMatchObject({ state: 'done' });
  });

  test('is an error where the stream ended with a status', async () => {
    const { events, result, counters } = await endOf((child) => {
      child.streams[0]?.emit('error', { code: grpcStatus.INTERNAL, details: 'broken' });
    });
    expect(events).toMatchObject([{ type: 'error', message: 'INTERNAL: broken' }]);
    expect(result).toMatchObject({ state: 'error', error: 'INTERNAL: broken' });
    expect(counters.lost).toBe(0);
  });

  test.each([
    ['NOT_FOUND', grpcStatus.NOT_FOUND],
    ['UNIMPLEMENTED', grpcStatus.UNIMPLEMENTED],
  ])('of a quick job whose stream is already gone (%s) is done, with words', async (_name, code) => {
    const { events, result } = await endOf((child) => {
      child.streams[0]?.emit('error', { code, details: 'no such job' });
    });
    expect(events).toMatchObject([
      { type: 'done', message: 'ended before its events could be read; its outcome is not known' },
    ]);
    expect(result).toMatchObject({ state: 'done' });
  });

  test('with NOT_FOUND after the first event is an error', async () => {
    const { events } = await endOf((child) => {
      child.streams[0]?.write(event('started'));
      child.streams[0]?.emit('error', { code: grpcStatus.NOT_FOUND, details: 'gone' });
    });
    expect(events.map((one) => one.type)).toEqual(['started', 'error']);
  });

  test('is child-lost where the connection broke', async () => {
    const { events, ended, result, counters } = await endOf((child) => child.kill());
    expect(events).toMatchObject([{ type: 'error', message: expect.stringMatching(/^child-lost: /) }]);
    expect([ended.code, reasonOf(ended)]).toEqual([grpcStatus.OK, 'child-lost']);
    expect(result).toMatchObject({ state: 'error', error: expect.stringMatching(/^child-lost: /) });
    expect(counters).toMatchObject({ lost: 1, answered: 1 });
  });

  test('is child-lost where the process is gone or the generation was retired', async () => {
    for (const how of ['gone', 'retire'] as const) {
      const { clock, gate, caller, start } = await startRouted();
      const reading = caller.streamJob(await start());
      void gate[how](1);
      // A process that is gone gets a moment in which its last words are read.
      await clock.advance(250);
      expect(reasonOf(await reading.ended)).toBe('child-lost');
      expect(reading.types).toEqual(['error']);
      expect(gate.inFlight(1).jobs).toBe(0);
    }
  });

  test('closes a stream that the child leaves open', async () => {
    const { clock, child, start, gate } = await startRouted();
    await start();
    child.streams[0]?.write(event('completed'));
    await until('it ended', () => gate.inFlight(1).jobs === 0);
    expect(child.streams[0]?.cancelled).not.toBe(true);
    await clock.advance(1000);
    await until('the stream is closed', () => child.streams[0]?.cancelled === true);
  });
});

describe('GetJobResult', () => {
  test('says running while it runs', async () => {
    const { gateway, start } = await startRouted();
    expect(await resultOf(gateway.address, await start())).toEqual({
      state: 'running',
      payload: Buffer.alloc(0),
      error: '',
    });
  });

  test('has the payload of the terminal event, for 10 minutes', async () => {
    const { clock, gateway, child, start, gate } = await startRouted();
    const jobId = await start();
    finish(child);
    await until('it ended', () => gate.inFlight(1).jobs === 0);
    const result = { state: 'done', payload: Buffer.from('"result"'), error: '' };
    await clock.advance(10 * 60_000 - 1);
    expect(await resultOf(gateway.address, jobId)).toEqual(result);
    await clock.advance(1);
    expect(await resultOf(gateway.address, jobId)).toBe(grpcStatus.NOT_FOUND);
  });

  test('of an unknown job is NOT_FOUND', async () => {
    const { gateway } = await startRouted();
    expect(await resultOf(gateway.address, 'job-1')).toBe(grpcStatus.NOT_FOUND);
  });
});

describe('CancelJob', () => {
  test('reaches the child under its own id, and the caller gets its own id back', async () => {
    const { child, caller, start } = await startRouted();
    const jobId = await start();
    expect(await caller.cancelJob(jobId)).toMatchObject({ code: grpcStatus.OK, payload: jobId });
    expect(child.cancelled).toEqual(['job-1']);
  });

  test('of a job that ended is OK and does not reach the child', async () => {
    const { child, caller, start, gate } = await startRouted();
    const jobId = await start();
    finish(child);
    await until('it ended', () => gate.inFlight(1).jobs === 0);
    expect(await caller.cancelJob(jobId)).toMatchObject({ code: grpcStatus.OK, payload: jobId });
    expect(child.cancelled).toEqual([]);
  });

  test('of an unknown id is NOT_FOUND; of an empty one anything but UNIMPLEMENTED: peers ask so what is served', async () => {
    const { caller } = await startRouted();
    expect((await caller.cancelJob('job-1')).code).toBe(grpcStatus.NOT_FOUND);
    expect((await caller.cancelJob('')).code).toBe(grpcStatus.INVALID_ARGUMENT);
  });
});

describe('a child that refuses a stream before it looked at it', () => {
  async function startRefusing(refused: string) {
    const clock = new VirtualClock();
    const { gateway } = await startGateway({ clock });
    const service = openService(gateway);
    const seen: string[] = [];
    const child = new FaultServer((stream) => {
      const method = stream.path.split('/').at(-1) ?? '';
      const isProbe = stream.message.length === 0;
      if (!isProbe) seen.push(method);
      if (method === refused && !isProbe && seen.filter((one) => one === refused).length === 1) {
        stream.stream.close(7);
      } else if (method === 'StreamJob') {
        answerStream(stream, { body: Buffer.from(JobEvent.encode(event('done')).finish()) });
      } else {
        const jobId = isProbe ? '' : 'job-1';
        answerStream(stream, { body: Buffer.from(StartJobResponse.encode({ jobId }).finish()) });
      }
    });
    await child.listen();
    cleanUp(() => child.close());
    await startGeneration(service, 1, child.address);
    service.gate.route(1);
    return { clock, caller: new Caller(gateway.address), seen };
  }

  test('is asked again for the events of a job', async () => {
    const { clock, caller, seen } = await startRefusing('StreamJob');
    const jobId = (await caller.startJob('player.ban').result).payload;
    await until('the stream was refused', () => seen.includes('StreamJob'));
    const reading = caller.streamJob(jobId);
    let isOver = false;
    void reading.ended.then(() => {
      isOver = true;
    });
    // The pause after a refused stream is on the virtual clock, and begins when the refusal has arrived.
    while (!isOver) {
      await clock.advance(10);
      await new Promise((resolve) => setImmediate(resolve));
    }
    expect(reading.types).toEqual(['done']);
    expect(seen).toEqual(['StartJob', 'StreamJob', 'StreamJob']);
  });

  test('is asked again to start one', async () => {
    const { clock, caller, seen } = await startRefusing('StartJob');
    const call = caller.startJob('player.ban');
    while (!call.isOver()) {
      await clock.advance(10);
      await new Promise((resolve) => setImmediate(resolve));
    }
    expect((await call.result).payload).toMatch(/^job-/);
    expect(seen.slice(0, 2)).toEqual(['StartJob', 'StartJob']);
  });
});

test('StreamJob of an unknown job is NOT_FOUND', async () => {
  const { caller } = await startRouted();
  const reading = caller.streamJob('job-1');
  expect((await reading.ended).code).toBe(grpcStatus.NOT_FOUND);
  expect(reading.events).toEqual([]);
});

test('the 1,001st live job is RESOURCE_EXHAUSTED; calls go on', async () => {
  const { gate, child, caller } = await startRouted({ invoke: (call) => call.answer('ok') });
  const started = await Promise.all(Array.from({ length: 1000 }, () => caller.startJob('player.ban').result));
  expect(started.every((one) => one.code === grpcStatus.OK)).toBe(true);
  expect((await caller.startJob('player.ban').result).code).toBe(grpcStatus.RESOURCE_EXHAUSTED);
  expect(child.started).toHaveLength(1000);
  expect((await caller.invoke('player.ban').result).code).toBe(grpcStatus.OK);
  await until('all are read', () => child.streams.length === 1000);
  finish(child);
  await until('one ended', () => gate.inFlight(1).jobs === 999);
  expect((await caller.startJob('player.ban').result).code).toBe(grpcStatus.OK);
});

test('jobs of a child that limits its streams are read as streams become free, and can be cancelled', async () => {
  const { child, caller } = await startRouted({ maxStreams: 3 });
  const first = (await caller.startJob('player.ban').result).payload;
  const second = (await caller.startJob('player.ban').result).payload;
  await until('both are read', () => child.streams.length === 2);
  expect((await caller.cancelJob(second)).code).toBe(grpcStatus.OK);
  finish(child);
  const reading = caller.streamJob(first);
  await reading.ended;
  expect(reading.types).toEqual(['done']);
});
