import { isRecord } from '../config/record.js';

/** Longer values are cut, in characters. */
const SHOWN_LENGTH = 100;

/**
 * Compares a JSON value with what was expected: of an object the expected fields have to be there, in the same way again below them; an
 * array has to have as many elements; anything else has to be the same. Null: it matches; else the first difference in words.
 */
export function findMismatch(expected: unknown, actual: unknown, path = ''): string | null {
  if (isRecord(expected)) {
    if (!isRecord(actual)) return differs(path, expected, actual);
    for (const [key, value] of Object.entries(expected)) {
      const below = path === '' ? key : `${path}.${key}`;
      if (!Object.hasOwn(actual, key)) return `${below} is missing, expected ${show(value)}`;
      const mismatch = findMismatch(value, actual[key], below);
      if (mismatch !== null) return mismatch;
    }
    return null;
  }
  if (Array.isArray(expected)) {
    if (!Array.isArray(actual)) return differs(path, expected, actual);
    if (actual.length !== expected.length) {
      return `${place(path)} has ${actual.length} elements, expected ${expected.length}`;
    }
    for (const [index, value] of expected.entries()) {
      const mismatch = findMismatch(value, actual[index], `${path}[${index}]`);
      if (mismatch !== null) return mismatch;
    }
    return null;
  }
  return Object.is(expected, actual) || expected === actual ? null : differs(path, expected, actual);
}

function differs(path: string, expected: unknown, actual: unknown): string {
  return `${place(path)} is ${show(actual)}, expected ${show(expected)}`;
}

function place(path: string): string {
  return path === '' ? 'the answer' : path;
}

function show(value: unknown): string {
  const text = JSON.stringify(value) ?? String(value);
  return text.length > SHOWN_LENGTH ? `${text.slice(0, SHOWN_LENGTH)}...` : text;
}
