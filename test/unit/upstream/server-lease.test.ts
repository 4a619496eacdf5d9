import { expect, test } from 'vitest';
import { heard, isRenewalDue, leaseFrom } from '../../../src/upstream/server-lease.js';

const NOW = 1_700_000_000_000;
const SECONDS = NOW / 1000;

test.each([
  ['not said', 0, null, 15_000],
  ['in the past, as by another clock', SECONDS - 5, null, 15_000],
  ['right now', SECONDS, null, 15_000],
  ['in 2 s', SECONDS + 2, NOW + 2_000, 1_000],
  ['in 9 s', SECONDS + 9, NOW + 9_000, 3_000],
  ['in 60 s', SECONDS + 60, NOW + 60_000, 15_000],
  ['in an hour', SECONDS + 3_600, NOW + 3_600_000, 15_000],
])('an expiry that is %s', (_words, expireAt, expiresAt, heartbeatMs) => {
  expect(leaseFrom(expireAt, NOW)).toEqual({ expiresAt, heartbeatMs, heardAt: NOW });
});

test('a renewal is due before the registration would end between two heartbeats', () => {
  const lease = leaseFrom(SECONDS + 60, NOW);
  expect(isRenewalDue(heard(lease, NOW + 30_000), NOW + 30_000)).toBe(false);
  expect(isRenewalDue(heard(lease, NOW + 30_000), NOW + 45_000)).toBe(true);
});

test('a renewal is due when the server was not heard for as long as it keeps a silent agent', () => {
  const lease = leaseFrom(0, NOW);
  expect(isRenewalDue(lease, NOW + 59_999)).toBe(false);
  expect(isRenewalDue(lease, NOW + 60_000)).toBe(true);
  expect(isRenewalDue(heard(lease, NOW + 50_000), NOW + 60_000)).toBe(false);
});
