import { setTimeout as wait } from 'node:timers/promises';
import { INITIAL_RATING } from './player-store.js';

/** @import { JobContext, Service } from 'croupier-cli/sdk' */
/** @import { PlayerStore } from './player-store.js' */

const WIN_POINTS = 25;
const LOSS_POINTS = 15;
/** What one player costs, as if the games were read from a database. In ms. */
const READ_MS = 50;

/**
 * @param {Service} service
 * @param {PlayerStore} players
 */
export function registerSeasonJobs(service, players) {
  service.registerJob(
    {
      id: 'season.recalculate',
      version: '1.0.0',
      summary: 'Recalculate all ratings of the season',
      tags: ['season'],
      risk: 'medium',
      outputSchema: {
        type: 'object',
        properties: {
          players: { type: 'integer' },
          best: { type: ['string', 'null'], title: 'Name of the best player' },
        },
      },
    },
    (_payload, job) => recalculateSeason(players, job),
  );
}

/**
 * Goes through all players, and changes nothing if it is cancelled on the way.
 *
 * @param {PlayerStore} players
 * @param {Pick<JobContext, 'progress' | 'log' | 'signal'>} job
 * @param {number} readMs
 */
export async function recalculateSeason(players, job, readMs = READ_MS) {
  const all = players.all();
  /** @type {Map<string, number>} */
  const ratings = new Map();
  for (const [index, player] of all.entries()) {
    await wait(readMs, undefined, { signal: job.signal });
    ratings.set(player.id, INITIAL_RATING + player.wins * WIN_POINTS - player.losses * LOSS_POINTS);
    job.progress(((index + 1) / all.length) * 100, player.name);
  }
  for (const player of all) player.rating = ratings.get(player.id) ?? player.rating;
  const best = all.toSorted((a, b) => b.rating - a.rating)[0];
  job.log(`recalculated ${all.length} players`);
  return { players: all.length, best: best?.name ?? null };
}
