import { describe, expect, test } from 'vitest';
import type { Clock } from '../../../src/core/clock.js';
import type { LocalJobEvent, LocalRequest } from '../../../src/gateway/types.js';
import { settle, VirtualClock } from '../../support/virtual-clock.js';
import { answerStream } from '../protocol/fault-server.js';
import { event, type FakeChildOptions, startChild, startEcho } from './fake-child.js';
import { callsAt, startFaultChild } from './fault-child.js';
import {
  Caller,
  grpcStatus,
  listLocal,
  openService,
  reasonOf,
  register,
  startGateway,
  startGeneration,
  until,
} from './harness.js';

const NEVER = new AbortController().signal;

function request(functionId: string, fields: Partial<LocalRequest> = {}): LocalRequest {
  return {
    functionId,
    idempotencyKey: '',
    payload: Buffer.from('{}'),
    metadata: {},
    deadlineMs: null,
    dispatchWithinMs: null,
    ...fields,
  };
}

async function startRouted(
  options: FakeChildOptions & { readonly clock?: Clock; readonly replay?: readonly string[] } = {},
) {
  const { clock, replay = [], ...childOptions } = options;
  const { gateway } = await startGateway(clock === undefined ? {} : { clock });
  const service = openService(gateway, { replay });
  const child = await startChild(childOptions);
  await startGeneration(service, 1, child.address);
  service.gate.route(1);
  return { gateway, calls: gateway.calls, service, gate: service.gate, child };
}

/** Whether a promise has settled by now. */
function watch<T>(result: Promise<T>): () => boolean {
  let over = false;
  void result.then(() => {
    over = true;
  });
  return () => over;
}

describe('invoke', () => {
  test('gives the child what was given, and its payload back', async () => {
    const { calls, child, gate } = await startRouted({ invoke: (call) => call.answer('pong') });
    const result = await calls.invoke(
      request('player.ban', {
        idempotencyKey: 'once',
        payload: Buffer.from('ping'),
        metadata: { game_id: 'g' },
      }),
      NEVER,
    );
    expect(result).toEqual({ ok: true, value: Buffer.from('pong') });
    expect(child.calls[0]?.request).toEqual({
      functionId: 'player.ban',
      idempotencyKey: 'once',
      payload: Buffer.from('ping'),
      metadata: { game_id: 'g' },
    });
    expect(gate.counters()).toMatchObject({ answered: 1, lost: 0, held: 0 });
  });

  test("gives the child's own failure, by the code's name", async () => {
    const { calls } = await startRouted({ invoke: (call) => call.fail(grpcStatus.PERMISSION_DENIED, 'no') });
    expect(await calls.invoke(request('player.ban'), NEVER)).toEqual({
      ok: false,
      error: { code: 'PERMISSION_DENIED', message: 'no', reason: null },
    });
  });

  test('says which function it is that nobody serves, and which none', async () => {
    const { calls } = await startRouted();
    expect(await calls.invoke(request('player.bna'), NEVER)).toMatchObject({
      error: { code: 'NOT_FOUND', message: expect.stringContaining('did you mean "player.ban"?') },
    });
    expect(await calls.invoke(request(''), NEVER)).toMatchObject({ error: { code: 'INVALID_ARGUMENT' } });
  });

  test('says that the answer is no protobuf', async () => {
    const { gateway } = await startGateway();
    const service = openService(gateway);
    const child = await startFaultChild((call) => answerStream(call, { body: Buffer.from([0x0a, 0x7f]) }));
    await startGeneration(service, 1, child.address);
    service.gate.route(1);
    expect(await gateway.calls.invoke(request('player.ban'), NEVER)).toMatchObject({
      error: { code: 'INTERNAL', message: expect.stringContaining('not valid protobuf') },
    });
  });

  test('waits through a restart, in line with the calls of the shared port', async () => {
    const { gateway, calls, service, gate, child } = await startRouted();
    gate.hold('all');
    const first = calls.invoke(request('player.ban', { payload: Buffer.from('1') }), NEVER);
    const second = new Caller(gateway.address).invoke('player.ban', { payload: '2' });
    await until('both wait', () => gate.held() === 2);
    gate.retire(1);
    const next = await startEcho('second');
    await startGeneration(service, 2, next.address);
    gate.route(2);
    expect(await first).toEqual({ ok: true, value: Buffer.from('second') });
    expect((await second.result).payload).toBe('second');
    expect(next.payloads).toEqual(['1', '2']);
    expect(child.calls).toEqual([]);
    expect(gate.counters()).toMatchObject({ held: 2, answered: 2, lost: 0 });
  });

  test('is drained, and what the time cuts has its reason', async () => {
    const { calls, gate, child } = await startRouted();
    const call = calls.invoke(request('player.ban'), NEVER);
    await until('it arrived', () => child.calls.length === 1);
    expect(gate.inFlight(1)).toEqual({ calls: 1, jobs: 0 });
    expect(await gate.drain(1, 'calls', 10)).toMatchObject({ complete: false, cut: 1 });
    expect(await call).toMatchObject({ error: { code: 'UNAVAILABLE', reason: 'drain-timeout' } });
    await until('the child is told', () => child.calls[0]?.isCancelled === true);
  });

  test('has the reason of a failed start', async () => {
    const { gateway } = await startGateway();
    const { gate } = openService(gateway);
    gate.fail('generation-failed', 'broken');
    expect(await gateway.calls.invoke(request('player.ban'), NEVER)).toEqual({
      ok: false,
      error: { code: 'UNAVAILABLE', message: 'generation-failed: broken', reason: 'generation-failed' },
    });
  });

  test('is answered when the gateway closes', async () => {
    const { gateway, calls, child } = await startRouted();
    const call = calls.invoke(request('player.ban'), NEVER);
    await until('it arrived', () => child.calls.length === 1);
    await gateway.close();
    expect(await call).toMatchObject({ error: { code: 'UNAVAILABLE' } });
    expect(await calls.invoke(request('player.ban'), NEVER)).toMatchObject({
      error: { code: 'UNAVAILABLE', message: 'the gateway is closing' },
    });
  });
});

