import type { Service } from 'croupier-cli/sdk';
import type { PlayerStore } from './player-store.ts';

export function registerServerFunctions(service: Service, players: PlayerStore): void {
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

export function serverStatus(players: PlayerStore, service: Pick<Service, 'version' | 'generation'>) {
  return {
    online: players.countOnline(),
    uptimeSeconds: Math.round(process.uptime()),
    version: service.version,
    generation: service.generation,
  };
}
