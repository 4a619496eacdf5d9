import { err, ok, type Result } from '../core/result.js';
import type { UserError } from '../core/user-error.js';
import type { ListenAddress } from './listen-address.js';
import {
  readCommand,
  readListen,
  readSetting,
  readStrategy,
  readText,
  readUpstream,
  type UpstreamSetting,
} from './settings.js';
import type { CommandLine, RestartStrategy } from './types.js';

/**
 * Variables that configure the runner itself, for scripts and containers. They win over the file; flags win over them.
 * (What a child gets, such as CROUPIER_SERVICE_ID, is not read.) An empty variable counts as not set.
 */
export const CONFIG_VARIABLES = {
  config: 'CROUPIER_CONFIG',
  service: 'CROUPIER_SERVICE',
  command: 'CROUPIER_COMMAND',
  strategy: 'CROUPIER_STRATEGY',
  listen: 'CROUPIER_GATEWAY_LISTEN',
  upstream: 'CROUPIER_UPSTREAM',
} as const;

/** What the environment says; undefined: nothing. */
export interface EnvironmentSettings {
  readonly config: string | undefined;
  readonly service: string | undefined;
  readonly command: CommandLine | undefined;
  readonly strategy: RestartStrategy | undefined;
  readonly listen: ListenAddress | undefined;
  readonly upstream: UpstreamSetting | undefined;
}

/** Reads the variables of the table. An invalid value is an error that names the variable. */
export function readEnvironment(env: NodeJS.ProcessEnv): Result<EnvironmentSettings, UserError> {
  const text = (variable: string) => (env[variable] === '' ? undefined : env[variable]);
  const names = CONFIG_VARIABLES;
  const config = readSetting(names.config, text(names.config), readText);
  if (!config.ok) return config;
  const service = readSetting(names.service, text(names.service), readText);
  if (!service.ok) return service;
  const command = readSetting(names.command, text(names.command), readCommand);
  if (!command.ok) return command;
  const strategy = readSetting(names.strategy, text(names.strategy), readStrategy);
  if (!strategy.ok) return strategy;
  const listen = readSetting(names.listen, text(names.listen), readListen);
  if (!listen.ok) return listen;
  const upstream = readSetting(names.upstream, text(names.upstream), readUpstream);
  if (!upstream.ok) return err(upstream.error);
  return ok({
    config: config.value,
    service: service.value,
    command: command.value,
    strategy: strategy.value,
    listen: listen.value,
    upstream: upstream.value,
  });
}
