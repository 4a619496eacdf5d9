import { setTimeout as wait } from 'node:timers/promises';
import { INITIAL_RATING } from './player-store.js';

/** @import { PlayerStore } from './player-store.js' */
/** @import { Call, GameFunction } from '../serve-functions.js' */

const WIN_POINTS = 25;
const LOSS_POINTS = 15;
/** What one player costs, as if the games were read from a database. In ms. */
const READ_MS = 50;

/**
 * @param {PlayerStore} players
 * @returns {GameFunction[]}
 */
export function seasonFunctions(players) {
  return [
    {
      id: 'season.recalculate',
      version: '1.0.0',
      summary: 'Recalculate all ratings of the season',
      tags: ['season'],
      risk: 'medium',
      response: {
        json_schema: {
          type: 'object',
          properties: {
            players: { type: 'integer' },
            best: { type: ['string', 'null'], title: 'Name of the best player' },
          },
        },
      },
      run: (_payload, call) => recalculateSeason(players, call),
    },
  ];
}

/**
 * Goes through all players, and changes nothing if it is cancelled on the way.
 *
 * @param {PlayerStore} players
 * @param {Call} call
 * @param {number} readMs
 */
export async function recalculateSeason(players, call, readMs = READ_MS) {
  const all = players.all();
  /** @type {Map<string, number>} */
  const ratings = new Map();
  for (const [index, player] of all.entries()) {
    await wait(readMs, undefined, { signal: call.signal });
    ratings.set(player.id, INITIAL_RATING + player.wins * WIN_POINTS - player.losses * LOSS_POINTS);
    call.progress(((index + 1) / all.length) * 100, player.name);
  }
  for (const player of all) player.rating = ratings.get(player.id) ?? player.rating;
  const best = all.toSorted((a, b) => b.rating - a.rating)[0];
  call.log(`recalculated ${all.length} players`);
  return { players: all.length, best: best?.name ?? null };
}
