import { type PackageJson, parsePackageJson } from '../package-json.js';
import { makeCandidate, sentences, words } from './candidate.js';
import type { Candidate, Detection, Language, Strength } from './language.js';
import { compiledFolder, ENTRIES, findCompiler, findEntry, isTypeScript, syntaxCheck } from './node-entry.js';
import { frameworkCandidate } from './node-framework.js';
import { findPackageManager, findProgram, isInstalled, lacksModules } from './node-package.js';
import { type FileScript, parseScript, type ToolScript } from './node-script.js';
import type { ProjectFolder } from './project-folder.js';

/** In this order. `start` is how the project says that it is run; the others are for development. */
const SCRIPTS = ['start', 'dev', 'start:dev', 'serve', 'develop'];

/** What one look at a folder has found so far. */
interface Search {
  readonly project: ProjectFolder;
  readonly manifest: PackageJson | null;
  /** Can start it without anything else being done. */
  readonly candidates: Candidate[];
  /** Scripts that only the package manager can run. */
  readonly managed: Candidate[];
  /** Runs compiled files: better than nothing. */
  readonly compiled: Candidate[];
  readonly rejected: string[];
}

/** Projects that are run by Node. */
export const node: Language = {
  name: 'Node',
  looksFor: ['package.json with scripts.start, scripts.dev or main', ...ENTRIES],
  besideOthers: 'a package.json beside another project is mostly of its front end or its tools',
  async detect(project): Promise<Detection> {
    const text = await project.read('package.json');
    const manifest = text === null ? null : parsePackageJson(text);
    const search: Search = {
      project,
      manifest: manifest === 'broken' ? null : manifest,
      candidates: [],
      managed: [],
      compiled: [],
      rejected: manifest === 'broken' ? ['package.json is not valid JSON.'] : [],
    };
    if (search.manifest !== null) await considerPackage(search, search.manifest);
    for (const entry of ENTRIES) {
      if (await project.hasFile(entry)) await considerEntry(search, entry, entry);
    }
    const candidates = [...search.candidates, ...search.compiled, ...search.managed];
    return {
      candidates: await Promise.all(candidates.map((one) => complete(search, one))),
      rejected: search.rejected,
    };
  },
};

async function considerPackage(search: Search, manifest: PackageJson): Promise<void> {
  for (const script of SCRIPTS) {
    const text = manifest.scripts[script];
    if (text !== undefined) await considerScript(search, manifest, script, text);
  }
  if (manifest.main === null) return;
  const entry = await findEntry(search.project, search.manifest, manifest.main);
  if (entry === null)
    search.rejected.push(`package.json main is \`${manifest.main}\`, which does not exist.`);
  else await considerEntry(search, entry, 'package.json main');
}

async function considerScript(
  search: Search,
  manifest: PackageJson,
  name: string,
  text: string,
): Promise<void> {
  const script = parseScript(text);
  const source = `package.json scripts.${name}`;
  switch (script.kind) {
    case 'file':
      return considerFile(search, script, source, text);
    case 'tool':
      return considerTool(search, script, source, text);
    case 'nest':
    case 'next': {
      const made = await frameworkCandidate(search.project, manifest, source, script);
      if (typeof made === 'string') search.rejected.push(`${source} is \`${text}\`: ${made}.`);
      else search.candidates.push(made);
      return;
    }
    case 'refused':
      search.rejected.push(`${source} is \`${text}\`: ${script.why}.`);
      if (script.isRunnable) await considerManaged(search, manifest, name, text);
      return;
  }
}

async function considerFile(search: Search, script: FileScript, source: string, text: string): Promise<void> {
  const entry = await findEntry(search.project, search.manifest, script.entry);
  if (entry === null) {
    search.rejected.push(`${source} is \`${text}\`, but there is no file ${script.entry}.`);
    return;
  }
  const note = script.watches ? watcherNote(source, text) : null;
  await consider(search, script, { file: entry, source, strength: 'certain', note });
}

function watcherNote(source: string, text: string): string {
  return `${source} is \`${text}\`, a watcher itself, so what it watches is run directly.`;
}

/** A runner such as ts-node: its program's file is run by node. */
async function considerTool(search: Search, script: ToolScript, source: string, text: string): Promise<void> {
  const program = await findProgram(search.project, script.tool);
  if (program === null) {
    search.rejected.push(`${source} is \`${text}\`: it needs ${script.tool}, which is not installed.`);
    return;
  }
  search.candidates.push(
    makeCandidate({
      language: node.name,
      marker: 'package.json',
      source,
      command: words('node', program, ...script.words),
      tools: ['node'],
      explanation: script.watches ? watcherNote(source, text) : null,
    }),
  );
}

/** What cannot be taken apart is left to the package manager: it starts later, and lives in a process below it. */
async function considerManaged(
  search: Search,
  manifest: PackageJson,
  name: string,
  text: string,
): Promise<void> {
  const manager = await findPackageManager(search.project, manifest);
  search.managed.push(
    makeCandidate({
      language: node.name,
      marker: 'package.json',
      source: `package.json scripts.${name}`,
      command: words(manager, 'run', name),
      tools: ['node', manager],
      explanation: `scripts.${name} is \`${text}\`, so ${manager} runs it; a program that is run directly starts sooner.`,
    }),
  );
}

async function considerEntry(search: Search, entry: string, source: string): Promise<void> {
  const runner = isTypeScript(entry) ? 'tsx' : 'node';
  const script: FileScript = { kind: 'file', runner, options: [], entry, rest: [], watches: false };
  await consider(search, script, { file: entry, source, strength: 'likely', note: null });
}

interface Entry {
  /** The entry with its extension. */
  readonly file: string;
  readonly source: string;
  readonly strength: Strength;
  readonly note: string | null;
}

/** Adds a candidate unless a file of TypeScript has nothing to run it. */
async function consider(
  search: Search,
  script: FileScript,
  { file, source, strength, note }: Entry,
): Promise<void> {
  const { runner, options, entry, rest } = script;
  const throughTsx = runner === 'tsx';
  if (throughTsx && !(await isInstalled(search.project, 'tsx'))) {
    search.rejected.push(`${source}: ${file} needs tsx, which is not installed: npm install --save-dev tsx.`);
    return;
  }
  const output = await compiledFolder(search.project, file);
  const compiler = output === null ? null : await findCompiler(search.project, search.manifest);
  const candidate = makeCandidate({
    language: node.name,
    marker: search.manifest === null ? file : 'package.json',
    strength,
    // tsx as a module of node, not as a program: that would be one more process between us and the one that gets the signals.
    command: words('node', ...(throughTsx ? ['--import', 'tsx'] : []), ...options, entry, ...rest),
    source,
    build: compiler ?? (throughTsx ? null : syntaxCheck(file, options)),
    ignore: compiler === null ? [] : [`/${output}/`],
    tools: ['node'],
    explanation: sentences(
      note,
      output !== null && compiler === null
        ? `${file} is compiled: set "build" to what compiles it, such as { "command": "npx tsc" }.`
        : null,
    ),
  });
  (output !== null ? search.compiled : search.candidates).push(candidate);
}

/** Says what is missing before it can start. */
async function complete({ project, manifest }: Search, candidate: Candidate): Promise<Candidate> {
  if (manifest === null || !(await lacksModules(project, manifest))) return candidate;
  const missing = `Its dependencies are not installed: ${await findPackageManager(project, manifest)} install.`;
  return { ...candidate, explanation: sentences(candidate.explanation, missing) };
}
