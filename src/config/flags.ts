import { err, ok, type Result } from '../core/result.js';
import type { UserError } from '../core/user-error.js';
import { displayWords, parseCommand } from './command.js';
import {
  readCount,
  readPort,
  readSetting,
  readStrategy,
  readText,
  readUpstream,
  type UpstreamSetting,
} from './settings.js';
import type { CommandLine, RestartStrategy } from './types.js';

/** What the command line says about the configuration, as it was written there. */
export interface ConfigFlags {
  /** `--config FILE`, relative to the current folder. */
  readonly config?: string | undefined;
  /** `--service ID`. */
  readonly service?: string | undefined;
  /** `--strategy S`. */
  readonly strategy?: string | undefined;
  /** `--port N` of the gateway; 0: any free one. */
  readonly port?: string | number | undefined;
  /** `--upstream URL`, or `none`. */
  readonly upstream?: string | undefined;
  /** `--instances N`. */
  readonly instances?: string | undefined;
  /** Words after `--`; empty counts as absent. */
  readonly command?: readonly string[] | undefined;
  /** Names of the services to run; empty: all. */
  readonly names?: readonly string[] | undefined;
}

/** The flags, checked. undefined: not given. */
export interface FlagSettings {
  readonly config: string | undefined;
  readonly service: string | undefined;
  readonly strategy: RestartStrategy | undefined;
  readonly port: number | undefined;
  readonly upstream: UpstreamSetting | undefined;
  readonly instances: number | undefined;
  readonly command: CommandLine | undefined;
  readonly names: readonly string[];
}

/** Checks the flags. An invalid one is an error that names it. */
export function readFlags(flags: ConfigFlags): Result<FlagSettings, UserError> {
  const config = readSetting('--config', flags.config, readText);
  if (!config.ok) return config;
  const service = readSetting('--service', flags.service, readText);
  if (!service.ok) return service;
  const strategy = readSetting('--strategy', flags.strategy, readStrategy);
  if (!strategy.ok) return strategy;
  const port = readSetting('--port', flags.port === undefined ? undefined : String(flags.port), readPort);
  if (!port.ok) return port;
  const upstream = readSetting('--upstream', flags.upstream, readUpstream);
  if (!upstream.ok) return upstream;
  const instances = readSetting('--instances', flags.instances, readCount);
  if (!instances.ok) return instances;
  const command = readWords(flags.command ?? []);
  if (!command.ok) return command;
  return ok({
    config: config.value,
    service: service.value,
    strategy: strategy.value,
    port: port.value,
    upstream: upstream.value,
    instances: instances.value,
    command: command.value,
    names: flags.names ?? [],
  });
}

function readWords(words: readonly string[]): Result<CommandLine | undefined, UserError> {
  if (words.length === 0) return ok(undefined);
  const command = parseCommand(words, false);
  if (command.ok) return command;
  return err({
    exitCode: 2,
    message: `the command after -- is ${displayWords(words)}, but ${command.error}`,
    wayOut: 'Write it as croupier dev -- node server.js.',
  });
}
