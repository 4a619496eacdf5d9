import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { InputSchemas } from '../../../src/gateway/http-input-schema.js';

const folder = mkdtempSync(join(tmpdir(), 'croupier-schemas-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

async function check(schema: unknown, payload: unknown): Promise<string | null> {
  const compiled = await new InputSchemas().compile(schema);
  if (!compiled.ok) throw new Error(compiled.error);
  return compiled.value.check(payload);
}

describe('an input schema', () => {
  const ban = {
    type: 'object',
    required: ['playerId'],
    properties: {
      playerId: { type: 'string' },
      until: { type: 'string', format: 'date-time' },
      why: { enum: ['cheating', 'spam'] },
    },
    additionalProperties: false,
  };

  it.each([
    [{ playerId: 'p' }, null],
    [{ playerId: 7 }, '/playerId must be string'],
    [{}, "the payload must have required property 'playerId'"],
    [{ playerId: 'p', until: 'tomorrow' }, '/until must match format "date-time"'],
    [{ playerId: 'p', until: '2026-01-01T00:00:00Z' }, null],
    [{ playerId: 'p', x: 1 }, 'the payload must NOT have additional properties: "x"'],
    [{ playerId: 'p', why: 'bored' }, '/why must be equal to one of the allowed values: ["cheating","spam"]'],
    [[], 'the payload must be object'],
  ])('says of %j what is wrong', async (payload, problem) => {
    expect(await check(ban, payload)).toBe(problem);
  });

  const tuple2020 = { type: 'array', prefixItems: [{ type: 'string' }], items: false };
  const tuple07 = { type: 'array', items: [{ type: 'string' }], additionalItems: false };

  it.each([
    ['2020-12', { $schema: 'https://json-schema.org/draft/2020-12/schema', ...tuple2020 }],
    ['2019-09', { $schema: 'https://json-schema.org/draft/2019-09/schema', ...tuple07 }],
    ['draft-07', { $schema: 'http://json-schema.org/draft-07/schema#', ...tuple07 }],
    ['the current draft, without a name', tuple2020],
    ['an older draft, without a name', tuple07],
  ])('can be of %s', async (_, schema) => {
    expect(await check(schema, ['a'])).toBe(null);
    expect(await check(schema, [1])).toBe('/0 must be string');
    expect(await check(schema, ['a', 'b'])).not.toBe(null);
  });

  it('can refer to its own parts, have an $id, and keywords that nobody knows', async () => {
    const schema = {
      $id: 'https://example.com/ban',
      $defs: { id: { type: 'string', 'x-widget': 'select' } },
      properties: { id: { $ref: '#/$defs/id' } },
    };
    const schemas = new InputSchemas();
    for (const title of ['one', 'two']) {
      const compiled = await schemas.compile({ ...schema, title });
      expect(compiled.ok && compiled.value.check({ id: 1 })).toBe('/id must be string');
    }
  });

  it('can be true or false', async () => {
    expect(await check(true, 1)).toBe(null);
    expect(await check(false, 1)).toBe('the payload boolean schema is false');
  });

  it('is compiled once', async () => {
    const schemas = new InputSchemas();
    const [one, two] = [await schemas.compile({ type: 'string' }), await schemas.compile({ type: 'string' })];
    expect(one).toBe(two);
  });

  it.each([
    ['text', 'is no JSON Schema: it must be an object, or true or false'],
    [[], 'is no JSON Schema: it must be an object, or true or false'],
    [{ type: 'text' }, 'is no JSON Schema: '],
    [{ $ref: 'other.json' }, "is no JSON Schema: can't resolve reference other.json"],
    [{ pattern: '(' }, 'is no JSON Schema: '],
    [
      { $schema: 'http://json-schema.org/draft-04/schema#' },
      'has the "$schema" "http://json-schema.org/draft-04/schema#", which is not supported; supported are 2020-12, 2019-09, draft-07',
    ],
  ])('%j is none', async (schema, words) => {
    expect(await new InputSchemas().compile(schema)).toMatchObject({
      ok: false,
      error: expect.stringContaining(words),
    });
  });

  it('can be a file; what is wrong names the file', async () => {
    const file = join(folder, 'ban.json');
    const schemas = new InputSchemas();
    expect(await schemas.read(file)).toMatchObject({
      ok: false,
      error: expect.stringMatching(/ban\.json cannot be read: ENOENT/),
    });
    writeFileSync(file, '{ "type": ');
    expect(await schemas.read(file)).toMatchObject({
      ok: false,
      error: expect.stringMatching(/ban\.json is not JSON: /),
    });
    writeFileSync(file, '{ "type": "nothing" }');
    expect(await schemas.read(file)).toMatchObject({
      ok: false,
      error: expect.stringMatching(/ban\.json is no JSON Schema: /),
    });
    writeFileSync(file, '{ "type": "object" }');
    expect(await schemas.read(file)).toMatchObject({ ok: true, value: { text: '{"type":"object"}' } });
  });
});
