import { isDeepStrictEqual } from 'node:util';
import type { BuildConfig, CommandLine, ServiceConfig } from '../config/types.js';

/**
 * What it takes until a key counts that was changed while its service runs.
 * `start`, `build`: another generation; for `build` with what is built anew. `watch`: another watcher. `use`: its next use.
 * `order`: it counts for a service that was not started yet. `session`: another session. `label`: it only names something.
 */
type Need = 'start' | 'build' | 'watch' | 'use' | 'order' | 'session' | 'label';

const NEEDS = {
  name: 'label',
  service: 'start',
  serviceIsConfigured: 'start',
  version: 'start',
  versionIsConfigured: 'start',
  gameId: 'start',
  env: 'start',
  command: 'start',
  commandSource: 'label',
  // A build gets the same folder and variables.
  cwd: 'build',
  environment: 'build',
  envFileVariables: 'build',
  envFile: 'label',
  stdin: 'start',
  dependsOn: 'order',
  build: 'build',
  watch: 'watch',
  rules: 'watch',
  restart: 'use',
  ready: 'use',
  drain: 'use',
  hold: 'use',
  replay: 'use',
  // A process is asked for them, and registered with them, when it listens.
  functions: 'start',
  // Whoever uses the port is connected to it now.
  proxy: 'session',
  // Read anew by each `croupier check`.
  check: 'label',
  instances: 'session',
} as const satisfies Readonly<Record<keyof ServiceConfig, Need>>;

type ServiceKey = keyof typeof NEEDS;

/** What changed about one service, and what has to be done for it. */
export interface ServiceChange {
  /** In this session. */
  readonly name: string;
  /** What counts from now on; what only another session could change is as it was. */
  readonly service: ServiceConfig;
  /** How its process is replaced; null: it goes on. */
  readonly action: 'restart' | 'rebuild' | null;
  /** The variables of its envFile are the only reason to replace its process. */
  readonly isByEnvFile: boolean;
  readonly needsWatcher: boolean;
  /** How the next swap is done has to be decided anew. */
  readonly needsMode: boolean;
  /** What it depends on changed. */
  readonly needsOrder: boolean;
  /** Keys that count from their next use on, such as `hold.timeout`. */
  readonly usedKeys: readonly string[];
  /** Keys that count in another session only. */
  readonly sessionKeys: readonly string[];
}

export interface CompareOptions {
  /** Who reads the terminal was decided when the session began: a service cannot be given it, or give it back. */
  readonly stdinIsFixed: boolean;
}

/** Compares a service with what the configuration says of it now, key by key; null: nothing is different. */
export function compareService(
  before: ServiceConfig,
  after: ServiceConfig,
  { stdinIsFixed }: CompareOptions,
): ServiceChange | null {
  const { name, proxy, stdin } = before;
  const service = { ...after, name, proxy, stdin: stdinIsFixed ? stdin : after.stdin };
  const changes = serviceKeys().flatMap((key) => changesOf(key, before, after, stdinIsFixed));
  const pathsOf = (need: Need) => changes.filter((one) => one.need === need).map((one) => one.path);
  const restarting = changes.filter(({ need }) => need === 'start' || need === 'build');
  const isRebuilt = restarting.some(({ need }) => need === 'build');
  const has = (...keys: readonly ServiceKey[]) => changes.some(({ key }) => keys.includes(key));
  if (isDeepStrictEqual(before, service) && pathsOf('session').length === 0) return null;
  return {
    name,
    service,
    action: restarting.length === 0 ? null : isRebuilt ? 'rebuild' : 'restart',
    isByEnvFile: restarting.length > 0 && restarting.every(({ key }) => key === 'envFileVariables'),
    // Patterns are relative to the folder, and artifacts are not watched.
    needsWatcher:
      pathsOf('watch').length > 0 || restarting.some(({ key }) => key === 'cwd' || key === 'build'),
    needsMode: has('command', 'environment') || before.restart.strategy !== after.restart.strategy,
    needsOrder: has('dependsOn'),
    usedKeys: pathsOf('use'),
    sessionKeys: pathsOf('session'),
  };
}

interface Change {
  readonly key: ServiceKey;
  /** As it stands in the file: `hold.timeout`. */
  readonly path: string;
  readonly need: Need;
}

function serviceKeys(): readonly ServiceKey[] {
  const isKey = (key: string): key is ServiceKey => key in NEEDS;
  return Object.keys(NEEDS).filter(isKey);
}

function changesOf(
  key: ServiceKey,
  before: ServiceConfig,
  after: ServiceConfig,
  stdinIsFixed: boolean,
): readonly Change[] {
  if (isDeepStrictEqual(before[key], after[key])) return [];
  const need = NEEDS[key];
  switch (key) {
    case 'command':
      return isSameCommand(before.command, after.command) ? [] : [{ key, path: key, need }];
    case 'build':
      return changesOfBuild(before.build, after.build);
    case 'stdin':
      return [{ key, path: key, need: stdinIsFixed ? 'session' : need }];
    case 'restart':
    case 'drain':
    case 'hold':
      return differentPaths(before[key], after[key], key).map((path) => ({ key, path, need }));
    default:
      return [{ key, path: key, need }];
  }
}

function changesOfBuild(before: BuildConfig | null, after: BuildConfig | null): readonly Change[] {
  const key = 'build';
  if (before === null || after === null || !isSameCommand(before.command, after.command))
    return [{ key, path: key, need: 'build' }];
  const { command: _, timeout: timeoutBefore, ...partsBefore } = before;
  const { command: __, timeout: timeoutAfter, ...partsAfter } = after;
  if (!isDeepStrictEqual(partsBefore, partsAfter)) return [{ key, path: key, need: 'build' }];
  return timeoutBefore === timeoutAfter ? [] : [{ key, path: 'build.timeout', need: 'use' }];
}

function differentPaths(before: unknown, after: unknown, path: string): readonly string[] {
  if (isDeepStrictEqual(before, after)) return [];
  if (!isPlain(before) || !isPlain(after)) return [path];
  return Object.keys(after).flatMap((key) => differentPaths(before[key], after[key], `${path}.${key}`));
}

function isPlain(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** How it is written does not count: a variable may stand for the same words. */
function isSameCommand(one: CommandLine, other: CommandLine): boolean {
  return one.shell === other.shell && isDeepStrictEqual(one.argv, other.argv);
}