describe('a caller that goes away', () => {
  test('leaves the queue', async () => {
    const { calls, gate, child } = await startRouted();
    gate.hold('all');
    const controller = new AbortController();
    const call = calls.invoke(request('player.ban'), controller.signal);
    await until('it waits', () => gate.held() === 1);
    controller.abort();
    expect(await call).toEqual({
      ok: false,
      error: { code: 'CANCELLED', message: 'the caller went away', reason: null },
    });
    expect(gate.held()).toBe(0);
    gate.route(1);
    await settle();
    expect(child.calls).toEqual([]);
    expect(gate.counters()).toMatchObject({ lost: 0, answered: 0 });
  });

  test('cancels the call at the child', async () => {
    const { calls, gate, child } = await startRouted();
    const controller = new AbortController();
    const call = calls.invoke(request('player.ban'), controller.signal);
    await until('it arrived', () => child.calls.length === 1);
    controller.abort();
    expect(await call).toMatchObject({ error: { code: 'CANCELLED' } });
    await until('the child is told', () => child.calls[0]?.isCancelled === true);
    expect(gate.counters()).toMatchObject({ lost: 0, answered: 0 });
  });

  test('before it called is not called for', async () => {
    const { calls, child } = await startRouted({ invoke: (call) => call.answer('') });
    expect(await calls.invoke(request('player.ban'), AbortSignal.abort())).toMatchObject({
      error: { code: 'CANCELLED' },
    });
    await calls.invoke(request('player.ban'), NEVER);
    expect(child.calls).toHaveLength(1);
  });
});

