import { join, resolve } from 'node:path';
import { displayWords } from './command.js';
import {
  BUILD_DEFAULTS,
  CHECK_CALL_DEFAULTS,
  DEFAULT_VERSION,
  DEFAULTS,
  defaultBytes,
  defaultMs,
  RUN_DEFAULTS,
} from './defaults.js';
import type { Candidate } from './detect/language.js';
import type { ServiceKeys } from './schema/file.js';
import type {
  BuildConfig,
  CheckConfig,
  CommandLine,
  Profile,
  RestartStrategy,
  ServiceConfig,
  WatchRule,
} from './types.js';

/** What a service is run by, and where that was found. */
export interface ChosenCommand {
  readonly command: CommandLine;
  readonly source: string;
  /** Set where detection chose. */
  readonly candidate: Candidate | null;
  /** What is to be said about the choice, for people; empty where it was not detected. */
  readonly notes: readonly string[];
}

export interface ServiceInput {
  /** The keys of the file, an entry of `services` already laid over the top level. */
  readonly keys: Partial<ServiceKeys>;
  /** The same keys before expansion, for messages. */
  readonly raw: Readonly<Record<string, unknown>>;
  /** Key under `services`; null: the service has none. */
  readonly name: string | null;
  /** Absolute. */
  readonly folder: string;
  /** Absolute. */
  readonly envFile: string;
  /** Of the envFile, without what the runner's own environment has. */
  readonly envFileVariables: Readonly<Record<string, string>>;
  readonly chosen: ChosenCommand;
  /** By a flag or a variable. */
  readonly service: string | undefined;
  readonly strategy: RestartStrategy | undefined;
  /** By a flag. */
  readonly instances: number | undefined;
  readonly profile: Profile;
  /** Id where nobody configured one. */
  readonly fallbackService: string;
}

/** Puts the defaults under what a service says. */
export function resolveService(input: ServiceInput): ServiceConfig {
  const { keys, folder, chosen } = input;
  const { drain } = defaultsOf(input);
  const service = input.service ?? keys.service ?? null;
  return {
    name: input.name ?? service ?? input.fallbackService,
    service: service ?? input.fallbackService,
    serviceIsConfigured: service !== null,
    version: keys.version ?? DEFAULT_VERSION,
    versionIsConfigured: typeof keys.version === 'string',
    gameId: keys.gameId ?? null,
    env: keys.env ?? null,
    command: chosen.command,
    commandSource: chosen.source,
    cwd: folder,
    environment: keys.environment ?? {},
    envFileVariables: input.envFileVariables,
    envFile: input.envFile,
    stdin: keys.stdin ?? DEFAULTS.stdin,
    dependsOn: keys.dependsOn ?? DEFAULTS.dependsOn,
    build: resolveBuild(input),
    watch: resolveWatch(input),
    rules: resolveRules(input),
    restart: resolveRestart(input),
    ready: keys.ready ??
      chosen.candidate?.ready ?? { kind: 'auto', timeout: defaultMs(DEFAULTS.ready.timeout) },
    drain: {
      calls: keys.drain?.calls ?? defaultMs(drain.calls),
      jobs: keys.drain?.jobs ?? defaultMs(drain.jobs),
      policy: keys.drain?.policy ?? drain.policy,
    },
    hold: {
      timeout: keys.hold?.timeout ?? defaultMs(DEFAULTS.hold.timeout),
      calls: keys.hold?.calls ?? DEFAULTS.hold.calls,
      bytes: keys.hold?.bytes ?? defaultBytes(DEFAULTS.hold.bytes),
    },
    replay: keys.replay ?? [],
    functions: (keys.functions ?? []).map(({ id, version = DEFAULT_VERSION, http, inputSchema = null }) => ({
      id,
      version,
      ...http,
      inputSchema: inputSchema === null ? null : resolve(folder, inputSchema),
    })),
    proxy: (keys.proxy ?? []).map(({ listen }) => listen),
    check: resolveCheck(input),
    instances: input.instances ?? keys.instances ?? DEFAULTS.instances,
  };
}

