import { setTimeout as wait } from 'node:timers/promises';
import { defineJob, type JobContext } from 'croupier-cli/sdk';
import type { GameContext } from '../context.ts';
import { INITIAL_RATING, type PlayerStore } from '../player-store.ts';

const WIN_POINTS = 25;
const LOSS_POINTS = 15;
/** What one player costs, as if the games were read from a database. In ms. */
const READ_MS = 50;

export default ({ players }: GameContext) =>
  defineJob(
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

/** Goes through all players, and changes nothing if it is cancelled on the way. */
export async function recalculateSeason(
  players: PlayerStore,
  job: Pick<JobContext, 'progress' | 'log' | 'signal'>,
  readMs = READ_MS,
) {
  const all = players.all();
  const ratings = new Map<string, number>();
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