describe('the deadline', () => {
  test('is told to the child; when it passes, the call is cancelled there', async () => {
    const clock = new VirtualClock();
    const { calls, gate, child } = await startRouted({ clock });
    const call = calls.invoke(request('player.ban', { deadlineMs: 60_000 }), NEVER);
    await until('it arrived', () => child.calls.length === 1);
    expect(child.calls[0]?.remainingMs).toBeGreaterThan(30_000);
    const isOver = watch(call);
    await clock.advance(59_999);
    expect(isOver()).toBe(false);
    await clock.advance(1);
    expect(await call).toEqual({
      ok: false,
      error: { code: 'DEADLINE_EXCEEDED', message: 'no answer came within 60000 ms', reason: null },
    });
    await until('the child is told', () => child.calls[0]?.isCancelled === true);
    expect(gate.counters()).toMatchObject({ lost: 0, answered: 0 });
  });

  test('that has passed already is not tried', async () => {
    const { calls, child } = await startRouted({ invoke: (call) => call.answer('') });
    const call = calls.invoke(request('player.ban', { deadlineMs: 0 }), NEVER);
    expect(await call).toMatchObject({ error: { code: 'DEADLINE_EXCEEDED' } });
    await calls.invoke(request('player.ban'), NEVER);
    expect(child.calls).toHaveLength(1);
  });

  test('while the call is held ends it 100 ms before, with the reason', async () => {
    const clock = new VirtualClock();
    const { calls, gate } = await startRouted({ clock });
    gate.hold('all');
    const call = calls.invoke(request('player.ban', { deadlineMs: 5000 }), NEVER);
    await clock.advance(4899);
    expect(gate.held()).toBe(1);
    await clock.advance(1);
    expect(await call).toMatchObject({ error: { code: 'UNAVAILABLE', reason: 'hold-timeout' } });
    await clock.advance(60_000);
    expect(clock.pending).toBe(0);
  });
});

describe('the time for sending it', () => {
  test('ends the wait, although there would be more', async () => {
    const clock = new VirtualClock();
    const { calls, gate, child } = await startRouted({ clock });
    gate.hold('all');
    const call = calls.invoke(request('player.ban', { dispatchWithinMs: 4500, deadlineMs: 20_000 }), NEVER);
    await clock.advance(4499);
    expect(gate.held()).toBe(1);
    await clock.advance(1);
    expect(await call).toMatchObject({
      error: {
        code: 'UNAVAILABLE',
        reason: 'hold-timeout',
        message: expect.stringMatching(/^hold-timeout: /),
      },
    });
    gate.route(1);
    await settle();
    expect(child.calls).toEqual([]);
    expect(gate.counters()).toMatchObject({ held: 1, lost: 1 });
  });

  test('does not concern a call that was sent in time', async () => {
    const clock = new VirtualClock();
    const { calls, child } = await startRouted({ clock });
    const call = calls.invoke(request('player.ban', { dispatchWithinMs: 0 }), NEVER);
    await until('it arrived', () => child.calls.length === 1);
    await clock.advance(20_000);
    child.calls[0]?.answer('late');
    expect(await call).toEqual({ ok: true, value: Buffer.from('late') });
  });

  describe('and a replay', () => {
    async function loseAfter(ms: number) {
      const clock = new VirtualClock();
      const { gateway } = await startGateway({ clock });
      const service = openService(gateway, { replay: ['player.ban'] });
      const child = await startFaultChild(() => undefined);
      await startGeneration(service, 1, child.address);
      service.gate.route(1);
      const fields = { idempotencyKey: 'once', dispatchWithinMs: 4500 };
      const call = gateway.calls.invoke(request('player.ban', fields), NEVER);
      await until('it arrived', () => callsAt(child).length === 1);
      await clock.advance(ms);
      return { clock, call, child, gate: service.gate };
    }

    test('in time is made', async () => {
      const { call, child, gate } = await loseAfter(4400);
      child.dropConnections();
      await until('it arrived again', () => callsAt(child).length === 2);
      for (const one of callsAt(child)) answerStream(one, { body: Buffer.alloc(0) });
      expect(await call).toEqual({ ok: true, value: Buffer.alloc(0) });
      expect(gate.counters()).toMatchObject({ replayed: 1, lost: 0 });
    });

    test('waits for the process no longer than the call itself would have', async () => {
      const { clock, call, child, gate } = await loseAfter(4400);
      await child.close();
      await until('it is held', () => gate.held() === 1);
      await clock.advance(99);
      expect(gate.held()).toBe(1);
      await clock.advance(1);
      expect(await call).toMatchObject({ error: { reason: 'hold-timeout' } });
    });

    test('too late is not made', async () => {
      const { call, child, gate } = await loseAfter(4501);
      child.dropConnections();
      expect(await call).toMatchObject({ error: { reason: 'child-lost' } });
      expect(gate.counters()).toMatchObject({ replayed: 0, lost: 1 });
    });
  });

  test('a call that comes back unseen is not sent again too late, also where another could take it', async () => {
    const clock = new VirtualClock();
    const { gateway } = await startGateway({ clock });
    const children = [await startFaultChild(() => undefined), await startFaultChild(() => undefined)];
    for (const [index, child] of children.entries()) {
      await register(gateway.address, child.address, { serviceId: `x${index}` });
    }
    const arrived = () => children.flatMap((child) => callsAt(child));
    // Both have answered: they are used in turn.
    let sent = 0;
    await until('both are used', () => {
      const isNext = arrived().length === sent;
      if (isNext) {
        sent += 1;
        void gateway.calls.invoke(request('player.ban'), NEVER);
      }
      return children.every((child) => callsAt(child).length > 0);
    });
    await until('all have arrived', () => arrived().length === sent);
    const before = new Set(arrived());
    const call = gateway.calls.invoke(request('player.ban', { dispatchWithinMs: 4500 }), NEVER);
    await until('it arrived', () => arrived().length === before.size + 1);
    await clock.advance(4501);
    const REFUSED_STREAM = 7;
    arrived()
      .find((one) => !before.has(one))
      ?.stream.close(REFUSED_STREAM);
    expect(await call).toMatchObject({ error: { code: 'UNAVAILABLE', reason: 'hold-timeout' } });
    expect(arrived()).toHaveLength(before.size + 1);
  });
});

