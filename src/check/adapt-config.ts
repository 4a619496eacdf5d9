import { join, sep } from 'node:path';
import type { ServiceConfig, SessionConfig } from '../config/types.js';

/** A replaced generation is kept no longer than this during a check, ms: nobody waits for it to be needed again. */
const LONGEST_KEEP_MS = 500;

export interface AdaptOptions {
  /** Where this check alone writes, absolute. */
  readonly folder: string;
  /** Otherwise nobody is registered with. */
  readonly usesUpstream: boolean;
  /** The gateway's port was asked for on the command line. */
  readonly usesPort: boolean;
  /** What an earlier build left is run. */
  readonly skipsBuild: boolean;
}

/** The configuration as a check runs it: on free ports and in a folder of its own, so that nothing that runs beside it is met. */
export function adaptConfig(config: SessionConfig, options: AdaptOptions): SessionConfig {
  const { gateway, upstream, control } = config;
  const { usesUpstream, usesPort } = options;
  return {
    ...config,
    gateway: usesPort
      ? gateway
      : { ...gateway, host: usesUpstream ? gateway.host : '127.0.0.1', port: 0, portIsFixed: false },
    upstream: usesUpstream ? upstream : { kind: 'none' },
    control: { ...control, host: '127.0.0.1', port: 0 },
    services: config.services.map((service) => adaptService(service, options)),
  };
}

function adaptService(service: ServiceConfig, { folder, skipsBuild }: AdaptOptions): ServiceConfig {
  const { build, restart, proxy, name } = service;
  return {
    ...service,
    stdin: false,
    // A syntax check is a build like another here: it is to be seen that it passes.
    build:
      build === null || skipsBuild
        ? null
        : { ...build, checkOnly: false, artifact: join(folder, name, ownPath(build.artifact)) },
    restart: { ...restart, keepOld: Math.min(restart.keepOld, LONGEST_KEEP_MS) },
    proxy: proxy.map((one) => ({ ...one, port: 0 })),
    instances: 1,
  };
}

/** The end of an artifact's path, from the part on that holds the generation. */
function ownPath(artifact: string): string {
  const parts = artifact.split(sep);
  const own = parts.findIndex((part) => part.includes('{generation}'));
  return parts.slice(own < 0 ? -1 : own).join(sep);
}
