import { expect, test } from 'vitest';
import type { TunnelMessage } from '../../../src/protocol/gen/croupier/tunnel/v1/tunnel.js';
import { jobEventFrame, resultFrame } from '../../../src/upstream/tunnel-frames.js';
import { TunnelOutbox } from '../../../src/upstream/tunnel-outbox.js';
import { jobEvent } from './server-fixtures.js';

/** A stream that takes so many frames before it asks for a pause. */
class SlowStream {
  readonly frames: TunnelMessage[] = [];
  readonly confirmations: (() => void)[] = [];
  room: number;

  constructor(room = Number.POSITIVE_INFINITY) {
    this.room = room;
  }

  write(frame: TunnelMessage, onWritten?: () => void): boolean {
    this.frames.push(frame);
    if (onWritten !== undefined) this.confirmations.push(onWritten);
    this.room -= 1;
    return this.room > 0;
  }

  /** What was written, by payload or message. */
  get texts(): readonly (string | undefined)[] {
    return this.frames.map((frame) => frame.result?.payload.toString() ?? frame.jobEvt?.message);
  }
}

const LIMITS = { answers: 3, answerBytes: 10_000, events: 3, eventBytes: 10_000 };

function answer(outbox: TunnelOutbox, text: string): boolean {
  return outbox.answer(resultFrame('r', Buffer.from(text)));
}

function event(outbox: TunnelOutbox, type: string, text: string): void {
  outbox.event(jobEventFrame('j', jobEvent(type, text)), type === 'done' || type === 'error');
}

test('a slow stream is not sent more than it takes, and answers go before events', () => {
  const outbox = new TunnelOutbox(LIMITS);
  const stream = new SlowStream(1);
  outbox.attach(stream);
  answer(outbox, 'first');
  event(outbox, 'progress', 'half');
  answer(outbox, 'second');
  expect(stream.texts).toEqual(['first']);
  stream.room = 10;
  outbox.drained();
  expect(stream.texts).toEqual(['first', 'second', 'half']);
});

test('of too many events the oldest are dropped, the end of a job never', () => {
  const outbox = new TunnelOutbox(LIMITS);
  for (const text of ['1', '2', '3']) event(outbox, 'log', text);
  event(outbox, 'done', 'end');
  for (const text of ['4', '5']) event(outbox, 'progress', text);
  for (const text of ['a', 'b', 'c', 'd']) event(outbox, 'error', text);
  const stream = new SlowStream();
  outbox.attach(stream);
  expect(stream.texts).toEqual(['end', 'a', 'b', 'c', 'd']);
});

test('events are dropped by their size as well', () => {
  const outbox = new TunnelOutbox(LIMITS);
  for (const letter of ['a', 'b', 'c']) event(outbox, 'log', letter.repeat(4_000));
  expect(outbox.events).toBe(2);
  event(outbox, 'log', 'small');
  expect(outbox.events).toBe(3);
});

test('a flood of events keeps no more than the limit in memory', () => {
  const outbox = new TunnelOutbox();
  outbox.attach(new SlowStream(1));
  for (let index = 0; index < 20_000; index += 1) event(outbox, 'progress', 'x'.repeat(1_000));
  expect(outbox.events).toBeLessThanOrEqual(1_000);
});

test('answers over the limit are not taken, by number or by size', () => {
  const many = new TunnelOutbox(LIMITS);
  expect(['1', '2', '3', '4'].map((text) => answer(many, text))).toEqual([true, true, true, false]);
  const large = new TunnelOutbox(LIMITS);
  expect(answer(large, 'x'.repeat(20_000))).toBe(true);
  expect(answer(large, 'small')).toBe(false);
});

test('the answers of a stream end with it, and the events go on with the next', () => {
  const outbox = new TunnelOutbox(LIMITS);
  outbox.attach(new SlowStream(1));
  answer(outbox, 'written');
  answer(outbox, 'void');
  event(outbox, 'progress', 'half');
  outbox.detach();
  expect(outbox.answers).toBe(0);
  const stream = new SlowStream();
  outbox.attach(stream);
  expect(stream.texts).toEqual(['half']);
});

test('the end of a job that may have got lost with its stream is sent again, one that left is not', () => {
  const outbox = new TunnelOutbox(LIMITS);
  const first = new SlowStream();
  outbox.attach(first);
  event(outbox, 'done', 'left');
  event(outbox, 'done', 'lost');
  first.confirmations[0]?.();
  outbox.detach();
  const second = new SlowStream();
  outbox.attach(second);
  expect(second.texts).toEqual(['lost']);
});

test('it tells when nothing waits any more', async () => {
  const outbox = new TunnelOutbox(LIMITS);
  await outbox.emptied();
  const stream = new SlowStream(1);
  outbox.attach(stream);
  answer(outbox, 'first');
  answer(outbox, 'second');
  let isEmpty = false;
  const emptied = outbox.emptied().then(() => {
    isEmpty = true;
  });
  await Promise.resolve();
  expect(isEmpty).toBe(false);
  stream.room = 5;
  outbox.drained();
  await emptied;
  expect(stream.texts).toEqual(['first', 'second']);
});
