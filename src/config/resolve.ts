import { basename } from 'node:path';
import { err, ok, type Result } from '../core/result.js';
import type { UserError } from '../core/user-error.js';
import { chooseCommand, describeChoice } from './choose-command.js';
import { CONFIG_VARIABLES, type EnvironmentSettings, readEnvironment } from './env.js';
import { type FilePart, readFilePart, type ServicePart, withoutFile } from './file-part.js';
import { type ConfigFlags, type FlagSettings, readFlags } from './flags.js';
import { type LoadedFile, loadFile, searchFile } from './load.js';
import { readPackageJson } from './package-json.js';
import { type ChosenCommand, resolveService, withDisplay } from './resolve-service.js';
import { resolveControl, resolveGateway, resolveUpstream } from './resolve-session.js';
import { selectServices, unknownNames } from './select-services.js';
import type { Profile, ServiceConfig, SessionConfig } from './types.js';

export interface ConfigInput {
  /** Absolute. The search for a file begins here. */
  readonly cwd: string;
  readonly env: NodeJS.ProcessEnv;
  readonly flags: ConfigFlags;
  /** The file to read, absolute, wherever a search would end now; null: none. Absent: the one that is named, else the one that is found. */
  readonly file?: string | null;
  /** Default: `dev`. */
  readonly profile?: Profile;
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

  const loaded = await load(input, flags.value.config ?? settings.value.config);
  if (!loaded.ok) return loaded;
  const part = await (loaded.value === null ? withoutFile(cwd, env) : readFilePart(loaded.value, env));
  if (!part.ok) return part;
  return assemble(flags.value, settings.value, part.value, env.PATH, input.profile ?? 'dev');
}

async function load(
  { cwd, file }: ConfigInput,
  named: string | undefined,
): Promise<Result<LoadedFile | null, UserError>> {
  if (file === null) return ok(null);
  const path = file ?? named;
  return path === undefined ? searchFile(cwd) : loadFile(cwd, path);
}

async function assemble(
  flags: FlagSettings,
  environment: EnvironmentSettings,
  part: FilePart,
  searchPath: string | undefined,
  profile: Profile,
): Promise<Result<SessionConfig, UserError>> {
  const selected = selectServices(part.services, flags.names);
  if (!selected.ok) return selected;
  const isOnly = selected.value.length === 1;
  if (!isOnly) {
    const misplaced = forOneService(flags, environment);
    if (misplaced !== null) return err(misplaced);
  }
  const services: ServiceConfig[] = [];
  const notes: string[] = [];
  for (const one of selected.value) {
    const resolved = await resolveOne(flags, environment, part, one, searchPath, profile);
    if (!resolved.ok) return resolved;
    const { service, chosen } = resolved.value;
    services.push(service);
    notes.push(...describeChoice(chosen).map((note) => (isOnly ? note : `${service.name}: ${note}`)));
  }
  const unknown = flags.names.filter(
    (name) => !services.some((one) => name === one.name || name === one.service),
  );
  if (unknown.length > 0)
    return err(
      unknownNames(
        unknown,
        services.map(({ name }) => name),
      ),
    );
  const gateway = resolveGateway(flags.port, environment.listen, part.session, part.root);
  return ok({
    root: part.root,
    file: part.file,
    services,
    gateway,
    upstream: resolveUpstream(flags.upstream ?? environment.upstream, part.session, part.root, gateway),
    control: resolveControl(part.session),
    notes,
  });
}

async function resolveOne(
  flags: FlagSettings,
  environment: EnvironmentSettings,
  { display }: FilePart,
  part: ServicePart,
  searchPath: string | undefined,
  profile: Profile,
): Promise<Result<{ readonly service: ServiceConfig; readonly chosen: ChosenCommand }, UserError>> {
  const { keys, raw, folder, name } = part;
  const command = withDisplay(keys.command ?? null, raw);
  const source = [display, ...(name === null ? [] : [`services.${name}`])].join(' ');
  const chosen = await chooseCommand({
    flag: flags.command,
    environment: environment.command,
    file: command === null ? null : { command, source },
    folder,
    configFile: display,
    searchPath: keys.environment?.PATH ?? searchPath,
  });
  if (!chosen.ok) return chosen;
  const service = resolveService({
    ...part,
    chosen: chosen.value,
    service: flags.service ?? environment.service,
    strategy: flags.strategy ?? environment.strategy,
    instances: flags.instances,
    profile,
    fallbackService: name ?? (await packageName(folder)) ?? basename(folder),
  });
  return ok({ service, chosen: chosen.value });
}

/** Settings from outside the file that can only be meant for one service; null: there are none. */
function forOneService(flags: FlagSettings, environment: EnvironmentSettings): UserError | null {
  const given = [
    [flags.service, '--service'],
    [flags.instances, '--instances'],
    [flags.command, 'the command after --'],
    [environment.service, CONFIG_VARIABLES.service],
    [environment.command, CONFIG_VARIABLES.command],
  ] as const;
  const setting = given.find(([value]) => value !== undefined)?.[1];
  if (setting === undefined) return null;
  return {
    exitCode: 2,
    message: `${setting} is for one service, and this session has several`,
    wayOut: `Name the service: croupier dev <name>, or set it in the configuration file.`,
  };
}

/** The name of the package without its scope, which would be a path in an id. */
async function packageName(folder: string): Promise<string | null> {
  const manifest = await readPackageJson(folder);
  if (manifest === null || manifest === 'broken') return null;
  return manifest.name?.replace(/^@[^/]*\//, '') ?? null;
}
