import { isRecord } from '../config/record.js';
import {
  alternativesOf,
  flatten,
  isNever,
  propertiesOf,
  requiredOf,
  type Schema,
  typesOf,
  valuesOf,
} from './schema-shape.js';

/** `input`: callers send it, and what was right has to stay right. `output`: callers read it, and what they rely on has to stay. */
export type Direction = 'input' | 'output';

const LOWER_BOUNDS = ['minimum', 'exclusiveMinimum', 'minLength', 'minItems', 'minProperties'] as const;
const UPPER_BOUNDS = ['maximum', 'exclusiveMaximum', 'maxLength', 'maxItems', 'maxProperties'] as const;

/** `narrow`: what comes; `wide`: what it has to fit into. */
interface Pair {
  readonly narrow: unknown;
  readonly wide: unknown;
}

interface Comparison {
  readonly direction: Direction;
  readonly roots: Pair;
  /** What was found of two schemas, by identity: alternatives meet the same pair many times, and a schema can hold itself. */
  readonly found: Map<unknown, Map<unknown, readonly string[]>>;
}

/**
 * What breaks callers between two JSON Schemas (parsed; null: there is none), one sentence each. An input breaks where a value that fitted before
 * does not fit now, and where a field is gone; an output where a value comes that did not fit before, and where a field is gone.
 * `$ref` within the schema, `allOf`, `anyOf` and `oneOf` are followed; what depends on conditions (`if`, `not`, `patternProperties`)
 * is not judged.
 */
export function findBreaks(before: unknown, now: unknown, direction: Direction): readonly string[] {
  if (before === null) {
    // Nobody was told before what is right, so only what has to be there from now on counts.
    const required = direction === 'output' || now === null ? [] : requiredOf(flatten(now, now));
    return required.map((name) => `${name} is required now`);
  }
  if (now === null) return direction === 'output' ? ['its schema is gone'] : [];
  const pair = direction === 'input' ? { narrow: before, wide: now } : { narrow: now, wide: before };
  return [...new Set(compare(pair, '', { direction, roots: pair, found: new Map() }))];
}

function compare(pair: Pair, path: string, comparison: Comparison): readonly string[] {
  const { narrow, wide } = pair;
  const found = comparison.found.get(narrow) ?? new Map<unknown, readonly string[]>();
  comparison.found.set(narrow, found);
  const known = found.get(wide);
  if (known !== undefined) return known;
  // Met again below itself it says nothing new.
  found.set(wide, []);
  const misfits = compareAlternatives(pair, path, comparison);
  // Only schemas that are objects are the same place when they are met again.
  if (isRecord(narrow) && isRecord(wide)) found.set(wide, misfits);
  else found.delete(wide);
  return misfits;
}

function compareAlternatives(
  { narrow, wide }: Pair,
  path: string,
  comparison: Comparison,
): readonly string[] {
  const { roots } = comparison;
  const from = alternativesOf(flatten(narrow, roots.narrow), roots.narrow);
  const into = alternativesOf(flatten(wide, roots.wide), roots.wide);
  // Each alternative of the one side needs one of the other that takes all of it; where there is none, the nearest says why.
  return from.flatMap((one) => {
    const misfits = into.map((other) => compareOne(one, other, path, comparison));
    return misfits.reduce((least, each) => (each.length < least.length ? each : least));
  });
}

function compareOne(narrow: Schema, wide: Schema, path: string, comparison: Comparison): readonly string[] {
  if (isNever(narrow)) return [];
  const says = comparison.direction === 'input' ? INPUT_WORDS : OUTPUT_WORDS;
  const what = path === '' ? 'the whole' : path;
  if (isNever(wide)) return [says.refused(what)];
  const misfits = [...compareTypes(narrow, wide, what, says), ...compareValues(narrow, wide, what, says)];
  // Fields of what is of another type now say nothing more.
  if (misfits.length > 0) return misfits;
  return [
    ...compareBounds(narrow, wide, what, says),
    ...compareFields(narrow, wide, path, comparison),
    ...compareElements(narrow, wide, path, comparison),
  ];
}

function compareTypes(narrow: Schema, wide: Schema, what: string, says: Words): readonly string[] {
  const into = typesOf(wide);
  if (into === null) return [];
  const from = typesOf(narrow) ?? impliedTypes(narrow);
  if (from === null) return [says.onlyTypes(what, into)];
  const fits = (type: string) => into.includes(type) || (type === 'integer' && into.includes('number'));
  return from.filter((type) => !fits(type)).map((type) => says.type(what, type));
}

/** Where no type is named: what `enum` or `const` leave; who lists properties means an object. */
function impliedTypes(schema: Schema): readonly string[] | null {
  const values = valuesOf(schema);
  if (values === null) return 'properties' in schema ? ['object'] : null;
  return [
    ...new Set(
      values.map((text) => {
        const value: unknown = JSON.parse(text);
        if (value === null) return 'null';
        if (Array.isArray(value)) return 'array';
        return Number.isInteger(value) ? 'integer' : typeof value;
      }),
    ),
  ];
}

