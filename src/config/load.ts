import type { Dirent } from 'node:fs';
import { readdir, readFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { basename, dirname, extname, isAbsolute, join, relative, resolve } from 'node:path';
import type { Loaders, PublicExplorer } from 'cosmiconfig';
import { err, ok, type Result } from '../core/result.js';
import type { UserError } from '../core/user-error.js';
import { ConfigFileError, showPosition } from './load-error.js';
import { makeJsonLocator, parseJson } from './load-json.js';
import { loadJavaScript, loadTypeScript } from './load-module.js';
import { parseYaml } from './load-yaml.js';
import type { ConfigSource, KeyPath } from './problem.js';
import { isRecord } from './record.js';

const PACKAGE_JSON = 'package.json';

const FORMATS = ['json', 'yaml', 'yml', 'js', 'mjs', 'cjs', 'ts'];

/** Names of the configuration within one folder; the first one that is there wins. Last: package.json, which counts with a key only. */
export const SEARCH_PLACES: readonly string[] = [
  ...FORMATS.map((format) => `croupier.config.${format}`),
  '.croupierrc',
  ...FORMATS.map((format) => `.croupierrc.${format}`),
  PACKAGE_JSON,
];

/** A configuration file as it was read; `raw` is an object, neither expanded nor validated. */
export interface LoadedFile extends ConfigSource {
  /** Absolute. */
  readonly file: string;
  readonly raw: Readonly<Record<string, unknown>>;
}

/** Reads the named file. `name` is relative to `cwd`. */
export async function loadFile(cwd: string, name: string): Promise<Result<LoadedFile, UserError>> {
  const file = resolve(cwd, name);
  return load(cwd, file);
}

/**
 * Finds and reads the configuration of a project: in `cwd` and then in each folder above it, up to the project's root, which is
 * the folder with `.git`, else the home folder. A package.json counts where it has the key `croupier`. null: there is none.
 */
export async function searchFile(cwd: string): Promise<Result<LoadedFile | null, UserError>> {
  for (let folder = resolve(cwd); ; folder = dirname(folder)) {
    const entries = await listFolder(folder);
    const names = new Set(entries.filter((entry) => !entry.isDirectory()).map((entry) => entry.name));
    const present = SEARCH_PLACES.filter((place) => names.has(place));
    const found = await loadFirst(cwd, folder, present);
    if (!found.ok || found.value !== null) return found;
    const isRoot = entries.some((entry) => entry.name === '.git');
    if (isRoot || folder === homedir() || folder === dirname(folder)) return ok(null);
  }
}

/** A folder above that may not be listed holds no configuration for us. */
async function listFolder(folder: string): Promise<readonly Dirent[]> {
  try {
    return await readdir(folder, { withFileTypes: true });
  } catch {
    return [];
  }
}

/**
 * Reads the first of the places that are present. cosmiconfig's own search would pass over a file that it may not read or that
 * imports a missing one: that is an error here, not another configuration or none.
 */
async function loadFirst(
  cwd: string,
  folder: string,
  [place]: readonly string[],
): Promise<Result<LoadedFile | null, UserError>> {
  if (place === undefined) return ok(null);
  const file = join(folder, place);
  return place === PACKAGE_JSON && !(await mayHaveKey(file)) ? ok(null) : load(cwd, file);
}

/**
 * Whether a package.json holds our configuration. Most do not, and then nothing has to be loaded to find that out. A broken one is
 * our business only if it names us.
 */
async function mayHaveKey(file: string): Promise<boolean> {
  let text: string;
  try {
    text = await readFile(file, 'utf8');
  } catch {
    return false;
  }
  if (!text.includes('"croupier"')) return false;
  try {
    const value: unknown = JSON.parse(text.replace(/^\uFEFF/, ''));
    return isRecord(value) && 'croupier' in value;
  } catch {
    return true;
  }
}

async function load(cwd: string, file: string): Promise<Result<LoadedFile, UserError>> {
  const texts = new Map<string, string>();
  try {
    const explorer = await createExplorer(texts);
    const found = await explorer.load(file);
    return await toLoadedFile(cwd, file, found === null ? null : found.config, texts);
  } catch (error) {
    return err(toUserError(cwd, error, file));
  }
}

/** `texts` gets the text of each file that was parsed as JSON, to find keys in it. */
async function createExplorer(texts: Map<string, string>): Promise<PublicExplorer> {
  const { cosmiconfig } = await import('cosmiconfig');
  const json = (comments: boolean) => (file: string, text: string) => {
    texts.set(file, text);
    return parseJson(text, comments);
  };
  const jsonOrYaml = (file: string, text: string) =>
    text.trimStart().startsWith('{') ? json(true)(file, text) : parseYaml(file, text);
  const loaders: Loaders = {
    '.json': (file, text) => json(basename(file) !== PACKAGE_JSON)(file, text),
    '.jsonc': json(true),
    '.yaml': parseYaml,
    '.yml': parseYaml,
    '.js': loadJavaScript,
    '.mjs': loadJavaScript,
    '.cjs': loadJavaScript,
    '.ts': loadTypeScript,
    '.mts': loadTypeScript,
    '.cts': loadTypeScript,
    noExt: jsonOrYaml,
    default: jsonOrYaml,
  };
  return cosmiconfig('croupier', {
    searchPlaces: [...SEARCH_PLACES],
    loaders,
    cache: false,
    searchStrategy: 'none',
    ignoreEmptySearchPlaces: false,
  });
}

async function toLoadedFile(
  cwd: string,
  file: string,
  config: unknown,
  texts: ReadonlyMap<string, string>,
): Promise<Result<LoadedFile, UserError>> {
  const display = displayPath(cwd, file);
  const inPackage = basename(file) === PACKAGE_JSON;
  const raw = config === undefined ? {} : config;
  if (!isRecord(raw)) {
    const message = inPackage
      ? `${display}: there is no key \`croupier\` with an object`
      : `${display}: the configuration must be an object, not ${JSON.stringify(raw)}`;
    return err({
      exitCode: 2,
      message,
      wayOut: `Write an object into ${display}, such as ${inPackage ? '"croupier": ' : ''}{ "command": "node server.js" }.`,
    });
  }
  const text = texts.get(file);
  const locateKey = text === undefined ? null : await makeJsonLocator(text);
  const locate = (path: KeyPath): string => {
    const position = locateKey?.(path) ?? null;
    return position === null ? '' : showPosition(position.line, position.column);
  };
  return ok({ file, display, raw, keyPrefix: inPackage ? ['croupier'] : [], locate });
}

/** Relative to the current folder where the file lies below it. */
export function displayPath(cwd: string, file: string): string {
  const path = relative(cwd, file);
  return path === '' || path.startsWith('..') || isAbsolute(path) ? file : path;
}

function toUserError(cwd: string, error: unknown, candidate: string): UserError {
  const at = error instanceof Error && 'filepath' in error ? error.filepath : null;
  const file = displayPath(cwd, typeof at === 'string' ? at : candidate);
  if (error instanceof ConfigFileError) {
    return {
      exitCode: 2,
      message: `${file}${showPosition(error.line, error.column)}: ${error.message}`,
      wayOut: `Correct ${file}.`,
    };
  }
  const code = error instanceof Error && 'code' in error ? error.code : null;
  if (code === 'ENOENT') {
    return { exitCode: 2, message: `${file}: there is no such file`, wayOut: 'Name a file that exists.' };
  }
  // cosmiconfig puts the file in the first line and the reason in the second.
  const reason = error instanceof Error ? error.message.split('\n').slice(0, 2).join(' ') : String(error);
  return {
    exitCode: 2,
    message: `${file}: the configuration cannot be read: ${reason}`,
    wayOut: `Make ${file} a readable ${extname(file) || 'configuration'} file.`,
  };
}
