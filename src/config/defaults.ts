import { parseDuration } from './duration.js';
import { parseSize } from './size.js';

/**
 * Every default of the configuration, in the notation of the file. This is the one place where a default is written:
 * the JSON Schema, the example and the resolved configuration take it from here.
 * null stands for "not said": what then happens is in the descriptions of the schema.
 */
export const DEFAULTS = {
  service: null,
  version: null,
  gameId: null,
  env: null,
  command: null,
  shell: false,
  cwd: '.',
  environment: {},
  envFile: '.env',
  stdin: false,
  dependsOn: [],
  build: null,
  watch: { paths: ['.'], extensions: [], ignore: [], gitignore: true, quiet: '20ms', polling: 'auto' },
  rules: [],
  restart: {
    strategy: 'auto',
    signal: 'SIGTERM',
    stopTimeout: '5s',
    keepOld: '2s',
    backoff: { initial: '500ms', max: '15s' },
  },
  ready: { timeout: '30s', http: null, tcp: null, log: null },
  drain: { calls: '10s', jobs: '30s', policy: 'hold' },
  hold: { timeout: '30s', calls: 1000, bytes: '64MiB' },
  replay: [],
  gateway: { listen: null, advertise: null, tls: null, childTls: null },
  upstream: null,
  functions: [],
  proxy: [],
  check: null,
  control: { listen: '127.0.0.1:0' },
  dashboard: { listen: '127.0.0.1:19191' },
  instances: 1,
  services: {},
} as const;

/** What is different where nobody watches, as under `croupier run`: what is under way gets more time, and restarts come less often. */
export const RUN_DEFAULTS = {
  restart: { ...DEFAULTS.restart, backoff: { ...DEFAULTS.restart.backoff, max: '30s' } },
  drain: { ...DEFAULTS.drain, calls: '60s', jobs: '60s' },
} as const;

/** What a `build` has where it does not say it. */
export const BUILD_DEFAULTS = {
  timeout: '5m',
  artifact: '.croupier/build/{generation}/app',
} as const;

/** What an `upstream` has where it does not say it. */
export const UPSTREAM_DEFAULTS = {
  agentId: null,
  tls: null,
  reconnect: { delay: '1s', max: '30s' },
} as const;

/** What an entry of `check.invoke` has where it does not say it. */
export const CHECK_CALL_DEFAULTS = {
  payload: {},
  expect: null,
  timeout: '5s',
  metadata: {},
  job: false,
} as const;

/** `gateway.listen` where nobody asked for an address: SDKs have this one fixed in their code. */
export const DEFAULT_GATEWAY = { host: '127.0.0.1', port: 19090 } as const;

/** `control.listen` where the file does not say it. */
export const DEFAULT_CONTROL = { host: '127.0.0.1', port: 0 } as const;

/** Version of a service that does not say one; the child is not told. */
export const DEFAULT_VERSION = '1.0.0';

/** A default duration in ms. */
export function defaultMs(duration: string): number {
  const parsed = parseDuration(duration);
  if (!parsed.ok) throw new Error(`the default ${duration} is no duration`);
  return parsed.value;
}

/** A default size in bytes. */
export function defaultBytes(size: string): number {
  const parsed = parseSize(size);
  if (!parsed.ok) throw new Error(`the default ${size} is no size`);
  return parsed.value;
}
