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

/** Names of the configuration within one folder; the first one that is there wins. */
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
    if (present.length > 0) {
      const found = await searchFolder(cwd, folder, present);
      if (!found.ok || found.value !== null) return found;
    }
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

async function searchFolder(
  cwd: string,
  folder: string,
  present: readonly string[],
): Promise<Result<LoadedFile | null, UserError>> {
  const texts = new Map<string, string>();
  try {
    const hasKey = present.includes(PACKAGE_JSON) && (await packageHasKey(join(folder, PACKAGE_JSON)));
    if (present.length === 1 && present[0] === PACKAGE_JSON && !hasKey) return ok(null);
    const explorer = await createExplorer(texts);
    const found = await explorer.search(folder);
    if (found !== null && !(found.isEmpty === true && basename(found.filepath) === PACKAGE_JSON)) {
      return await toLoadedFile(cwd, found.filepath, found.config, texts);
    }
  } catch (error) {
    return err(toUserError(cwd, error, join(folder, present[0] ?? '')));
  }
  // cosmiconfig passes over what it may not read: that is an error here, not another configuration or none.
  const passedOver = present.find((place) => place !== PACKAGE_JSON);
  return passedOver === undefined ? ok(null) : load(cwd, join(folder, passedOver));
}

/**
 * Whether a package.json holds our configuration. Most do not, and then nothing has to be loaded to read it. A broken one is told
 * here, with its position, before cosmiconfig looks into it for settings of its own.
 */
async function packageHasKey(file: string): Promise<boolean> {
  const text = await readFile(file, 'utf8');
  if (text.trim() === '') return false;
  try {
    const value: unknown = JSON.parse(text.replace(/^\uFEFF/, ''));
    return isRecord(value) && 'croupier' in value;
  } catch {
    await parseJson(text, false).catch((error: unknown) => {
      throw error instanceof ConfigFileError ? error.in(file) : error;
    });
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
      wayOut: `Write an object into it, such as { "command": "node server.js" }.`,
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
  const reason = error instanceof Error ? (error.message.split('\n')[0] ?? '') : String(error);
  return {
    exitCode: 2,
    message: `${file}: the configuration cannot be read: ${reason}`,
    wayOut: `Make ${file} a readable ${extname(file) || 'configuration'} file.`,
  };
}
