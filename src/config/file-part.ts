import { stat } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { err, ok, type Result } from '../core/result.js';
import type { UserError } from '../core/user-error.js';
import { checkServices } from './check-services.js';
import { checkTogether } from './check-together.js';
import { DEFAULTS } from './defaults.js';
import { readEnvFile } from './env-file.js';
import { expandText, expandValue } from './expand.js';
import { layKeys } from './layer.js';
import type { LoadedFile } from './load.js';
import { type KeyPath, type Problem, problemsToUserError, valueAt } from './problem.js';
import { isRecord } from './record.js';
import { checkSession, type SessionKeys } from './resolve-session.js';
import type { ServiceKeys } from './schema/file.js';

/** What the configuration file says, or what holds where there is none. */
export interface FilePart {
  /** Folder of the file. Absolute. */
  readonly root: string;
  /** Absolute; null: there is no file. */
  readonly file: string | null;
  /** The file, for people. */
  readonly display: string | null;
  /** The keys of the session. */
  readonly session: SessionKeys;
  /** In the order of the file; at least one. */
  readonly services: readonly ServicePart[];
}

/** What the file says about one service. */
export interface ServicePart {
  /** Key under `services`; null: the keys at the top level are its own. */
  readonly name: string | null;
  readonly keys: Partial<ServiceKeys>;
  /** The same keys before expansion. */
  readonly raw: Readonly<Record<string, unknown>>;
  /** The service's folder. Absolute. */
  readonly folder: string;
  /** Absolute. */
  readonly envFile: string;
  /** Of the envFile, without what the runner's own environment has. */
  readonly envFileVariables: Readonly<Record<string, string>>;
}

/** What holds without a file: everything is detected in the current folder. */
export async function withoutFile(cwd: string, env: NodeJS.ProcessEnv): Promise<Result<FilePart, UserError>> {
  const envFile = resolve(cwd, DEFAULTS.envFile);
  const variables = await readEnvFile(envFile, DEFAULTS.envFile);
  if (!variables.ok) {
    return err({ exitCode: 2, message: variables.error, wayOut: `Make ${envFile} readable, or remove it.` });
  }
  const service: ServicePart = {
    name: null,
    keys: {},
    raw: {},
    folder: cwd,
    envFile,
    envFileVariables: withoutSet(variables.value, env),
  };
  return ok({ root: cwd, file: null, display: null, session: {}, services: [service] });
}

/** Expands, validates and flattens a file: each service with the variables of its own envFile. */
export async function readFilePart(
  loaded: LoadedFile,
  env: NodeJS.ProcessEnv,
): Promise<Result<FilePart, UserError>> {
  const root = dirname(loaded.file);
  const names = serviceNames(loaded.raw);
  const problems: Problem[] = [];
  const services: ServicePart[] = [];
  let session: SessionKeys = {};
  for (const name of names.length === 0 ? [null] : names) {
    const read = await readService(loaded.raw, name, root, env);
    if (read.ok) {
      services.push(read.value.service);
      session = read.value.session;
    } else {
      problems.push(...read.error);
    }
  }
  problems.push(...checkServices(services));
  if (problems.length > 0) return err(problemsToUserError(withoutRepeated(problems), loaded));
  return ok({ root, file: loaded.file, display: loaded.display, session, services });
}

