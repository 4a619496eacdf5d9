import { stat } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { err, ok, type Result } from '../core/result.js';
import type { UserError } from '../core/user-error.js';
import { checkTogether } from './check-together.js';
import { DEFAULTS } from './defaults.js';
import { readEnvFile } from './env-file.js';
import { expandText, expandValue } from './expand.js';
import { layKeys } from './layer.js';
import type { ListenAddress } from './listen-address.js';
import type { LoadedFile } from './load.js';
import { type KeyPath, type Problem, problemsToUserError, valueAt } from './problem.js';
import { isRecord } from './record.js';
import type { ServiceKeys } from './schema/file.js';

/** What the configuration file says, or what holds where there is none. */
export interface FilePart {
  /** Folder of the file. Absolute. */
  readonly root: string;
  /** Absolute; null: there is no file. */
  readonly file: string | null;
  /** The file, for people. */
  readonly display: string | null;
  /** Key of the service under `services`; null: the keys at the top level are its own. */
  readonly name: string | null;
  readonly keys: Partial<ServiceKeys>;
  /** The same keys before expansion. */
  readonly raw: Readonly<Record<string, unknown>>;
  readonly listen: ListenAddress | null;
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
  return ok({
    root: cwd,
    file: null,
    display: null,
    name: null,
    keys: {},
    raw: {},
    listen: null,
    folder: cwd,
    envFile,
    envFileVariables: withoutSet(variables.value, env),
  });
}

/** Expands, validates and flattens a file. */
export async function readFilePart(
  loaded: LoadedFile,
  env: NodeJS.ProcessEnv,
): Promise<Result<FilePart, UserError>> {
  const fail = (problems: readonly Problem[]) => err(problemsToUserError(problems, loaded));
  const root = dirname(loaded.file);
  const name = soleServiceName(loaded.raw);
  const places = await findPlaces(loaded.raw, name, root, env);
  if (!places.ok) return fail([places.error]);

  const variables = withoutSet(places.value.variables, env);
  const expanded = expandValue(loaded.raw, (variable) => env[variable] ?? variables[variable]);
  if (expanded.problems.length > 0) return fail(expanded.problems);
  // zod and the schema are the slowest of what a start loads: without a file they are not needed.
  const { validate } = await import('./validate.js');
  const config = validate(expanded.value);
  if (!config.ok) return fail(config.error);

  const entry = name === null ? undefined : config.value.services?.[name];
  const keys = layKeys(config.value, entry);
  const problems = checkTogether(keys, loaded.raw, name);
  if (problems.length > 0) return fail(problems);
  return ok({
    root,
    file: loaded.file,
    display: loaded.display,
    name,
    keys,
    raw: layRaw(loaded.raw, name),
    listen: config.value.gateway?.listen ?? null,
    folder: places.value.folder,
    envFile: places.value.envFile,
    envFileVariables: variables,
  });
}

/** The one service of this session under `services`. More than one is refused by the validation. */
function soleServiceName(raw: unknown): string | null {
  const services = valueAt(raw, ['services']);
  const names = isRecord(services) ? Object.keys(services) : [];
  return names.length === 1 ? (names[0] ?? null) : null;
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
