import { describe, expect, test } from 'vitest';
import { VirtualClock } from '../../support/virtual-clock.js';
import { event, startChild, startEcho } from './fake-child.js';
import {
  Caller,
  generationOf,
  grpcStatus,
  openService,
  reasonOf,
  startGateway,
  startGeneration,
  until,
} from './harness.js';

async function startRouted(options: { readonly replay?: readonly string[] } = {}) {
  const clock = new VirtualClock();
  const { gateway } = await startGateway({ clock });
  const service = openService(gateway, options);
  const child = await startChild();
  const agentAddress = await startGeneration(service, 1, child.address);
  service.gate.route(1);
  return {
    clock,
    gateway,
    service,
    gate: service.gate,
    child,
    agentAddress,
    caller: new Caller(gateway.address),
  };
}

function watch<T>(promise: Promise<T>): { readonly promise: Promise<T>; isOver: () => boolean } {
  let over = false;
  void promise.then(() => {
    over = true;
  });
  return { promise, isOver: () => over };
}

describe('a drain of calls', () => {
  test('is over at once when nothing is under way', async () => {
    const { gate } = await startRouted();
    expect(await gate.drain(1, 'calls', 10_000)).toEqual({ complete: true, cut: 0, ms: 0 });
    expect(await gate.drain(99, 'calls', 10_000)).toEqual({ complete: true, cut: 0, ms: 0 });
  });

  test('waits for the last call, and says how long', async () => {
    const { clock, gate, child, caller } = await startRouted();
    const calls = [caller.invoke('player.ban'), caller.invoke('player.ban')];
    await until('both arrived', () => child.calls.length === 2);
    gate.hold('all');
    const drain = watch(gate.drain(1, 'calls', 10_000));
    child.calls[0]?.answer('one');
    await calls[0]?.result;
    await clock.advance(3000);
    expect(drain.isOver()).toBe(false);
    child.calls[1]?.answer('two');
    expect(await drain.promise).toEqual({ complete: true, cut: 0, ms: 3000 });
    await calls[1]?.result;
    expect(gate.counters()).toMatchObject({ drained: 2, lost: 0, answered: 2 });
  });

  test('does not wait for a call whose caller went away', async () => {
    const { gate, child, caller } = await startRouted();
    const call = caller.invoke('player.ban');
    await until('it arrived', () => child.calls.length === 1);
    const drain = gate.drain(1, 'calls', 10_000);
    call.cancel();
    expect(await drain).toMatchObject({ complete: true, cut: 0 });
  });

  test('cuts what is left when the time is up: drain-timeout, never replayed, and the child is told', async () => {
    const { clock, gate, child, caller } = await startRouted({ replay: ['player.ban'] });
    const call = caller.invoke('player.ban', { idempotencyKey: 'once' });
    await until('it arrived', () => child.calls.length === 1);
    const drain = watch(gate.drain(1, 'calls', 10_000));
    await clock.advance(9999);
    expect(drain.isOver()).toBe(false);
    await clock.advance(1);
    expect(await drain.promise).toEqual({ complete: false, cut: 1, ms: 10_000 });
    const answer = await call.result;
    expect(answer.code).toBe(grpcStatus.UNAVAILABLE);
    expect(answer.message).toMatch(/^drain-timeout: /);
    expect([reasonOf(answer), generationOf(answer)]).toEqual(['drain-timeout', '1']);
    await until('the child knows', () => child.calls[0]?.isCancelled === true);
    expect(gate.inFlight(1).calls).toBe(0);
    expect(gate.counters()).toMatchObject({ lost: 1, replayed: 0, drained: 0, answered: 1 });
  });

  test('waits for what the draining generation calls through its own listener', async () => {
    const { gate, child, caller, agentAddress } = await startRouted();
    const outer = caller.invoke('player.ban', { payload: 'outer' });
    await until('it arrived', () => child.calls.length === 1);
    gate.hold('all');
    const drain = watch(gate.drain(1, 'calls', 10_000));
    const inner = new Caller(agentAddress).invoke('player.ban', { payload: 'inner' });
    await until('the inner call arrived', () => child.calls.length === 2);
    child.calls[1]?.answer('inner');
    expect((await inner.result).payload).toBe('inner');
    expect(drain.isOver()).toBe(false);
    child.calls[0]?.answer('outer');
    expect((await outer.result).payload).toBe('outer');
    expect(await drain.promise).toMatchObject({ complete: true });
  });

  test('does not concern jobs', async () => {
    const { gate, child, caller } = await startRouted();
    await caller.startJob('player.ban').result;
    await until('the job runs', () => child.streams.length === 1);
    expect(gate.inFlight(1)).toEqual({ calls: 0, jobs: 1 });
    expect(await gate.drain(1, 'calls', 10_000)).toMatchObject({ complete: true });
  });

  test('is given up when the generation is routed again: nothing of it is cut later', async () => {
    const { clock, gate, child, caller } = await startRouted();
    const call = caller.invoke('player.ban');
    await until('it arrived', () => child.calls.length === 1);
    const drain = gate.drain(1, 'calls', 10_000);
    gate.route(1);
    expect(await drain).toEqual({ complete: false, cut: 0, ms: 0 });
    await clock.advance(20_000);
    expect(call.isOver()).toBe(false);
    child.calls[0]?.answer('ok');
    expect((await call.result).code).toBe(grpcStatus.OK);
    expect(gate.counters().drained).toBe(0);
  });
});

