import { expect, it } from 'vitest';
import { Deadline } from '../../../src/process/deadline.js';
import { pollUntil } from '../../../src/process/poll.js';
import { VirtualClock } from '../../support/virtual-clock.js';

it('passes at its time, and not before', async () => {
  const clock = new VirtualClock();
  const deadline = new Deadline(clock, 100);
  await clock.advance(99);
  expect([deadline.hasPassed, deadline.left]).toEqual([false, 1]);
  await clock.advance(1);
  expect([deadline.hasPassed, deadline.left]).toEqual([true, 0]);
  await deadline.passed;
});

it('moves nearer, never away', async () => {
  const clock = new VirtualClock();
  const deadline = new Deadline(clock, 1000);
  deadline.shorten(2000);
  deadline.shorten(50);
  deadline.shorten(500);
  await clock.advance(49);
  expect(deadline.hasPassed).toBe(false);
  await clock.advance(1);
  expect(deadline.hasPassed).toBe(true);
  expect(clock.pending).toBe(0);
});

it('of no time has passed at once', async () => {
  const clock = new VirtualClock();
  expect(new Deadline(clock, 0).hasPassed).toBe(true);
  const deadline = new Deadline(clock, 1000);
  deadline.shorten(0);
  expect(deadline.hasPassed).toBe(true);
  expect(clock.pending).toBe(0);
});

it('cancelled, leaves no timer and never passes', async () => {
  const clock = new VirtualClock();
  const deadline = new Deadline(clock, 10);
  deadline.cancel();
  expect(clock.pending).toBe(0);
  await clock.advance(20);
  expect(deadline.hasPassed).toBe(false);
});

it('polls in growing pauses, at most 50 ms, and a last time at the deadline', async () => {
  const clock = new VirtualClock();
  const looks: number[] = [];
  const result = pollUntil(clock, new Deadline(clock, 200), async () => {
    looks.push(clock.now());
    return false;
  });
  await clock.advance(300);
  expect(await result).toBe(false);
  expect(looks).toEqual([0, 1, 3, 7, 15, 31, 63, 113, 163, 200]);
});

it('polling ends when it is done', async () => {
  const clock = new VirtualClock();
  const result = pollUntil(clock, new Deadline(clock, 1000), async () => clock.now() >= 5);
  await clock.advance(7);
  expect(await result).toBe(true);
});