async function readService(
  file: Readonly<Record<string, unknown>>,
  name: string | null,
  root: string,
  env: NodeJS.ProcessEnv,
): Promise<Result<{ readonly service: ServicePart; readonly session: SessionKeys }, readonly Problem[]>> {
  const raw = withOneService(file, name);
  const places = await findPlaces(raw, name, root, env);
  if (!places.ok) return err([places.error]);

  const variables = withoutSet(places.value.variables, env);
  const expanded = expandValue(raw, (variable) => env[variable] ?? variables[variable]);
  if (expanded.problems.length > 0) return err(expanded.problems);
  // zod and the schema are the slowest of what a start loads: without a file they are not needed.
  const { validate } = await import('./validate.js');
  const config = validate(expanded.value);
  if (!config.ok) return config;

  const entry = name === null ? undefined : config.value.services?.[name];
  const keys = layKeys(config.value, entry);
  const { gateway, upstream, control } = config.value;
  const session: SessionKeys = { gateway, upstream, control };
  const problems = [...checkTogether(keys, raw, name), ...checkSession(session)];
  if (problems.length > 0) return err(problems);
  const { folder, envFile } = places.value;
  return ok({
    service: { name, keys, raw: layRaw(raw, name), folder, envFile, envFileVariables: variables },
    session,
  });
}

function serviceNames(raw: unknown): readonly string[] {
  const services = valueAt(raw, ['services']);
  return isRecord(services) ? Object.keys(services) : [];
}

/** The file as if it had one service: what stands in another one's variables is not asked for. */
function withOneService(
  raw: Readonly<Record<string, unknown>>,
  name: string | null,
): Readonly<Record<string, unknown>> {
  return name === null ? raw : { ...raw, services: { [name]: valueAt(raw, ['services', name]) } };
}

/** What stands at the top level is found wrong once for each service. */
function withoutRepeated(problems: readonly Problem[]): readonly Problem[] {
  const seen = new Set<string>();
  return problems.filter(({ path, complaint }) => {
    const key = JSON.stringify([path, complaint]);
    return !seen.has(key) && seen.add(key);
  });
}

interface Places {
  readonly folder: string;
  readonly envFile: string;
  readonly variables: Readonly<Record<string, string>>;
}

/** The two keys that are needed before the envFile can be read; only the runner's own environment is expanded in them. */
async function findPlaces(
  raw: unknown,
  name: string | null,
  root: string,
  env: NodeJS.ProcessEnv,
): Promise<Result<Places, Problem>> {
  const cwd = early(raw, name, 'cwd', env);
  const folder = resolve(root, cwd.value);
  if (!(await isFolder(folder))) {
    return err({ path: cwd.path, complaint: `there is no folder ${folder}`, wayOut: null });
  }
  const envFile = early(raw, name, 'envFile', env);
  const file = resolve(folder, envFile.value);
  const variables = await readEnvFile(file, envFile.value);
  return variables.ok
    ? ok({ folder, envFile: file, variables: variables.value })
    : err({ path: envFile.path, complaint: variables.error, wayOut: null });
}

/** A key's value where it is a string that can be expanded; else its default, and the validation will tell. */
function early(
  raw: unknown,
  name: string | null,
  key: 'cwd' | 'envFile',
  env: NodeJS.ProcessEnv,
): { readonly path: KeyPath; readonly value: string } {
  const own: KeyPath = name === null ? [key] : ['services', name, key];
  const path = valueAt(raw, own) === undefined ? [key] : own;
  const text = valueAt(raw, path);
  const expanded = typeof text === 'string' ? expandText(text, (variable) => env[variable]) : null;
  return { path, value: expanded?.ok === true ? expanded.value : DEFAULTS[key] };
}

/** The raw keys laid as layKeys lays the validated ones, as far as they are shown: null leaves what is below. */
function layRaw(
  raw: Readonly<Record<string, unknown>>,
  name: string | null,
): Readonly<Record<string, unknown>> {
  const entry = name === null ? null : valueAt(raw, ['services', name]);
  const said = Object.entries(isRecord(entry) ? entry : {}).filter(([, value]) => value !== null);
  return { ...raw, ...Object.fromEntries(said) };
}

function withoutSet(
  variables: Readonly<Record<string, string>>,
  env: NodeJS.ProcessEnv,
): Readonly<Record<string, string>> {
  return Object.fromEntries(Object.entries(variables).filter(([name]) => env[name] === undefined));
}

async function isFolder(path: string): Promise<boolean> {
  try {
    return (await stat(path)).isDirectory();
  } catch {
    return false;
  }
}
