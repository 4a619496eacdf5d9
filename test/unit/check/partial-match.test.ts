import { expect, test } from 'vitest';
import { findMismatch } from '../../../src/check/partial-match.js';

test.each<[expected: unknown, actual: unknown, mismatch: string | null]>([
  [{ a: 1 }, { a: 1, b: 2 }, null],
  [{ a: { b: [1, { c: 2 }] } }, { a: { b: [1, { c: 2, d: 3 }], e: 4 } }, null],
  [{}, { a: 1 }, null],
  ['pong', 'pong', null],
  [0, 0, null],
  [{ a: null }, { a: null }, null],
  [{ a: 1 }, { a: 2 }, 'a is 2, expected 1'],
  [{ a: null }, {}, 'a is missing, expected null'],
  [{ a: { b: 1 } }, { a: { b: '1' } }, 'a.b is "1", expected 1'],
  [{ a: { b: 1 } }, { a: [] }, 'a is [], expected {"b":1}'],
  [{}, null, 'the answer is null, expected {}'],
  [[1, 2], [1], 'the answer has 1 elements, expected 2'],
  [{ list: [{ id: 1 }] }, { list: [{ id: 2 }] }, 'list[0].id is 2, expected 1'],
  [[1], { 0: 1 }, 'the answer is {"0":1}, expected [1]'],
  [true, 'x'.repeat(300), `the answer is "${'x'.repeat(99)}..., expected true`],
  [{ toString: 1 }, {}, 'toString is missing, expected 1'],
])('%j against %j', (expected, actual, mismatch) => {
  expect(findMismatch(expected, actual)).toBe(mismatch);
});