describe('jobs', () => {
  test('are started, read from the start by as many as want to, and asked for', async () => {
    const { gateway, calls, child } = await startRouted();
    const started = await calls.startJob(request('player.ban', { payload: Buffer.from('in') }), NEVER);
    if (!started.ok) throw new Error(started.error.message);
    const jobId = started.value;
    expect(jobId).toMatch(/^job-/);
    expect(child.started[0]?.payload).toEqual(Buffer.from('in'));
    await until('the job runs', () => child.streams.length === 1);
    const [early, late]: LocalJobEvent[][] = [[], []];
    expect(calls.readJob(jobId, (one) => early?.push(one), NEVER)).toBe(true);
    child.streams[0]?.write(event('progress', { progress: 50, message: 'half' }));
    await until('the first event is there', () => early?.length === 1);
    expect(calls.jobResult(jobId)).toMatchObject({ state: 'running', error: '' });
    child.streams[0]?.write(event('completed', { payload: Buffer.from('out') }));
    child.streams[0]?.end();
    await until('the last event is there', () => early?.length === 2);
    calls.readJob(jobId, (one) => late?.push(one), NEVER);
    expect(early).toEqual([
      { type: 'progress', message: 'half', progress: 50, payload: Buffer.alloc(0) },
      { type: 'done', message: '', progress: 0, payload: Buffer.from('out') },
    ]);
    expect(late).toEqual(early);
    expect(calls.jobResult(jobId)).toEqual({ state: 'done', payload: Buffer.from('out'), error: '' });
    // It is the same job for callers from outside.
    const reading = new Caller(gateway.address).streamJob(jobId);
    await reading.ended;
    expect(reading.types).toEqual(['progress', 'done']);
  });

  test('are cancelled at the child', async () => {
    const { calls, child } = await startRouted();
    const started = await calls.startJob(request('player.ban'), NEVER);
    await until('the job runs', () => child.streams.length === 1);
    expect(calls.cancelJob(started.ok ? started.value : '')).toBe(true);
    await until('the child is told', () => child.cancelled.length === 1);
    expect(child.cancelled).toEqual(['job-1']);
  });

  test('that are not there are not', async () => {
    const { calls } = await startRouted();
    expect(calls.readJob('none', () => undefined, NEVER)).toBe(false);
    expect(calls.cancelJob('none')).toBe(false);
    expect(calls.jobResult('none')).toBeNull();
  });

  test('of a function that the child does not know have no id', async () => {
    const { calls } = await startRouted({ jobId: () => '' });
    expect(await calls.startJob(request('player.ban'), NEVER)).toEqual({ ok: true, value: '' });
  });

  test('wait to be started while jobs are held', async () => {
    const { calls, gate } = await startRouted();
    gate.hold('jobs');
    const started = calls.startJob(request('player.ban'), NEVER);
    await until('it waits', () => gate.held() === 1);
    gate.route(1);
    expect(await started).toMatchObject({ ok: true });
  });

  test('are no longer read once the reader has left; the job goes on', async () => {
    const { calls, child } = await startRouted();
    const started = await calls.startJob(request('player.ban'), NEVER);
    const jobId = started.ok ? started.value : '';
    await until('the job runs', () => child.streams.length === 1);
    const controller = new AbortController();
    const [left, stayed]: LocalJobEvent[][] = [[], []];
    calls.readJob(jobId, (one) => left?.push(one), controller.signal);
    calls.readJob(jobId, (one) => stayed?.push(one), NEVER);
    controller.abort();
    expect(calls.readJob(jobId, (one) => left?.push(one), controller.signal)).toBe(true);
    child.streams[0]?.write(event('done'));
    child.streams[0]?.end();
    await until('the other reader has it', () => stayed?.length === 1);
    expect(left).toEqual([]);
  });

  test('end with a reason when the process is lost', async () => {
    const { calls, gate, child } = await startRouted();
    const started = await calls.startJob(request('player.ban'), NEVER);
    const events: LocalJobEvent[] = [];
    await until('the job runs', () => child.streams.length === 1);
    calls.readJob(started.ok ? started.value : '', (one) => events.push(one), NEVER);
    child.kill();
    await gate.gone(1);
    await until('it ended', () => events.length === 1);
    expect(events[0]).toMatchObject({ type: 'error', message: expect.stringMatching(/^child-lost: /) });
  });
});

