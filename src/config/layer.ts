import type { FileConfig, ServiceKeys } from './schema/file.js';

/**
 * Lays the entry of a service over the keys at the top level. Of `environment`, `watch`, `restart`, `drain` and `hold` it replaces
 * single keys; everything else it replaces as a whole. null leaves the command of the top level in place.
 */
export function layKeys(top: FileConfig, entry: ServiceKeys | undefined): Partial<ServiceKeys> {
  const { $schema, gateway, upstream, control, dashboard, services, ...shared } = top;
  if (entry === undefined) return shared;
  return {
    ...shared,
    ...entry,
    command: entry.command ?? shared.command,
    environment: { ...shared.environment, ...entry.environment },
    watch: { ...shared.watch, ...entry.watch },
    restart: {
      ...shared.restart,
      ...entry.restart,
      backoff: { ...shared.restart?.backoff, ...entry.restart?.backoff },
    },
    drain: { ...shared.drain, ...entry.drain },
    hold: { ...shared.hold, ...entry.hold },
  };
}
