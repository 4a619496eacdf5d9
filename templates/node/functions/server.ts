import { defineFunction } from 'croupier-cli/sdk';
import type { GameContext } from '../context.ts';
import type { PlayerStore } from '../player-store.ts';

export default ({ players, serverInfo }: GameContext) =>
  defineFunction(
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
    () => serverStatus(players, serverInfo()),
  );

export function serverStatus(players: PlayerStore, info: ReturnType<GameContext['serverInfo']>) {
  return {
    online: players.countOnline(),
    uptimeSeconds: Math.round(process.uptime()),
    ...info,
  };
}
