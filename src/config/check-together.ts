import { DEFAULTS, defaultMs } from './defaults.js';
import { type KeyPath, type Problem, valueAt } from './problem.js';
import type { ServiceKeys } from './schema/file.js';

/** Finds keys of a service that are fine alone, but not together. `raw` is the whole file, `name` the service's key in it. */
export function checkTogether(
  keys: Partial<ServiceKeys>,
  raw: unknown,
  name: string | null,
): readonly Problem[] {
  const problems: Problem[] = [];
  const where = (path: KeyPath): KeyPath => {
    const own = ['services', name ?? '', ...path];
    return valueAt(raw, own) === undefined ? path : own;
  };

  const {
    initial = defaultMs(DEFAULTS.restart.backoff.initial),
    max = defaultMs(DEFAULTS.restart.backoff.max),
  } = keys.restart?.backoff ?? {};
  if (max < initial) {
    const path = where(['restart', 'backoff', keys.restart?.backoff?.max === undefined ? 'initial' : 'max']);
    const complaint = `the first wait of ${initial} ms must not be longer than the longest one of ${max} ms`;
    problems.push({ path, complaint, wayOut: null });
  }

  const namesArtifact = keys.command?.argv.some((word) => word.includes('{artifact}')) ?? false;
  if (namesArtifact && (keys.build ?? false) === false) {
    problems.push({
      path: where(['command']),
      complaint: 'there is no build that makes the {artifact}',
      wayOut: 'Add "build": { "command": "..." }, or name the file itself in the command.',
    });
  }
  return problems;
}
