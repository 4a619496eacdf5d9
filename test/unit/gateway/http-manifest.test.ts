import { describe, expect, it } from 'vitest';
import { parseManifest } from '../../../src/gateway/http-manifest.js';

const text = (...functions: readonly unknown[]): string => JSON.stringify({ functions });

describe('a manifest', () => {
  it('needs nothing but ids', () => {
    expect(parseManifest(text({ id: 'player.ban' }))).toEqual({
      ok: true,
      value: [
        {
          method: 'POST',
          path: '/functions/player.ban',
          inputSchema: undefined,
          descriptor: {
            id: 'player.ban',
            version: '1.0.0',
            tags: [],
            summary: '',
            description: '',
            operationId: '',
            deprecated: false,
            inputSchema: '',
            outputSchema: '',
            category: '',
            risk: '',
            entity: '',
            operation: '',
          },
        },
      ],
    });
  });

  it('says everything that a registration can', () => {
    const parsed = parseManifest(
      text({
        id: 'player.ban',
        version: '2.1.0',
        http: 'PUT /ban',
        request: { json_schema: { type: 'object' } },
        response: { json_schema: true },
        summary: { zh: '封禁', en: 'Ban a player' },
        description: 'd',
        category: 'c',
        risk: 'high',
        entity: 'player',
        operation: 'ban',
        operation_id: 'banPlayer',
        tags: ['a', 'b'],
        deprecated: true,
        unknown: 1,
      }),
    );
    expect(parsed).toMatchObject({
      ok: true,
      value: [
        {
          method: 'PUT',
          path: '/ban',
          inputSchema: { type: 'object' },
          descriptor: {
            version: '2.1.0',
            inputSchema: '{"type":"object"}',
            outputSchema: 'true',
            summary: 'Ban a player',
            description: 'd',
            category: 'c',
            risk: 'high',
            entity: 'player',
            operation: 'ban',
            operationId: 'banPlayer',
            tags: ['a', 'b'],
            deprecated: true,
          },
        },
      ],
    });
  });

  it.each([
    ['{', 'is not JSON: '],
    ['[]', 'must be an object with a list "functions"'],
    ['{"functions": {}}', 'must be an object with a list "functions"'],
    [text('x'), 'is wrong: functions[0] must be an object'],
    [text({ id: 'a' }, {}), 'is wrong: functions[1].id must be a text that is not empty'],
    [text({ id: '' }), 'is wrong: functions[0].id must be a text that is not empty'],
    [text({ id: 'a', version: 1 }), 'is wrong: functions[0].version must be a text'],
    [text({ id: 'a', http: 7 }), 'is wrong: functions[0].http must be a text'],
    [text({ id: 'a', http: 'x' }), 'is wrong: functions[0].http must be a method and a path'],
    [text({ id: 'a', tags: 'x' }), 'is wrong: functions[0].tags must be a list of texts'],
    [text({ id: 'a', deprecated: 'no' }), 'is wrong: functions[0].deprecated must be true or false'],
    [text({ id: 'a', request: [] }), 'is wrong: functions[0].request must be an object'],
    [text({ id: 'a' }, { id: 'a' }), 'is wrong: functions[1] has the id "a", which an earlier one has'],
  ])('%s is refused', (manifest, words) => {
    expect(parseManifest(manifest)).toMatchObject({ ok: false, error: expect.stringContaining(words) });
  });
});
