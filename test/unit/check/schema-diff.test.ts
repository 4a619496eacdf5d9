import { describe, expect, test } from 'vitest';
import { findBreaks } from '../../../src/check/schema-diff.js';

const text = { type: 'string' };
const number = { type: 'number' };
const whole = { type: 'integer' };

function fields(properties: object, more: object = {}): object {
  return { type: 'object', properties, ...more };
}

type Row = readonly [what: string, before: unknown, now: unknown, input: string[], output: string[]];

/** What breaks when the schema is that of the input, and when it is that of the output. */
const ROWS: readonly Row[] = [
  ['nothing changed', fields({ a: text }), fields({ a: text }), [], []],
  ['a field is new', fields({ a: text }), fields({ a: text, b: text }), [], []],
  ['a field is gone', fields({ a: text, b: text }), fields({ a: text }), ['b is gone'], ['b is gone']],
  [
    'a field is required now',
    fields({ a: text }),
    fields({ a: text }, { required: ['a'] }),
    ['a is required now'],
    [],
  ],
  [
    'a field is required no more',
    fields({ a: text }, { required: ['a'] }),
    fields({ a: text }),
    [],
    ['a can be missing now'],
  ],
  [
    'a new field is required',
    fields({}),
    fields({ a: text }, { required: ['a'] }),
    ['a is required now'],
    [],
  ],
  [
    'a type is another',
    fields({ a: text }),
    fields({ a: number }),
    ['a takes no string any more'],
    ['a can be of type number now'],
  ],
  [
    'a type is narrower',
    fields({ a: { type: ['string', 'null'] } }),
    fields({ a: text }),
    ['a takes no null any more'],
    [],
  ],
  ['a type is wider', fields({ a: whole }), fields({ a: number }), [], ['a can be of type number now']],
  [
    'a type is said for the first time',
    fields({ a: {} }),
    fields({ a: text }),
    ['a takes nothing but string now'],
    [],
  ],
  [
    'a type is not said any more',
    fields({ a: text }),
    fields({ a: {} }),
    [],
    ['a can be something else than string now'],
  ],
  [
    'a value is gone from a list',
    fields({ a: { enum: ['x', 'y'] } }),
    fields({ a: { enum: ['x'] } }),
    ['a does not take "y" any more'],
    [],
  ],
  [
    'a value is new in a list',
    fields({ a: { enum: ['x'] } }),
    fields({ a: { enum: ['x', 'y'] } }),
    [],
    ['a can be "y" now'],
  ],
  [
    'a list of values begins',
    fields({ a: text }),
    fields({ a: { type: 'string', enum: ['x'] } }),
    ['a takes nothing but "x" now'],
    [],
  ],
  [
    'a bound is tighter',
    fields({ a: { type: 'integer', minimum: 1, maximum: 10 } }),
    fields({ a: { type: 'integer', minimum: 2, maximum: 9 } }),
    ['a has minimum 2 now instead of 1', 'a has maximum 9 now instead of 10'],
    [],
  ],
  [
    'a bound is gone',
    fields({ a: { type: 'string', maxLength: 10 } }),
    fields({ a: text }),
    [],
    ['a has no maxLength now instead of 10'],
  ],
  [
    'a pattern begins',
    fields({ a: text }),
    fields({ a: { type: 'string', pattern: '^x' } }),
    ['a has to match another pattern now'],
    [],
  ],
  [
    'further fields are refused',
    fields({ a: text }),
    fields({ a: text }, { additionalProperties: false }),
    ['the whole takes no further fields any more'],
    [],
  ],
  [
    'values of a map are others',
    { type: 'object', additionalProperties: text },
    { type: 'object', additionalProperties: number },
    ['* takes no string any more'],
    ['* can be of type number now'],
  ],
  [
    'elements of a list, deep below',
    fields({ a: { type: 'array', items: fields({ b: text }) } }),
    fields({ a: { type: 'array', items: fields({ b: number }) } }),
    ['a[].b takes no string any more'],
    ['a[].b can be of type number now'],
  ],
  [
    'an alternative is gone',
    fields({ a: { anyOf: [text, { type: 'null' }] } }),
    fields({ a: text }),
    ['a takes no null any more'],
    [],
  ],
  [
    'an alternative is new, and the same said in two ways is no change',
    fields({ a: { type: ['string', 'null'] } }),
    fields({ a: { oneOf: [{ type: 'null' }, text, number] } }),
    [],
    ['a can be of type number now'],
  ],
  [
    'a reference is followed on both sides',
    { $ref: '#/$defs/Ban', $defs: { Ban: fields({ a: text }) } },
    { $ref: '#/$defs/Ban', $defs: { Ban: fields({ a: number }) } },
    ['a takes no string any more'],
    ['a can be of type number now'],
  ],
  [
    'parts are put together',
    fields({ a: text, b: text }),
    { allOf: [fields({ a: text }), fields({ b: number }, { required: ['b'] })] },
    ['b is required now', 'b takes no string any more'],
    ['b can be of type number now'],
  ],
  ['a field is refused', fields({ a: text }), fields({ a: false }), ['a is refused now'], []],
  ['the whole is told to be an object', { properties: { a: text } }, fields({ a: text }), [], []],
];

describe.each(ROWS)('%s', (_, before, now, input, output) => {
  test('of an input', () => expect(findBreaks(before, now, 'input')).toEqual(input));
  test('of an output', () => expect(findBreaks(before, now, 'output')).toEqual(output));
});

test('a first schema breaks only by what it requires; one that is gone takes the promise of the output away', () => {
  expect(findBreaks(null, fields({ a: text, b: text }, { required: ['b'] }), 'input')).toEqual([
    'b is required now',
  ]);
  expect(findBreaks(null, fields({ a: text }, { required: ['a'] }), 'output')).toEqual([]);
  expect(findBreaks(fields({}), null, 'input')).toEqual([]);
  expect(findBreaks(fields({}), null, 'output')).toEqual(['its schema is gone']);
});

test('a schema that holds itself ends, and what is no schema limits nothing', () => {
  const tree = { $ref: '#/$defs/Node', $defs: { Node: fields({ next: { $ref: '#/$defs/Node' }, a: text }) } };
  const other = {
    $ref: '#/$defs/Node',
    $defs: { Node: fields({ next: { $ref: '#/$defs/Node' }, a: number }) },
  };
  expect(findBreaks(tree, tree, 'input')).toEqual([]);
  // The same place is told once, however it is come to.
  expect(findBreaks(tree, other, 'input')).toEqual(['next.a takes no string any more']);
  expect(findBreaks({ $ref: '#' }, { $ref: '#' }, 'input')).toEqual([]);
  expect(findBreaks('not JSON', fields({ a: text }), 'input')).toEqual([
    'the whole takes nothing but object now',
  ]);
  expect(findBreaks({ $ref: 'https://example.org/ban.json' }, { $ref: '#/nowhere' }, 'input')).toEqual([]);
});

test('many alternatives that hold each other are compared in no time', () => {
  const node = (leaf: object) => ({
    $ref: '#/$defs/Node',
    $defs: {
      Node: {
        anyOf: [
          leaf,
          fields({ left: { $ref: '#/$defs/Node' }, right: { $ref: '#/$defs/Node' } }),
          { type: 'array', items: { $ref: '#/$defs/Node' } },
        ],
      },
    },
  });
  expect(findBreaks(node(text), node(text), 'input')).toEqual([]);
  expect(findBreaks(node(text), node(number), 'input')).toContain('the whole takes no string any more');
});
