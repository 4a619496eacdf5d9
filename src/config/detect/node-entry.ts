import { extname, posix } from 'node:path';
import type { PackageJson } from '../package-json.js';
import { build, check, words } from './candidate.js';
import type { CandidateBuild } from './language.js';
import { findPackageManager, findProgram } from './node-package.js';
import type { ProjectFolder } from './project-folder.js';

/** Files that programs of Node usually begin with, the likeliest first. */
export const ENTRIES = [
  'server.js',
  'server.mjs',
  'server.cjs',
  'index.js',
  'index.mjs',
  'index.cjs',
  'app.js',
  'app.mjs',
  'app.cjs',
  'src/index.js',
  'src/index.ts',
  'src/server.js',
  'src/server.ts',
  'src/main.ts',
  'server.ts',
  'index.ts',
];

/** Folders that a compiler writes: what is in them does not change when a source file is saved. */
const COMPILED = /^(?:\.\/)?(dist|build|out|lib)\//;

/** Options that change how files are read, so that `node --check` could refuse what runs well. */
const LOADER_OPTION = /^(?:-r|--require|--import|--loader|--experimental-|-C|--conditions)/;

/** The folder of compiled files that an entry is in; null: it is a source. A project without tsconfig.json compiles nothing. */
export async function compiledFolder(project: ProjectFolder, file: string): Promise<string | null> {
  const folder = COMPILED.exec(file)?.[1];
  return folder !== undefined && (await project.hasFile('tsconfig.json')) ? folder : null;
}

/** What makes the compiled files: the script `build`, by node alone where it is the compiler and nothing else. */
export async function findCompiler(
  project: ProjectFolder,
  manifest: PackageJson | null,
): Promise<CandidateBuild | null> {
  const text = manifest?.scripts.build;
  if (manifest === null || text === undefined) return null;
  const compiler = /^tsc(?:\s+(?:-p|--project)\s+([\w./-]+))?$/.exec(text.trim());
  const program = compiler === null ? null : await findProgram(project, 'typescript', 'tsc');
  if (program === null) return build(words(await findPackageManager(project, manifest), 'run', 'build'));
  const settings = compiler?.[1] === undefined ? [] : ['-p', compiler[1]];
  return build(words('node', program, ...settings));
}

/** Finds a mistake while the old generation still serves. */
export function syntaxCheck(file: string, options: readonly string[]): CandidateBuild | null {
  if (options.some((option) => LOADER_OPTION.test(option))) return null;
  return ['.js', '.mjs', '.cjs'].includes(extname(file)) ? check('node', '--check', file) : null;
}

export function isTypeScript(file: string): boolean {
  return ['.ts', '.mts', '.cts'].includes(extname(file));
}

/** The file that node would run for an entry: itself, with an extension, or the index of a folder. Relative to the folder. */
export async function findEntry(
  project: ProjectFolder,
  manifest: PackageJson | null,
  entry: string,
): Promise<string | null> {
  if (await project.hasFile(entry)) return entry;
  for (const ending of ['.js', '.cjs', '/index.js', '.ts', '/index.ts']) {
    if (await project.hasFile(`${entry}${ending}`)) return `${entry}${ending}`;
  }
  // Compiled files need not be there before the first build.
  const willBe = COMPILED.test(posix.normalize(entry)) && manifest?.scripts.build !== undefined;
  return willBe && (await project.hasFile('tsconfig.json')) ? entry : null;
}
