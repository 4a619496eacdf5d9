import { stat } from 'node:fs/promises';
import { dirname, extname, join } from 'node:path';
import { displayWords } from '../command.js';
import { type PackageJson, readPackageJson } from '../package-json.js';
import type { CommandLine } from '../types.js';
import type { Candidate, Detection, Language } from './language.js';
import { parseScript, type RunScript } from './node-script.js';

/** In this order. `start` is how the project says that it is run; the others are for development. */
const SCRIPTS = ['start', 'dev', 'serve', 'develop'];

const ENTRIES = [
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
  'server.ts',
  'index.ts',
];

/** Folders that a compiler writes: what is in them does not change when a source file is saved. */
const COMPILED = /^(?:\.\/)?(?:dist|build|out|lib)\//;

/** Options that change how files are read, so that `node --check` could refuse what runs well. */
const LOADER_OPTION = /^(?:-r|--require|--import|--loader|--experimental-|-C|--conditions)/;

/** What one look at a folder has found so far. */
interface Search {
  readonly folder: string;
  /** Can start it without anything else being done. */
  readonly candidates: Candidate[];
  /** Runs compiled files: better than nothing. */
  readonly compiled: Candidate[];
  readonly rejected: string[];
}

/** Projects that are run by Node. */
export const node: Language = {
  name: 'Node',
  looksFor: ['package.json with scripts.start, scripts.dev or main', ...ENTRIES],
  async detect(folder): Promise<Detection> {
    const search: Search = { folder, candidates: [], compiled: [], rejected: [] };
    const manifest = await readPackageJson(folder);
    if (manifest === 'broken') search.rejected.push('package.json is not valid JSON.');
    else if (manifest !== null) await considerPackage(search, manifest);
    for (const entry of ENTRIES) {
      if (await isFile(join(folder, entry))) await considerEntry(search, entry, entry);
    }
    return { candidates: [...search.candidates, ...search.compiled], rejected: search.rejected };
  },
};

async function considerPackage(search: Search, manifest: PackageJson): Promise<void> {
  for (const script of SCRIPTS) {
    const text = manifest.scripts[script];
    if (text !== undefined) await considerScript(search, script, text);
  }
  if (manifest.main === null) return;
  const entry = await findEntry(search.folder, manifest.main);
  if (entry === null)
    search.rejected.push(`package.json main is \`${manifest.main}\`, which does not exist.`);
  else await considerEntry(search, entry, 'package.json main');
}

async function considerScript(search: Search, name: string, text: string): Promise<void> {
  const script = parseScript(text);
  const source = `package.json scripts.${name}`;
  if (typeof script === 'string') {
    search.rejected.push(`${source} is \`${text}\`: ${script}.`);
    return;
  }
  const entry = await findEntry(search.folder, script.entry);
  if (entry === null) {
    search.rejected.push(`${source} is \`${text}\`, but there is no file ${script.entry}.`);
    return;
  }
  const notes: string[] = [];
  if (script.watches)
    notes.push(`${source} is \`${text}\`, a watcher itself, so what it watches is run directly.`);
  await consider(search, script, entry, source, notes);
}

async function considerEntry(search: Search, entry: string, source: string): Promise<void> {
  const runner = isTypeScript(entry) ? 'tsx' : 'node';
  await consider(search, { runner, options: [], entry, rest: [], watches: false }, entry, source, []);
}

/** Adds a candidate unless a file of TypeScript has nothing to run it. `file` is the entry with its extension. */
async function consider(
  search: Search,
  script: RunScript,
  file: string,
  source: string,
  notes: string[],
): Promise<void> {
  const { runner, options, entry, rest } = script;
  const throughTsx = runner === 'tsx';
  if (throughTsx && !(await hasTsx(search.folder))) {
    search.rejected.push(`${source}: ${file} needs tsx, which is not installed: npm install --save-dev tsx.`);
    return;
  }
  // tsx as a module of node, not as a program: that would be one more process between us and the one that gets the signals.
  const argv = ['node', ...(throughTsx ? ['--import', 'tsx'] : []), ...options, entry, ...rest];
  const isCompiled = COMPILED.test(file) && (await isFile(join(search.folder, 'tsconfig.json')));
  if (isCompiled) {
    notes.push(`${file} is compiled: set "build" to what compiles it, such as { "command": "npx tsc" }.`);
  }
  const candidate: Candidate = {
    command: toCommandLine(argv),
    source,
    build: throughTsx || options.some((option) => LOADER_OPTION.test(option)) ? null : syntaxCheck(file),
    extensions: [],
    ignore: [],
    explanation: notes.length === 0 ? null : notes.join(' '),
  };
  (isCompiled ? search.compiled : search.candidates).push(candidate);
}

/** Finds a mistake while the old generation still serves. */
function syntaxCheck(file: string): Candidate['build'] {
  return ['.js', '.mjs', '.cjs'].includes(extname(file))
    ? { command: toCommandLine(['node', '--check', file]), checkOnly: true }
    : null;
}

function toCommandLine(argv: readonly string[]): CommandLine {
  return { argv, shell: false, display: displayWords(argv) };
}

function isTypeScript(file: string): boolean {
  return ['.ts', '.mts', '.cts'].includes(extname(file));
}

/** The file that node would run for an entry: itself, with an extension, or the index of a folder. Relative to the folder. */
async function findEntry(folder: string, entry: string): Promise<string | null> {
  if (await isFile(join(folder, entry))) return entry;
  for (const ending of ['.js', '.cjs', '/index.js', '.ts', '/index.ts']) {
    if (await isFile(join(folder, `${entry}${ending}`))) return `${entry}${ending}`;
  }
  return null;
}

/** tsx can lie in a folder above, as workspaces have it. */
async function hasTsx(folder: string): Promise<boolean> {
  for (let at = folder; ; at = dirname(at)) {
    if (await isFile(join(at, 'node_modules', 'tsx', 'package.json'))) return true;
    if (at === dirname(at)) return false;
  }
}

async function isFile(path: string): Promise<boolean> {
  try {
    return (await stat(path)).isFile();
  } catch {
    return false;
  }
}
