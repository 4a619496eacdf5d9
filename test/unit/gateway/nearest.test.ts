import { expect, test } from 'vitest';
import { nearestName } from '../../../src/gateway/nearest.js';

const NAMES = ['player.ban', 'player.kick', 'server.status'];

test.each([
  ['player.bna', 'player.ban'],
  ['playr.kick', 'player.kick'],
  ['server_status', 'server.status'],
  ['match.start', null],
  ['x', null],
])('%s most likely means %s', (name, expected) => {
  expect(nearestName(name, NAMES)).toBe(expected);
});

test('the closest of several wins', () => {
  expect(nearestName('player.bans', ['player.band1', 'player.ban', 'player.bans2'])).toBe('player.ban');
});
