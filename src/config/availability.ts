import { isDeepStrictEqual } from 'node:util';
import { DEFAULTS } from './defaults.js';
import { readPackageInfo } from './package-info.js';
import { type KeyPath, type Problem, showKey, showValue, valueAt } from './problem.js';
import { isRecord } from './record.js';

interface PlannedFeature {
  /** The key, at the top level or in an entry of `services`. */
  readonly key: KeyPath;
  /** What cannot be had yet, for people. */
  readonly feature: string;
  /** Values that are accepted: they ask for nothing. */
  readonly accepts: readonly unknown[];
}

/**
 * Keys of the contract whose feature is not built yet. They are accepted only where they ask for nothing.
 * When a feature is built, delete its line.
 */
const PLANNED: readonly PlannedFeature[] = [
  { key: ['dashboard'], feature: 'configuring the dashboard', accepts: [{}, DEFAULTS.dashboard] },
];

/** Everything in a file that asks for what this version does not have. */
export function findUnavailable(config: unknown): readonly Problem[] {
  const services = valueAt(config, ['services']);
  const names = isRecord(services) ? Object.keys(services) : [];
  const places: readonly KeyPath[] = [[], ...names.map((name) => ['services', name])];
  return places.flatMap((place) => findUnavailableAt(config, place));
}

function findUnavailableAt(config: unknown, place: KeyPath): Problem[] {
  const problems: Problem[] = [];
  for (const { key, feature, accepts } of PLANNED) {
    const path = [...place, ...key];
    const value = valueAt(config, path);
    if (value === undefined || accepts.some((accepted) => isDeepStrictEqual(value, accepted))) continue;
    problems.push({
      path,
      complaint: notAvailable(feature),
      wayOut: `Remove \`${showKey(path)}\`, or set it to ${showValue(accepts[0])}.`,
    });
  }
  return problems;
}

/** `x is not available in this version (0.1.0)`. */
export function notAvailable(feature: string): string {
  return `${feature} is not available in this version (${readPackageInfo().version})`;
}
