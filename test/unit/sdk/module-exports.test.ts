import { describe, expect, test } from 'vitest';
import { defineFunction, defineJob } from '../../../src/sdk/function-definition.js';
import { definitionsOf } from '../../../src/sdk/module-exports.js';

const ban = defineFunction({ id: 'ban' }, () => null);
const season = defineJob({ id: 'season' }, () => null);

async function idsOf(exported: unknown, context?: unknown): Promise<string[] | string> {
  const result = await definitionsOf(exported, context);
  return result.ok ? result.value.map((one) => one.descriptor.id) : result.error;
}

describe('a module has the functions', () => {
  test.each([
    ['that it exports', ban, ['ban']],
    ['of a list', [ban, season], ['ban', 'season']],
    ['that a function of the context gives', (context: unknown) => (context === 'store' ? ban : []), ['ban']],
    ['that it waits for', async () => [season], ['season']],
  ])('%s', async (_what, exported, ids) => {
    expect(await idsOf(exported, 'store')).toEqual(ids);
  });
});

describe('a library', () => {
  test.each([
    ['nothing', undefined],
    ['an object', { ban: 1 }],
    ['a list of anything', ['a', 'b']],
    ['a class', class Store {}],
  ])('exports %s by default', async (_what, exported) => {
    expect(await idsOf(exported)).toEqual([]);
  });
});

describe('a mistake', () => {
  test('is a function that gives anything else', async () => {
    expect(await idsOf(() => 'hello')).toContain('a library belongs into a folder lib/');
  });

  test('is a list with something else in it', async () => {
    expect(await idsOf([ban, 'hello'])).toContain('its list holds something else');
  });
});

describe('defineFunction()', () => {
  test('refuses what is no handler', () => {
    const handler = JSON.parse('null');
    expect(() => defineFunction({ id: 'ban' }, handler)).toThrow('function ban: the handler is a function');
  });
});