describe('a drain of jobs', () => {
  test('waits for the last one to end', async () => {
    const { clock, gate, child, caller } = await startRouted();
    const { payload: jobId } = await caller.startJob('player.ban').result;
    await until('the job runs', () => child.streams.length === 1);
    gate.hold('jobs');
    const drain = watch(gate.drain(1, 'jobs', 30_000));
    await clock.advance(29_000);
    expect(drain.isOver()).toBe(false);
    child.streams[0]?.write(event('done'));
    child.streams[0]?.end();
    expect(await drain.promise).toEqual({ complete: true, cut: 0, ms: 29_000 });
    const reading = caller.streamJob(jobId);
    await reading.ended;
    expect(reading.types).toEqual(['done']);
    expect(gate.counters()).toMatchObject({ drained: 1, lost: 0 });
  });

  test('sends CancelJob when the time is up and takes what the job says then', async () => {
    const { clock, gate, child, caller } = await startRouted();
    const { payload: jobId } = await caller.startJob('player.ban').result;
    await until('the job runs', () => child.streams.length === 1);
    const drain = gate.drain(1, 'jobs', 30_000);
    await clock.advance(30_000);
    await until('the child is asked to cancel', () => child.cancelled.length === 1);
    expect(child.cancelled).toEqual(['job-1']);
    child.streams[0]?.write(event('cancelled', { message: 'half way' }));
    child.streams[0]?.end();
    expect(await drain).toMatchObject({ complete: false, cut: 1 });
    const reading = caller.streamJob(jobId);
    const end = await reading.ended;
    expect(reading.events).toMatchObject([{ type: 'error', message: 'drain-timeout: cancelled: half way' }]);
    expect(reasonOf(end)).toBe('drain-timeout');
    expect(gate.counters()).toMatchObject({ lost: 1, drained: 0 });
  });

  test('does not count a job as cut that ended well in its last second', async () => {
    const { clock, gate, child, caller } = await startRouted();
    await caller.startJob('player.ban').result;
    await until('the job runs', () => child.streams.length === 1);
    const drain = gate.drain(1, 'jobs', 30_000);
    await clock.advance(30_000);
    await until('the child is asked to cancel', () => child.cancelled.length === 1);
    child.streams[0]?.write(event('done'));
    expect(await drain).toMatchObject({ complete: false, cut: 0 });
    expect(gate.counters()).toMatchObject({ lost: 0, drained: 1 });
  });

  test('ends a job that says nothing one second later', async () => {
    const { clock, gate, child, caller } = await startRouted();
    const { payload: jobId } = await caller.startJob('player.ban').result;
    await until('the job runs', () => child.streams.length === 1);
    const drain = watch(gate.drain(1, 'jobs', 30_000));
    const reading = caller.streamJob(jobId);
    await clock.advance(30_999);
    expect(drain.isOver()).toBe(false);
    await clock.advance(1);
    expect(await drain.promise).toEqual({ complete: false, cut: 1, ms: 31_000 });
    const end = await reading.ended;
    expect([end.code, reasonOf(end), generationOf(end)]).toEqual([grpcStatus.OK, 'drain-timeout', '1']);
    expect(reading.events).toMatchObject([
      { type: 'error', message: expect.stringMatching(/^drain-timeout: /) },
    ]);
    await until('the stream of the child is closed', () => child.streams[0]?.cancelled === true);
    expect(gate.inFlight(1)).toEqual({ calls: 0, jobs: 0 });
  });
});

test('two callers and a swap: what runs ends on the old generation, what comes goes to the new one', async () => {
  const { gateway, service, gate, child, caller } = await startRouted();
  const other = new Caller(gateway.address);
  const second = await startEcho('second');
  const running = [caller.invoke('player.ban'), other.invoke('player.ban')];
  await until('both arrived', () => child.calls.length === 2);
  await startGeneration(service, 2, second.address);
  gate.route(2);
  const drain = gate.drain(1, 'calls', 10_000);
  expect((await caller.invoke('player.ban').result).payload).toBe('second');
  expect((await other.invoke('player.ban').result).payload).toBe('second');
  for (const call of child.calls) call.answer('first');
  for (const call of running) expect((await call.result).payload).toBe('first');
  expect(await drain).toMatchObject({ complete: true });
  gate.retire(1);
  await gate.gone(1);
  expect(gate.counters()).toEqual({ held: 0, drained: 2, replayed: 0, lost: 0, answered: 4 });
});

test('when the new generation dies, calls go back to the old one', async () => {
  const { service, gate, child, caller } = await startRouted();
  const second = await startEcho('second');
  await startGeneration(service, 2, second.address);
  gate.route(2);
  expect((await caller.invoke('player.ban').result).payload).toBe('second');
  second.kill();
  gate.retire(2);
  const call = caller.invoke('player.ban');
  await until('the call waits', () => gate.held() === 1);
  gate.route(1);
  await until('the old one has it', () => child.calls.length === 1);
  child.calls[0]?.answer('first');
  expect((await call.result).payload).toBe('first');
  expect(gate.counters()).toMatchObject({ lost: 0, drained: 0 });
});
