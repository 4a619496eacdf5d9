import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { JobContext } from 'croupier-cli/sdk';
import { banPlayer } from '../functions/player.ts';
import { recalculateSeason } from '../functions/season.ts';
import { serverStatus } from '../functions/server.ts';
import { createPlayerStore } from '../player-store.ts';

const seed = [
  { id: '1', name: 'ada', wins: 3, losses: 1 },
  { id: '2', name: 'brin', wins: 0, losses: 2 },
];

test('a ban takes the player offline until its end', () => {
  const players = createPlayerStore(seed);
  const now = new Date('2026-01-01T00:00:00Z');

  const answer = banPlayer(players, { playerId: '1', reason: 'spam', hours: 2 }, now);

  const until = new Date('2026-01-01T02:00:00Z');
  assert.deepEqual(answer, { result: 'success', playerId: '1', until });
  assert.deepEqual(players.find('1')?.ban, { reason: 'spam', until });
  assert.equal(players.find('1')?.online, false);
});

test('a ban without hours has no end', () => {
  const players = createPlayerStore(seed);
  assert.equal(banPlayer(players, { playerId: '1' }).until, null);
});

test('a ban of nobody is refused', () => {
  const players = createPlayerStore(seed);
  assert.throws(() => banPlayer(players, { playerId: '9' }), { code: 'NOT_FOUND' });
});

for (const payload of [
  undefined,
  {},
  { playerId: 7 },
  { playerId: '1', hours: -1 },
  { playerId: '1', hours: 1e9 },
]) {
  test(`the payload ${JSON.stringify(payload)} is no ban`, () => {
    const players = createPlayerStore(seed);
    assert.throws(() => banPlayer(players, payload), { code: 'INVALID_ARGUMENT' });
    assert.equal(players.find('1')?.ban, null);
  });
}

test('the status counts who is online', () => {
  const players = createPlayerStore(seed);
  assert.equal(serverStatus(players, { version: '1.0.0', generation: 3 }).online, 1);
  banPlayer(players, { playerId: '1' });
  assert.equal(serverStatus(players, { version: '1.0.0', generation: 3 }).online, 0);
});

test('a season is recalculated from wins and losses, with progress up to 100', async () => {
  const players = createPlayerStore(seed);
  const progress: number[] = [];

  const result = await recalculateSeason(players, job({ progress: (percent) => progress.push(percent) }), 0);

  assert.deepEqual(result, { players: 2, best: 'ada' });
  assert.deepEqual(
    players.all().map((player) => player.rating),
    [1060, 970],
  );
  assert.deepEqual(progress, [50, 100]);
});

test('a cancelled season changes no rating', async () => {
  const players = createPlayerStore(seed);
  const before = players.all().map((player) => player.rating);
  const controller = new AbortController();
  const cancelAfterTheFirst = job({ signal: controller.signal, progress: () => controller.abort() });

  await assert.rejects(recalculateSeason(players, cancelAfterTheFirst, 0), { name: 'AbortError' });

  assert.deepEqual(
    players.all().map((player) => player.rating),
    before,
  );
});

/** A job that nobody listens to, but for the given parts. */
function job(parts: Partial<Pick<JobContext, 'progress' | 'log' | 'signal'>>) {
  return { progress: () => {}, log: () => {}, signal: new AbortController().signal, ...parts };
}
