/** @import { Service } from 'croupier-cli/sdk' */
/** @import { PlayerStore } from './player-store.js' */

/**
 * @param {Service} service
 * @param {PlayerStore} players
 */
export function registerServerFunctions(service, players) {
  service.registerFunction(
    {
      id: 'server.status',
      version: '1.0.0',
      summary: 'Show how the server is doing',
      tags: ['server'],
      risk: 'low',
      outputSchema: {
        type: 'object',
        properties: {
          online: { type: 'integer' },
          uptimeSeconds: { type: 'number' },
          version: { type: 'string' },
          generation: { type: ['integer', 'null'], description: 'Counts restarts under croupier dev' },
        },
      },
    },
    () => serverStatus(players, service),
  );
}

/**
 * @param {PlayerStore} players
 * @param {Pick<Service, 'version' | 'generation'>} service
 */
export function serverStatus(players, { version, generation }) {
  return {
    online: players.countOnline(),
    uptimeSeconds: Math.round(process.uptime()),
    version,
    generation,
  };
}