function compareValues(narrow: Schema, wide: Schema, what: string, says: Words): readonly string[] {
  const into = valuesOf(wide);
  if (into === null) return [];
  const from = valuesOf(narrow);
  if (from === null) return [says.onlyValues(what, into)];
  return from.filter((value) => !into.includes(value)).map((value) => says.value(what, value));
}

function compareBounds(narrow: Schema, wide: Schema, what: string, says: Words): readonly string[] {
  const misfits: string[] = [];
  const look = (key: string, isWithin: (from: number, into: number) => boolean): void => {
    const into = wide[key];
    const from = narrow[key];
    if (typeof into !== 'number') return;
    if (typeof from !== 'number' || !isWithin(from, into)) {
      misfits.push(says.bound(what, key, typeof from === 'number' ? from : null, into));
    }
  };
  for (const key of LOWER_BOUNDS) look(key, (from, into) => from >= into);
  for (const key of UPPER_BOUNDS) look(key, (from, into) => from <= into);
  if (typeof wide.pattern === 'string' && wide.pattern !== narrow.pattern) misfits.push(says.pattern(what));
  return misfits;
}

function compareFields(
  narrow: Schema,
  wide: Schema,
  path: string,
  comparison: Comparison,
): readonly string[] {
  const { direction } = comparison;
  const says = direction === 'input' ? INPUT_WORDS : OUTPUT_WORDS;
  const [from, into] = [propertiesOf(narrow), propertiesOf(wide)];
  const [before, now] = direction === 'input' ? [from, into] : [into, from];
  const name = (field: string) => (path === '' ? field : `${path}.${field}`);
  const gone = Object.keys(before).filter((field) => !Object.hasOwn(now, field));
  const fromRequired = new Set(requiredOf(narrow));
  const misfits = [
    ...gone.map((field) => `${name(field)} is gone`),
    ...requiredOf(wide)
      .filter((field) => !fromRequired.has(field) && !gone.includes(field))
      .map((field) => says.required(name(field))),
  ];
  for (const [field, schema] of Object.entries(from)) {
    if (!Object.hasOwn(into, field)) continue;
    misfits.push(...compare({ narrow: schema, wide: into[field] }, name(field), comparison));
  }
  const [fromOthers, intoOthers] = [narrow.additionalProperties, wide.additionalProperties];
  // Callers that read an output are free to pass over fields that they do not know.
  if (direction === 'input' && intoOthers === false && fromOthers !== false) {
    misfits.push(`${path === '' ? 'the whole' : path} takes no further fields any more`);
  } else if (isRecord(fromOthers) && isRecord(intoOthers)) {
    misfits.push(...compare({ narrow: fromOthers, wide: intoOthers }, name('*'), comparison));
  }
  return misfits;
}

function compareElements(
  narrow: Schema,
  wide: Schema,
  path: string,
  comparison: Comparison,
): readonly string[] {
  if (!isRecord(wide.items) || Array.isArray(narrow.items)) return [];
  return compare({ narrow: narrow.items ?? true, wide: wide.items }, `${path}[]`, comparison);
}

/** How a misfit is told. */
interface Words {
  refused(what: string): string;
  type(what: string, type: string): string;
  onlyTypes(what: string, types: readonly string[]): string;
  value(what: string, value: string): string;
  onlyValues(what: string, values: readonly string[]): string;
  bound(what: string, key: string, from: number | null, into: number): string;
  pattern(what: string): string;
  required(what: string): string;
}

const INPUT_WORDS: Words = {
  refused: (what) => `${what} is refused now`,
  type: (what, type) => `${what} takes no ${type} any more`,
  onlyTypes: (what, types) => `${what} takes nothing but ${types.join(' or ')} now`,
  value: (what, value) => `${what} does not take ${value} any more`,
  onlyValues: (what, values) => `${what} takes nothing but ${values.join(', ')} now`,
  bound: (what, key, from, into) =>
    `${what} has ${key} ${into} now${from === null ? '' : ` instead of ${from}`}`,
  pattern: (what) => `${what} has to match another pattern now`,
  required: (what) => `${what} is required now`,
};

const OUTPUT_WORDS: Words = {
  refused: (what) => `${what} can be there now`,
  type: (what, type) => `${what} can be of type ${type} now`,
  onlyTypes: (what, types) => `${what} can be something else than ${types.join(' or ')} now`,
  value: (what, value) => `${what} can be ${value} now`,
  onlyValues: (what, values) => `${what} can be something else than ${values.join(', ')} now`,
  bound: (what, key, from, into) =>
    `${what} has ${from === null ? `no ${key}` : `${key} ${from}`} now instead of ${into}`,
  pattern: (what) => `${what} need not match its pattern any more`,
  required: (what) => `${what} can be missing now`,
};
