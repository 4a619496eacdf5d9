import { FunctionError } from '../function-error.js';

/** @import { PlayerStore } from './player-store.js' */
/** @import { GameFunction } from '../serve-functions.js' */

const HOUR_MS = 60 * 60 * 1000;
/** Ten years; for longer leave the hours away. */
const MAX_HOURS = 10 * 365 * 24;

/**
 * @param {PlayerStore} players
 * @returns {GameFunction[]}
 */
export function playerFunctions(players) {
  return [
    {
      id: 'player.ban',
      version: '1.0.0',
      summary: 'Ban a player',
      tags: ['player', 'moderation'],
      risk: 'high',
      request: {
        json_schema: {
          type: 'object',
          required: ['playerId'],
          properties: {
            playerId: { type: 'string', title: 'Player', minLength: 1 },
            reason: { type: 'string', title: 'Reason', maxLength: 200 },
            hours: { type: 'number', title: 'Hours', exclusiveMinimum: 0, description: 'Empty: for ever' },
          },
        },
      },
      response: {
        json_schema: {
          type: 'object',
          properties: {
            result: { const: 'success' },
            playerId: { type: 'string' },
            until: { type: ['string', 'null'], format: 'date-time' },
          },
        },
      },
      run: (payload) => banPlayer(players, payload),
    },
  ];
}

/**
 * @param {PlayerStore} players
 * @param {unknown} payload what the caller sent: anything
 * @param {Date} now
 */
export function banPlayer(players, payload, now = new Date()) {
  const { playerId, reason, hours } = readBan(payload);
  const player = players.find(playerId);
  if (player === null) throw new FunctionError(404, `there is no player ${playerId}`);
  const until = hours === null ? null : new Date(now.getTime() + hours * HOUR_MS);
  players.ban(player, { reason, until });
  return { result: 'success', playerId, until };
}

/** @param {unknown} payload */
function readBan(payload) {
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

/** @param {string} message */
function invalid(message) {
  return new FunctionError(400, message);
}
