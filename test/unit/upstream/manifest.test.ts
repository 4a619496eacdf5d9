import { gunzipSync } from 'node:zlib';
import { expect, test } from 'vitest';
import { buildManifest, compressManifest } from '../../../src/upstream/manifest.js';
import { offeredFunction, offeredService } from './server-fixtures.js';

const PROVIDER = { id: 'agent-1', version: '1.0.0', lang: 'node', sdk: 'croupier-cli' };

function manifestOf(...functions: Parameters<typeof offeredFunction>[]) {
  return buildManifest(
    [
      offeredService(
        'game',
        functions.map((one) => offeredFunction(...one)),
      ),
    ],
    PROVIDER,
  );
}

test('everything that a function said has its place', () => {
  expect(
    manifestOf([
      'player.ban',
      {
        version: '2.1.0',
        category: 'player',
        risk: 'HIGH',
        entity: 'player',
        operation: 'update',
        operationId: 'banPlayer',
        deprecated: true,
        tags: ['moderation', 'live'],
        summary: 'Bans a player',
        description: 'For a while or for good.',
        inputSchema: '{"type":"object"}',
        outputSchema: '{"type":"string"}',
      },
    ]),
  ).toEqual({
    provider: PROVIDER,
    functions: [
      {
        id: 'player.ban',
        version: '2.1.0',
        category: 'player',
        risk: 'high',
        tags: ['moderation', 'live'],
        labels: { entity: 'player', operation: 'update', operation_id: 'banPlayer', deprecated: 'true' },
        summary: { en: 'Bans a player' },
        request: { json_schema: '{"type":"object"}' },
        response: { json_schema: '{"type":"string"}' },
        ui: {
          category: 'player',
          risk: 'high',
          tags: ['moderation', 'live'],
          description: 'For a while or for good.',
        },
      },
    ],
  });
});

test('what a function did not say, or said wrongly, is left out, but for the schemas', () => {
  expect(manifestOf(['f', { version: '', risk: 'huge', inputSchema: '{not json' }]).functions).toEqual([
    { id: 'f', request: { json_schema: '{}' }, response: { json_schema: '{}' } },
  ]);
});

test('a function that several services have is declared once', () => {
  const services = [
    offeredService('a', [offeredFunction('f', { version: '1' })]),
    offeredService('b', [offeredFunction('f', { version: '2' })]),
  ];
  expect(buildManifest(services, PROVIDER).functions.map((one) => one.version)).toEqual(['1']);
});

test('it travels as gzip', async () => {
  const json = JSON.stringify(manifestOf(['f', {}]));
  expect(gunzipSync(await compressManifest(json)).toString()).toBe(json);
});
