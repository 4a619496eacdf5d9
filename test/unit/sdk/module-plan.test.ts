import { describe, expect, test } from 'vitest';
import { defineFunction } from '../../../src/sdk/function-definition.js';
import type { ModuleBatch, ModuleFailure } from '../../../src/sdk/function-modules.js';
import { planModules } from '../../../src/sdk/module-plan.js';

const ROOT = '/game/';
const modules = { shown: (path: string) => path.slice(ROOT.length) };
const OWNERS = new Map([
  ['a', '/game/functions/a.ts'],
  ['b', '/game/functions/pair.ts'],
  ['c', '/game/functions/pair.ts'],
]);
const registry = { has: (id: string) => OWNERS.has(id) || id === 'of.app' };

interface Parts {
  readonly loaded?: Readonly<Record<string, readonly string[]>>;
  readonly failed?: readonly ModuleFailure[];
  readonly removed?: readonly string[];
}

function plan({ loaded = {}, failed = [], removed = [] }: Parts) {
  const batch: ModuleBatch = {
    loaded: Object.entries(loaded).map(([name, ids]) => ({
      path: `${ROOT}functions/${name}.ts`,
      definitions: ids.map((id) => defineFunction({ id }, () => null)),
    })),
    failed,
    removed: removed.map((name) => `${ROOT}functions/${name}.ts`),
    commit() {},
    discard() {},
  };
  return planModules(batch, modules, OWNERS, registry);
}

function failures(parts: Parts): string[] {
  const result = plan(parts);
  return result.ok ? [] : result.error.map(({ id, path, error }) => `${id} in ${path}: ${error}`);
}

describe('a batch of modules', () => {
  test('replaces, adds, and removes what no module defines any more', () => {
    const result = plan({ loaded: { pair: ['b', 'd'], more: ['e'] }, removed: ['a'] });
    if (!result.ok) throw new Error(JSON.stringify(result.error));
    expect(result.value.definitions.map((one) => one.descriptor.id)).toEqual(['b', 'd', 'e']);
    expect(result.value.removed).toEqual(['a', 'c']);
    expect(Object.fromEntries(result.value.owners)).toEqual({
      b: '/game/functions/pair.ts',
      d: '/game/functions/pair.ts',
      e: '/game/functions/more.ts',
    });
  });

  test('may move a function from one module to another', () => {
    const result = plan({ loaded: { pair: ['b'], a: ['a', 'c'] } });
    expect(result.ok && result.value.owners.get('c')).toBe('/game/functions/a.ts');
    expect(result.ok && result.value.removed).toEqual([]);
  });

  test('fails as a whole: for each function that the failed module had', () => {
    const failed = [{ path: 'functions/pair.ts', error: 'no brace' }];
    expect(failures({ loaded: { a: ['a'] }, failed })).toEqual([
      'b in functions/pair.ts: no brace',
      'c in functions/pair.ts: no brace',
    ]);
  });

  test('fails without an id where the module is new', () => {
    const failed = [{ path: 'functions/new.ts', error: 'no brace' }];
    expect(failures({ failed })).toEqual(['null in functions/new.ts: no brace']);
  });

  test('fails where a module has lost all its functions', () => {
    expect(failures({ loaded: { pair: [] } })).toEqual([
      'b in functions/pair.ts: it exports no function by default any more, and had b, c; delete the file to remove them',
      'c in functions/pair.ts: it exports no function by default any more, and had b, c; delete the file to remove them',
    ]);
  });

  test.each([
    [
      'another module',
      { twin: ['a'] },
      'a in functions/twin.ts: function a is registered by functions/a.ts already',
    ],
    [
      'the app',
      { twin: ['of.app'] },
      'of.app in functions/twin.ts: function of.app is registered by the app itself already',
    ],
    [
      'the same module',
      { a: ['a', 'a'] },
      'a in functions/a.ts: function a is registered by functions/a.ts already',
    ],
  ])('fails where an id is taken by %s', (_who, loaded, failure) => {
    expect(failures({ loaded })).toEqual([failure]);
  });

  test('takes a library, which has no function and never had one', () => {
    expect(plan({ loaded: { library: [] } })).toMatchObject({
      ok: true,
      value: { definitions: [], removed: [] },
    });
  });
});
