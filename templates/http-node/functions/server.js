/** @import { PlayerStore } from './player-store.js' */
/** @import { GameFunction } from '../serve-functions.js' */

const VERSION = '1.0.0';

/**
 * @param {PlayerStore} players
 * @returns {GameFunction[]}
 */
export function serverFunctions(players) {
  return [
    {
      id: 'server.status',
      version: '1.0.0',
      summary: 'Show how the server is doing',
      tags: ['server'],
      risk: 'low',
      response: {
        json_schema: {
          type: 'object',
          properties: {
            online: { type: 'integer' },
            uptimeSeconds: { type: 'number' },
            version: { type: 'string' },
            generation: { type: ['integer', 'null'], description: 'Counts restarts under croupier dev' },
          },
        },
      },
      run: () => serverStatus(players),
    },
  ];
}

/**
 * @param {PlayerStore} players
 * @param {NodeJS.ProcessEnv} env
 */
export function serverStatus(players, env = process.env) {
  return {
    online: players.countOnline(),
    uptimeSeconds: Math.round(process.uptime()),
    version: VERSION,
    generation: env.CROUPIER_GENERATION === undefined ? null : Number(env.CROUPIER_GENERATION),
  };
}
