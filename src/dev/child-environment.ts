import type { ServiceConfig } from '../config/types.js';

type EnvironmentSource = Pick<
  ServiceConfig,
  | 'service'
  | 'serviceIsConfigured'
  | 'version'
  | 'versionIsConfigured'
  | 'gameId'
  | 'env'
  | 'environment'
  | 'envFileVariables'
>;

export interface ChildEnvironmentInput {
  readonly service: EnvironmentSource;
  /** From 1; null: the service has one. */
  readonly instance: number | null;
  readonly generation: number;
  /** This generation's own listener of the gateway, `host:port`. */
  readonly agentAddress: string;
  /** A free port, chosen for this generation. */
  readonly port: number;
  /** The runner's own environment. */
  readonly inherited: NodeJS.ProcessEnv;
  /** Our output is a terminal that shows colours; the child's is a pipe and could not know. */
  readonly color: boolean;
}

/** The whole environment of a generation's process. What the user configured under `environment` wins over ours. */
export function childEnvironment(input: ChildEnvironmentInput): Record<string, string> {
  const { service, inherited } = input;
  const env = { ...service.envFileVariables, ...stringEnvironment(inherited) };
  if (input.color && env.NO_COLOR === undefined && env.FORCE_COLOR === undefined) env.FORCE_COLOR = '1';
  env.CROUPIER_AGENT_ADDR = input.agentAddress;
  env.CROUPIER_GENERATION = String(input.generation);
  if (input.instance !== null) env.CROUPIER_INSTANCE = String(input.instance);
  env.CROUPIER_HOTRELOAD = 'true';
  env.PORT = String(input.port);
  // Only what the user configured: these override what an application says itself.
  if (service.serviceIsConfigured) env.CROUPIER_SERVICE_ID = service.service;
  if (service.versionIsConfigured) env.CROUPIER_SERVICE_VERSION = service.version;
  if (service.gameId !== null) env.CROUPIER_GAME_ID = service.gameId;
  if (service.env !== null) env.CROUPIER_ENV = service.env;
  return { ...env, ...service.environment };
}

/** An environment without the gaps that its type allows. */
function stringEnvironment(env: NodeJS.ProcessEnv): Record<string, string> {
  const strings: Record<string, string> = {};
  for (const [key, value] of Object.entries(env)) if (value !== undefined) strings[key] = value;
  return strings;
}

/** What builds and `run` rules get. */
export function commandEnvironment(
  service: ServiceConfig,
  inherited: NodeJS.ProcessEnv,
): Record<string, string> {
  return { ...service.envFileVariables, ...stringEnvironment(inherited), ...service.environment };
}
