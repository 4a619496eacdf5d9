import { describe, expect, test } from 'vitest';
import { defineFunction, type FunctionDefinition } from '../../../src/sdk/function-definition.js';
import { FunctionRegistry, KEPT_VERSIONS } from '../../../src/sdk/function-registry.js';

function version(id: string, text: string): FunctionDefinition {
  return defineFunction({ id, version: text }, () => text);
}

function registryOf(...definitions: readonly FunctionDefinition[]): FunctionRegistry {
  const registry = new FunctionRegistry();
  for (const definition of definitions) registry.add(definition);
  return registry;
}

function versions(registry: FunctionRegistry): string[] {
  return registry.descriptors().map((one) => `${one.id}@${one.version}`);
}

describe('a swap', () => {
  test('replaces, adds and removes, and says what was before', () => {
    const registry = registryOf(version('a', '1'), version('b', '1'));
    expect(registry.swap([version('a', '2'), version('c', '1')], ['b'])).toEqual([
      { id: 'a', oldVersion: '1', newVersion: '2' },
      { id: 'c', oldVersion: null, newVersion: '1' },
      { id: 'b', oldVersion: '1', newVersion: null },
    ]);
    expect(versions(registry)).toEqual(['a@2', 'c@1']);
    expect(registry.get('b')).toMatchObject({ ok: false, error: { code: 'NOT_FOUND' } });
  });

  test('leaves who has the old one with the old one', () => {
    const registry = registryOf(version('a', '1'));
    const before = registry.get('a');
    registry.swap([version('a', '2')]);
    expect(before.ok && before.value.descriptor.version).toBe('1');
  });
});

describe('the versions before', () => {
  test('come back one after the other, and the newer ones are forgotten', () => {
    const registry = registryOf(version('a', '1'));
    registry.swap([version('a', '2')]);
    registry.swap([version('a', '3')]);
    expect(registry.rollback('a')).toEqual({
      ok: true,
      value: { id: 'a', oldVersion: '3', newVersion: '2' },
    });
    registry.swap([version('a', '4')]);
    expect(registry.rollback('a')).toMatchObject({ value: { newVersion: '2' } });
    expect(registry.rollback('a')).toMatchObject({ value: { newVersion: '1' } });
    expect(registry.rollback('a')).toMatchObject({ ok: false, error: { code: 'FAILED_PRECONDITION' } });
    expect(versions(registry)).toEqual(['a@1']);
  });

  test(`are the last ${KEPT_VERSIONS}`, () => {
    const registry = registryOf(version('a', '0'));
    for (let count = 1; count <= 20; count++) registry.swap([version('a', String(count))]);
    const back: unknown[] = [];
    for (let result = registry.rollback('a'); result.ok; result = registry.rollback('a')) {
      back.push(result.value.newVersion);
    }
    expect(back).toEqual(['19', '18', '17', '16', '15']);
  });

  test('are none of a function that is not there, or was taken out', () => {
    const registry = registryOf(version('a', '1'));
    registry.swap([version('a', '2')]);
    registry.swap([], ['a']);
    expect(registry.rollback('a')).toMatchObject({ ok: false, error: { code: 'NOT_FOUND' } });
    registry.swap([version('a', '3')]);
    expect(registry.rollback('a')).toMatchObject({ ok: false, error: { code: 'FAILED_PRECONDITION' } });
  });
});
