import { defineFunction, FunctionError } from 'croupier-cli/sdk';
import type { GameContext } from '../context.ts';
import type { PlayerStore } from '../player-store.ts';

const HOUR_MS = 60 * 60 * 1000;
/** Ten years; for longer leave the hours away. */
const MAX_HOURS = 10 * 365 * 24;

export default ({ players }: GameContext) => [
  defineFunction(
    {
      id: 'player.ban',
      version: '1.0.0',
      summary: 'Ban a player',
      tags: ['player', 'moderation'],
      risk: 'high',
      inputSchema: {
        type: 'object',
        required: ['playerId'],
        properties: {
          playerId: { type: 'string', title: 'Player', minLength: 1 },
          reason: { type: 'string', title: 'Reason', maxLength: 200 },
          hours: { type: 'number', title: 'Hours', exclusiveMinimum: 0, description: 'Empty: for ever' },
        },
      },
      outputSchema: {
        type: 'object',
        properties: {
          result: { const: 'success' },
          playerId: { type: 'string' },
          until: { type: ['string', 'null'], format: 'date-time' },
        },
      },
    },
    (payload) => banPlayer(players, payload),
  ),
];

/** `payload` is what the caller sent: anything. */
export function banPlayer(players: PlayerStore, payload: unknown, now = new Date()) {
  const { playerId, reason, hours } = readBan(payload);
  const player = players.find(playerId);
  if (player === null) throw new FunctionError('NOT_FOUND', `there is no player ${playerId}`);
  const until = hours === null ? null : new Date(now.getTime() + hours * HOUR_MS);
  players.ban(player, { reason, until });
  return { result: 'success', playerId, until };
}

function readBan(payload: unknown): { playerId: string; reason: string; hours: number | null } {
  if (typeof payload !== 'object' || payload === null) throw invalid('the payload must be an object');
  const playerId = 'playerId' in payload ? payload.playerId : undefined;
  const reason = 'reason' in payload ? payload.reason : '';
  const hours = 'hours' in payload ? payload.hours : null;
  if (typeof playerId !== 'string' || playerId === '') throw invalid('playerId must be a text');
  if (typeof reason !== 'string') throw invalid('reason must be a text');
  if (hours !== null && (typeof hours !== 'number' || !(hours > 0) || hours > MAX_HOURS)) {
    throw invalid(`hours must be a number above 0, at most ${MAX_HOURS}`);
  }
  return { playerId, reason, hours };
}

function invalid(message: string): FunctionError {
  return new FunctionError('INVALID_ARGUMENT', message);
}
