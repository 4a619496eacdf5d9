import { DEFAULTS, defaultMs } from '../defaults.js';
import type { ReadyConfig } from '../types.js';

/** Ready when a path of the generation's own port answers 2xx or 3xx: for frameworks that have such a path. */
export function probeAt(path: string): ReadyConfig {
  return { kind: 'http', timeout: defaultMs(DEFAULTS.ready.timeout), url: path };
}
