import { describe, expect, test } from 'vitest';
import type { NormalEvent } from '../../../src/gateway/job-events.js';
import { JobLog } from '../../../src/gateway/job-log.js';
import { JobStore, type StoredJob } from '../../../src/gateway/job-store.js';
import { JobEvent } from '../../../src/protocol/gen/croupier/function/v1/function.js';
import type { RawStreamCall } from '../../../src/protocol/raw-server.js';
import { VirtualClock } from '../../support/virtual-clock.js';

const LIMITS = { jobs: 3, bytes: 100, keepMs: 600_000 };

function create() {
  const clock = new VirtualClock();
  const store = new JobStore<StoredJob>(clock, LIMITS);
  const add = (id: string): StoredJob => {
    const job = { id, log: new JobLog() };
    store.add(job);
    return job;
  };
  return { clock, store, add };
}

function progress(size: number): NormalEvent {
  return { bytes: Buffer.alloc(size), end: null };
}

function end(size = 1): NormalEvent {
  return { bytes: Buffer.alloc(size), end: { state: 'done', payload: Buffer.alloc(0), error: '' } };
}

/** A reader in the test's hand: takes `room` messages before it has to be drained. */
function reader(room = Number.POSITIVE_INFINITY) {
  const sizes: number[] = [];
  const messages: Buffer[] = [];
  let isEnded = false;
  let left = room;
  let drain = (): void => undefined;
  let cancel = (): void => undefined;
  const call: RawStreamCall = {
    request: Buffer.alloc(0),
    metadata: {},
    peer: '',
    remainingMs: null,
    onCancel: (listener) => {
      cancel = listener;
    },
    onDrain: (listener) => {
      drain = listener;
    },
    sendHeaders: () => undefined,
    write(message) {
      sizes.push(message.length);
      messages.push(message);
      left -= 1;
      return left > 0;
    },
    end() {
      isEnded = true;
    },
  };
  return {
    call,
    sizes,
    messages,
    isEnded: () => isEnded,
    cancel: () => cancel(),
    takeMore(count: number) {
      left = count;
      drain();
    },
  };
}

describe('how many', () => {
  test('a new job takes the place of the one that ended first, never of a live one', () => {
    const { store, add } = create();
    const [first, second] = [add('1'), add('2'), add('3')];
    store.append(second, end(), {});
    store.append(first, end(), {});
    add('4');
    expect(['1', '2', '3', '4'].map((id) => store.get(id) !== undefined)).toEqual([true, false, true, true]);
    expect(store.liveCount).toBe(2);
  });
});

describe('how long', () => {
  test('an ended job is kept for its time, a live one for ever', async () => {
    const { clock, store, add } = create();
    const job = add('1');
    await clock.advance(10 * LIMITS.keepMs);
    expect(store.get('1')).toBe(job);
    store.append(job, end(), {});
    await clock.advance(LIMITS.keepMs - 1);
    expect(store.get('1')).toBe(job);
    await clock.advance(1);
    expect(store.get('1')).toBeUndefined();
  });

  test('nothing is waited for after clear', () => {
    const { clock, store, add } = create();
    store.append(add('1'), end(), {});
    store.clear();
    expect(clock.pending).toBe(0);
    expect(store.get('1')).toBeUndefined();
  });
});

describe('how much', () => {
  test('ended jobs go first, oldest first', () => {
    const { store, add } = create();
    const [first, second, live] = [add('1'), add('2'), add('3')];
    store.append(second, end(40), {});
    store.append(first, end(40), {});
    store.append(live, progress(21), {});
    expect(store.get('2')).toBeUndefined();
    expect(store.get('1')).toBeDefined();
  });

  test('then live jobs lose their oldest events, the largest job first', () => {
    const { store, add } = create();
    const [large, small] = [add('large'), add('small')];
    for (let index = 0; index < 6; index++) store.append(large, progress(10 + index), {});
    store.append(small, progress(20), {});
    store.append(small, progress(6), {});
    expect(large.log.dropped).toBe(1);
    expect(small.log.dropped).toBe(0);
    expect(large.log.bytes + small.log.bytes).toBeLessThanOrEqual(LIMITS.bytes);
  });

  test('the terminal event stays, whatever its size', () => {
    const { store, add } = create();
    const job = add('1');
    store.append(job, progress(50), {});
    store.append(job, end(200), {});
    expect(store.get('1')?.log.dropped).toBe(1);
    const late = reader();
    job.log.read(late.call);
    expect(late.sizes.at(-1)).toBe(200);
    expect(late.isEnded()).toBe(true);
  });

  test('empty events can be dropped as well', () => {
    const { store, add } = create();
    const job = add('1');
    store.append(job, progress(0), {});
    for (let index = 0; index < 5; index++) store.append(job, progress(50), {});
    expect(job.log.bytes).toBeLessThanOrEqual(LIMITS.bytes);
  });
});

describe('reading', () => {
  test('starts at the beginning and goes on as events come, for each reader at its own pace', () => {
    const { store, add } = create();
    const job = add('1');
    store.append(job, progress(1), {});
    const [fast, slow] = [reader(), reader(1)];
    job.log.read(fast.call);
    job.log.read(slow.call);
    store.append(job, progress(2), {});
    store.append(job, end(3), {});
    expect(fast.sizes).toEqual([1, 2, 3]);
    expect(fast.isEnded()).toBe(true);
    expect(slow.sizes).toEqual([1]);
    slow.takeMore(1);
    expect(slow.sizes).toEqual([1, 2]);
    expect(slow.isEnded()).toBe(false);
    slow.takeMore(2);
    expect(slow.sizes).toEqual([1, 2, 3]);
    expect(slow.isEnded()).toBe(true);
  });

  test('a reader that is too slow is told how many events it missed', () => {
    const { store, add } = create();
    const job = add('1');
    const slow = reader(1);
    store.append(job, progress(1), {});
    job.log.read(slow.call);
    for (let index = 0; index < 6; index++) store.append(job, progress(30), {});
    store.append(job, end(), {});
    slow.takeMore(100);
    const note = JobEvent.decode(slow.messages[1] ?? Buffer.alloc(0));
    expect(note).toMatchObject({ type: 'log', message: expect.stringMatching(/^3 events were dropped/) });
    expect(slow.sizes.slice(2)).toEqual([30, 30, 30, 1]);
  });

  test('a reader that leaves gets nothing more', () => {
    const { store, add } = create();
    const job = add('1');
    const [gone, stays] = [reader(), reader()];
    job.log.read(gone.call);
    job.log.read(stays.call);
    gone.cancel();
    store.append(job, end(), {});
    expect([gone.sizes.length, stays.sizes.length]).toEqual([0, 1]);
    expect(gone.isEnded()).toBe(false);
  });

  test('goes on to the end for a job that was thrown out meanwhile', () => {
    const { store, add } = create();
    const job = add('1');
    const slow = reader(1);
    store.append(job, progress(10), {});
    job.log.read(slow.call);
    store.append(job, end(20), {});
    store.append(add('2'), progress(90), {});
    expect(store.get('1')).toBeUndefined();
    slow.takeMore(10);
    expect(slow.sizes).toEqual([10, 20]);
    expect(slow.isEnded()).toBe(true);
  });
});
