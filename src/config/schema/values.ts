import * as z from 'zod';
import type { Result } from '../../core/result.js';
import { DURATION_FORMS, parseDuration } from '../duration.js';
import { LISTEN_FORMS, parseListenAddress } from '../listen-address.js';
import { parseSize, SIZE_FORMS } from '../size.js';

/** Lets `${VAR}` through in an editor: a pattern of the JSON Schema judges the text before it is expanded. */
const orReference = (pattern: string) => `^(?:${pattern})$|\\$\\{`;

/** A key that may be left out, with what the JSON Schema says about it. */
export function setting<T extends z.ZodType>(schema: T, fallback: unknown, description: string) {
  return schema.exactOptional().meta({ description, default: fallback });
}

/** A key that has to be there. */
export function required<T extends z.ZodType>(schema: T, description: string) {
  return schema.meta({ description });
}

export const text = () => z.string({ error: 'it must be a string' }).min(1, 'it must not be empty');

export const flag = () => z.boolean({ error: 'it must be true or false' });

export const texts = () => z.array(text(), { error: 'it must be an array of strings' });

/** One of the given words. */
export function choice<const T extends readonly [string, ...string[]]>(words: T) {
  return z.enum(words, { error: `it must be one of ${words.map((word) => `"${word}"`).join(', ')}` });
}

/** A whole number from `minimum`. */
export function count(minimum: number) {
  const error = `it must be a whole number, ${minimum} or more`;
  return z.int({ error }).min(minimum, error);
}

/** A duration; its value is in ms. With `minimum` 1, zero is refused. */
export function duration(minimum: 0 | 1 = 0) {
  const pattern = orReference('\\d+(?:\\.\\d+)?(?:ms|s|m|h)');
  return parsed(DURATION_FORMS, { pattern, examples: ['20ms', '5s', '5m', '1h'] }, parseDuration).refine(
    (ms) => ms >= minimum,
    'it must be longer than 0',
  );
}

/** A size; its value is in bytes. */
export function size() {
  const pattern = orReference('\\d+(?:\\.\\d+)?\\s*(?:B|[kKMG]B|[KMG]iB)');
  return parsed(SIZE_FORMS, { pattern, examples: ['64MiB', '16KiB', '1MB'] }, parseSize);
}

/** Where a listener binds. */
export function listenAddress() {
  return parsed(LISTEN_FORMS, { examples: ['127.0.0.1:19090'] }, parseListenAddress);
}

/** A string or a number that `parse` turns into its value; `forms` completes "it must be". */
function parsed<T>(
  forms: string,
  meta: Readonly<Record<string, unknown>>,
  parse: (value: string | number) => Result<T, string>,
) {
  return z
    .union([z.string().meta(meta), z.number().meta({ minimum: 0 })], { error: `it must be ${forms}` })
    .transform((value, context) => {
      const result = parse(value);
      if (result.ok) return result.value;
      context.addIssue(result.error);
      return z.NEVER;
    });
}
