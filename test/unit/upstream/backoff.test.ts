import { describe, expect, test } from 'vitest';
import { isLoopback, reconnectDelay } from '../../../src/upstream/backoff.js';

const remote = { delay: 1_000, max: 30_000, isLoopback: false };
const MIDDLE = () => 0.5;

describe('pauses between attempts', () => {
  test.each([
    [0, 1_000],
    [1, 1_000],
    [2, 2_000],
    [5, 16_000],
    [6, 30_000],
    [10_000, 30_000],
  ])('attempt %i waits %i ms', (attempt, expected) => {
    expect(reconnectDelay(attempt, remote, MIDDLE)).toBe(expected);
  });

  test.each([
    [0, 750],
    [1 - Number.EPSILON, 1_250],
  ])('random %d spreads a second to %i ms', (random, expected) => {
    expect(reconnectDelay(1, remote, () => random)).toBe(expected);
  });

  test('on loopback they are never longer than 500 ms, jitter included', () => {
    for (const attempt of [1, 2, 10, 1_000]) {
      for (const random of [0, 0.5, 0.999]) {
        const delay = reconnectDelay(attempt, { ...remote, isLoopback: true }, () => random);
        expect(delay).toBeLessThanOrEqual(500);
      }
    }
    expect(reconnectDelay(1, { delay: 100, max: 30_000, isLoopback: true }, MIDDLE)).toBe(100);
  });
});

test.each([
  ['127.0.0.1', true],
  ['127.9.9.9', true],
  ['localhost', true],
  ['LOCALHOST', true],
  ['agent.localhost', true],
  ['::1', true],
  ['[::1]', true],
  ['::ffff:127.0.0.1', true],
  ['0.0.0.0', false],
  ['10.0.0.1', false],
  ['127.example.com', false],
  ['localhost.example.com', false],
  ['::2', false],
  ['', false],
])('%s is this machine: %s', (host, expected) => {
  expect(isLoopback(host)).toBe(expected);
});
