import { describe, expect, test } from 'vitest';
import type { HoldLimits } from '../../../src/config/types.js';
import { type Holdable, HoldQueue } from '../../../src/gateway/hold-queue.js';
import { VirtualClock } from '../../support/virtual-clock.js';

const LIMITS: HoldLimits = { timeout: 30_000, calls: 3, bytes: 100 };

interface TestCall extends Holdable {
  readonly name: string;
}

function call(sequence: number, fields: Partial<TestCall> = {}): TestCall {
  return {
    name: `call ${sequence}`,
    sequence,
    bytes: 1,
    deadline: null,
    dispatchBy: null,
    holdUntil: null,
    ...fields,
  };
}

function create() {
  const clock = new VirtualClock();
  const timedOut: string[] = [];
  const queue = new HoldQueue<TestCall>(clock, (one, pool) => timedOut.push(`${one.name} of ${pool}`));
  return { clock, timedOut, queue, names: () => queue.snapshot().map((one) => one.call.name) };
}

describe('order', () => {
  test('is that of arrival, also for calls that come back later', () => {
    const { queue, names } = create();
    for (const sequence of [4, 6, 5]) queue.add(call(sequence), 'game', LIMITS);
    queue.add(call(1), 'shop', LIMITS);
    expect(names()).toEqual(['call 1', 'call 4', 'call 5', 'call 6']);
  });
});

describe('limits', () => {
  test('of number, for each service by itself', () => {
    const { queue } = create();
    for (const sequence of [1, 2, 3]) expect(queue.add(call(sequence), 'game', LIMITS)).toBeNull();
    expect(queue.add(call(4), 'game', LIMITS)).toBe('hold-queue-full');
    expect(queue.add(call(5), 'shop', LIMITS)).toBeNull();
    expect([queue.size('game'), queue.size('shop')]).toEqual([3, 1]);
  });

  test('of bytes', () => {
    const { queue } = create();
    expect(queue.add(call(1, { bytes: 60 }), 'game', LIMITS)).toBeNull();
    expect(queue.add(call(2, { bytes: 41 }), 'game', LIMITS)).toBe('hold-queue-full');
    expect(queue.add(call(3, { bytes: 40 }), 'game', LIMITS)).toBeNull();
  });

  test('make room again when a call leaves', () => {
    const { queue } = create();
    const calls = [1, 2, 3].map((sequence) => call(sequence, { bytes: 30 }));
    for (const one of calls) queue.add(one, 'game', LIMITS);
    const [first] = calls;
    if (first === undefined) throw new Error('no call');
    expect(queue.remove(first)).toBe(true);
    expect(queue.remove(first)).toBe(false);
    expect(queue.add(call(4, { bytes: 40 }), 'game', LIMITS)).toBeNull();
  });

  test('do not apply to a call that was accepted before', () => {
    const { queue, names } = create();
    for (const sequence of [2, 3, 4]) queue.add(call(sequence), 'game', LIMITS);
    expect(queue.add(call(1, { holdUntil: 5000 }), 'game', LIMITS)).toBeNull();
    expect(names()[0]).toBe('call 1');
  });

  test('follow a call that is moved to another service', () => {
    const { queue } = create();
    const moved = call(1);
    queue.add(moved, 'game', LIMITS);
    queue.move(moved, 'shop');
    expect([queue.size('game'), queue.size('shop')]).toEqual([0, 1]);
  });
});

describe('time', () => {
  test('ends after the limit, to the millisecond', async () => {
    const { clock, timedOut, queue } = create();
    queue.add(call(1), 'game', LIMITS);
    await clock.advance(29_999);
    expect(timedOut).toEqual([]);
    await clock.advance(1);
    expect(timedOut).toEqual(['call 1 of game']);
    expect(queue.size('game')).toBe(0);
  });

  test('ends 100 ms before the caller gives up', async () => {
    const { clock, timedOut, queue } = create();
    queue.add(call(1, { deadline: 1000 }), 'game', LIMITS);
    await clock.advance(899);
    expect(timedOut).toEqual([]);
    await clock.advance(1);
    expect(timedOut).toEqual(['call 1 of game']);
  });

  test('is not given to a call whose caller gives up within 100 ms', () => {
    const { queue } = create();
    expect(queue.add(call(1, { deadline: 100 }), 'game', LIMITS)).toBe('hold-timeout');
    expect(queue.add(call(2, { deadline: 101 }), 'game', LIMITS)).toBeNull();
  });

  test('ends when a call may no longer be sent', async () => {
    const { clock, timedOut, queue } = create();
    queue.add(call(1, { dispatchBy: 4500, deadline: 20_000 }), 'game', LIMITS);
    queue.add(call(2, { dispatchBy: 4500, deadline: 4000 }), 'game', LIMITS);
    await clock.advance(3900);
    expect(timedOut).toEqual(['call 2 of game']);
    await clock.advance(599);
    expect(timedOut).toHaveLength(1);
    await clock.advance(1);
    expect(timedOut).toEqual(['call 2 of game', 'call 1 of game']);
    expect(queue.add(call(3, { dispatchBy: 4500 }), 'game', LIMITS)).toBe('hold-timeout');
  });

  test('does not start anew for a call that comes back', async () => {
    const { clock, timedOut, queue } = create();
    const again = call(1);
    queue.add(again, 'game', LIMITS);
    await clock.advance(20_000);
    queue.remove(again);
    await clock.advance(5000);
    queue.add(again, 'game', LIMITS);
    await clock.advance(4999);
    expect(timedOut).toEqual([]);
    await clock.advance(1);
    expect(timedOut).toEqual(['call 1 of game']);
    expect(queue.add(again, 'game', LIMITS)).toBe('hold-timeout');
  });

  test('no longer matters for a call that left', async () => {
    const { clock, timedOut, queue } = create();
    const gone = call(1);
    queue.add(gone, 'game', LIMITS);
    queue.remove(gone);
    await clock.advance(60_000);
    expect(timedOut).toEqual([]);
    expect(clock.pending).toBe(0);
  });
});