describe('serviceIds', () => {
  test('are those that ListLocal shows for a function', async () => {
    const { gateway } = await startGateway();
    const service = openService(gateway, { name: 'game' });
    const [own, other] = [await startEcho('own'), await startEcho('other')];
    await startGeneration(service, 1, own.address, { serviceId: 'its own id', functions: ['a', 'b'] });
    expect(gateway.calls.serviceIds('a')).toEqual([]);
    service.gate.route(1);
    await register(gateway.address, other.address, { serviceId: 'x', functions: ['b'] });
    expect(gateway.calls.serviceIds('a')).toEqual(['its own id']);
    expect(gateway.calls.serviceIds('b')).toEqual(['its own id', 'x']);
    expect(gateway.calls.serviceIds('c')).toEqual([]);
    const listed = (await listLocal(gateway.address)).find(({ id }) => id === 'b');
    expect(listed?.instances.map((one) => one.serviceId)).toEqual(['its own id', 'x']);
  });

  test('name a service that registered without one by its name here', async () => {
    const { gateway } = await startGateway();
    const service = openService(gateway, { name: 'game' });
    const child = await startEcho('ok');
    await startGeneration(service, 1, child.address, { serviceId: '' });
    service.gate.route(1);
    expect(gateway.calls.serviceIds('player.ban')).toEqual(['game']);
  });
});

test('the shared port sees no difference: a held call of each kind times out alike', async () => {
  const clock = new VirtualClock();
  const { gateway, calls, gate } = await startRouted({ clock });
  gate.hold('all');
  const local = calls.invoke(request('player.ban'), NEVER);
  const remote = new Caller(gateway.address).invoke('player.ban');
  await until('both wait', () => gate.held() === 2);
  await clock.advance(30_000);
  const answer = await remote.result;
  expect(await local).toEqual({
    ok: false,
    error: { code: 'UNAVAILABLE', message: answer.message, reason: reasonOf(answer) },
  });
});
