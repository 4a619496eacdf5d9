import { basename } from 'node:path';
import { err, ok, type Result } from '../core/result.js';
import type { UserError } from '../core/user-error.js';
import { chooseCommand, describeChoice } from './choose-command.js';
import { DEFAULT_GATEWAY } from './defaults.js';
import { type EnvironmentSettings, readEnvironment } from './env.js';
import { type FilePart, readFilePart, withoutFile } from './file-part.js';
import { type ConfigFlags, type FlagSettings, readFlags } from './flags.js';
import type { ListenAddress } from './listen-address.js';
import { loadFile, searchFile } from './load.js';
import { readPackageJson } from './package-json.js';
import { resolveService, withDisplay } from './resolve-service.js';
import type { GatewayConfig, SessionConfig } from './types.js';

export interface ConfigInput {
  /** Absolute. The search for a file begins here. */
  readonly cwd: string;
  readonly env: NodeJS.ProcessEnv;
  readonly flags: ConfigFlags;
}

/**
 * The configuration of a session: flags win over `CROUPIER_*` variables, those over the file, that over detection, and that over
 * the defaults. Every error has exit code 2 and says how to get out of it.
 */
export async function resolveConfig(input: ConfigInput): Promise<Result<SessionConfig, UserError>> {
  const { cwd, env } = input;
  const flags = readFlags(input.flags);
  if (!flags.ok) return flags;
  const settings = readEnvironment(env);
  if (!settings.ok) return settings;

  const named = flags.value.config ?? settings.value.config;
  const loaded = named === undefined ? await searchFile(cwd) : await loadFile(cwd, named);
  if (!loaded.ok) return loaded;
  const part = await (loaded.value === null ? withoutFile(cwd, env) : readFilePart(loaded.value, env));
  if (!part.ok) return part;
  return assemble(flags.value, settings.value, part.value);
}

async function assemble(
  flags: FlagSettings,
  environment: EnvironmentSettings,
  part: FilePart,
): Promise<Result<SessionConfig, UserError>> {
  const { keys, raw, folder } = part;
  const command = withDisplay(keys.command ?? null, raw);
  const source = [part.display, ...(part.name === null ? [] : [`services.${part.name}`])].join(' ');
  const chosen = await chooseCommand({
    flag: flags.command,
    environment: environment.command,
    file: command === null ? null : { command, source },
    folder,
    configFile: part.display,
  });
  if (!chosen.ok) return chosen;

  const service = resolveService({
    ...part,
    chosen: chosen.value,
    service: flags.service ?? environment.service,
    strategy: flags.strategy ?? environment.strategy,
    fallbackService: part.name ?? (await packageName(folder)) ?? basename(folder),
  });
  const unknown = flags.names.filter((name) => name !== service.name && name !== service.service);
  if (unknown.length > 0) return err(unknownNames(unknown, service.name));
  return ok({
    root: part.root,
    file: part.file,
    services: [service],
    gateway: resolveGateway(flags.port, environment.listen ?? part.listen),
    notes: describeChoice(chosen.value),
  });
}

function resolveGateway(port: number | undefined, listen: ListenAddress | null): GatewayConfig {
  return {
    host: listen?.host ?? DEFAULT_GATEWAY.host,
    port: port ?? listen?.port ?? DEFAULT_GATEWAY.port,
    portIsFixed: port !== undefined || listen !== null,
  };
}

/** The name of the package without its scope, which would be a path in an id. */
async function packageName(folder: string): Promise<string | null> {
  const manifest = await readPackageJson(folder);
  if (manifest === null || manifest === 'broken') return null;
  return manifest.name?.replace(/^@[^/]*\//, '') ?? null;
}

function unknownNames(unknown: readonly string[], name: string): UserError {
  const listed = unknown.map((one) => `"${one}"`).join(', ');
  return {
    exitCode: 2,
    message: `there is no service named ${listed}`,
    wayOut: `The services are: ${name}.`,
  };
}