function defaultsOf({ profile }: ServiceInput) {
  return profile === 'run' ? RUN_DEFAULTS : DEFAULTS;
}

function resolveCheck({ keys: { check } }: ServiceInput): CheckConfig {
  return {
    functions: check?.functions ?? [],
    invoke: (check?.invoke ?? []).map((call) => ({
      function: call.function,
      payload: call.payload ?? CHECK_CALL_DEFAULTS.payload,
      expect: call.expect ?? CHECK_CALL_DEFAULTS.expect,
      timeout: call.timeout ?? defaultMs(CHECK_CALL_DEFAULTS.timeout),
      metadata: call.metadata ?? CHECK_CALL_DEFAULTS.metadata,
      job: call.job ?? CHECK_CALL_DEFAULTS.job,
    })),
  };
}

function resolveBuild({ keys, raw, folder, chosen }: ServiceInput): BuildConfig | null {
  const build = keys.build ?? null;
  if (build === false) return null;
  const detected = chosen.candidate?.build ?? null;
  const command = build === null ? detected?.command : withDisplay(build.command, raw.build);
  if (command === undefined || command === null) return null;
  const namesArtifact = [...command.argv, ...chosen.command.argv].some((word) => word.includes('{artifact}'));
  return {
    command,
    timeout: build?.timeout ?? defaultMs(BUILD_DEFAULTS.timeout),
    artifact: resolve(folder, build?.artifact ?? BUILD_DEFAULTS.artifact),
    producesArtifact: namesArtifact,
    checkOnly: build === null && detected?.checkOnly === true,
  };
}

function resolveWatch({
  keys: { watch },
  folder,
  chosen: { candidate },
}: ServiceInput): ServiceConfig['watch'] {
  const extensions = watch?.extensions ?? candidate?.extensions ?? DEFAULTS.watch.extensions;
  return {
    paths: (watch?.paths ?? DEFAULTS.watch.paths).map((path) => join(resolve(folder, path))),
    extensions: extensions.map((extension) => (extension.startsWith('.') ? extension : `.${extension}`)),
    ignore: [...(candidate?.ignore ?? []), ...(watch?.ignore ?? DEFAULTS.watch.ignore)],
    gitignore: watch?.gitignore ?? DEFAULTS.watch.gitignore,
    quiet: watch?.quiet ?? defaultMs(DEFAULTS.watch.quiet),
    polling: watch?.polling ?? DEFAULTS.watch.polling,
  };
}

function resolveRules({ keys, raw }: ServiceInput): readonly WatchRule[] {
  return (keys.rules ?? []).map(({ match, action, command }, index) => {
    const rawRule: unknown = Array.isArray(raw.rules) ? raw.rules[index] : undefined;
    return { match, action, command: command && withDisplay(command, rawRule) };
  });
}

function resolveRestart(input: ServiceInput): ServiceConfig['restart'] {
  const {
    keys: { restart },
    strategy,
    chosen,
  } = input;
  const defaults = defaultsOf(input).restart;
  return {
    strategy: strategy ?? restart?.strategy ?? chosen.candidate?.strategy ?? defaults.strategy,
    signal: restart?.signal ?? defaults.signal,
    stopTimeout: restart?.stopTimeout ?? defaultMs(defaults.stopTimeout),
    keepOld: restart?.keepOld ?? defaultMs(defaults.keepOld),
    backoff: {
      initial: restart?.backoff?.initial ?? defaultMs(defaults.backoff.initial),
      max: restart?.backoff?.max ?? defaultMs(defaults.backoff.max),
    },
  };
}

/** Shows a command as the file has it: what a `${VAR}` in it stands for may be a secret. `raw` is what holds `command`. */
export function withDisplay(command: CommandLine | null, raw: unknown): CommandLine | null {
  const written = typeof raw === 'object' && raw !== null && 'command' in raw ? raw.command : undefined;
  if (command === null) return null;
  if (typeof written === 'string') return { ...command, display: written.trim() };
  const words = Array.isArray(written) ? written.filter((word) => typeof word === 'string') : [];
  return words.length === 0 ? command : { ...command, display: displayWords(words) };
}
