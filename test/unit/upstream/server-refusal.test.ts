import { expect, test } from 'vitest';
import { STATUS_CODES, type StatusName } from '../../../src/protocol/status-codes.js';
import { describeFailedCall } from '../../../src/upstream/server-refusal.js';

const TO = { kind: 'edge', address: 'edge.example:9443', gameId: 'demo', agentId: 'game-1a2b' } as const;

test.each<[StatusName, string, string]>([
  ['DEADLINE_EXCEEDED', '', 'the edge at edge.example:9443 did not answer the registration within 3 s'],
  ['UNAVAILABLE', 'closed', 'the edge at edge.example:9443 broke off the registration: UNAVAILABLE: closed'],
  [
    'PERMISSION_DENIED',
    'who?',
    'the edge at edge.example:9443 refused the registration: PERMISSION_DENIED: who?; check "gameId" ("demo") in the configuration',
  ],
  [
    'UNAUTHENTICATED',
    '',
    'the edge at edge.example:9443 refused the registration: UNAUTHENTICATED; check the client certificate, "cert" and "key" of "upstream.tls"',
  ],
  [
    'ALREADY_EXISTS',
    'taken',
    'the edge at edge.example:9443 refused the registration: ALREADY_EXISTS: taken; set another "upstream.agentId" (now "game-1a2b")',
  ],
  [
    'INVALID_ARGUMENT',
    'no rpc_addr',
    'the edge at edge.example:9443 refused the registration: INVALID_ARGUMENT: no rpc_addr',
  ],
])('%s says who, what and which key', (code, message, words) => {
  const failure = { code: STATUS_CODES[code], codeName: code, message, metadata: {} };
  expect(describeFailedCall(failure, 'the registration', TO, 3_000)).toBe(words);
});

test('without a game id the missing key is named', () => {
  const failure = {
    code: STATUS_CODES.PERMISSION_DENIED,
    codeName: 'PERMISSION_DENIED',
    message: '',
    metadata: {},
  };
  expect(describeFailedCall(failure, 'the tunnel', { ...TO, gameId: '' }, 3_000)).toBe(
    'the edge at edge.example:9443 refused the tunnel: PERMISSION_DENIED; "gameId" is not set in the configuration, and the edge may ask for one',
  );
});
