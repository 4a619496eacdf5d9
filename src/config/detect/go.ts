import { posix } from 'node:path';
import {
  build,
  found,
  listNames,
  makeCandidate,
  PROGRAM,
  rejected,
  sentences,
  TEMPLATE_EXTENSIONS,
  words,
} from './candidate.js';
import { chooseProgram } from './choose-program.js';
import { type Candidate, type Detection, type Language, NOTHING_FOUND } from './language.js';
import type { ProjectFolder } from './project-folder.js';

/** How many files of a package are read to find its clause. */
const FILES_OF_A_PACKAGE = 12;

/** Folders of a module that by convention hold no program. */
const LIBRARY_FOLDERS: ReadonlySet<string> = new Set([
  'internal',
  'pkg',
  'docs',
  'test',
  'tests',
  'examples',
]);

/** A folder with `package main`. */
interface Program {
  /** Relative to the project: `.`, `cmd/server`. */
  readonly folder: string;
  /** Files that belong to it, without tests. */
  readonly files: readonly string[];
  /** Patterns of `//go:embed`. */
  readonly embeds: readonly string[];
}

/** Projects that are built by the go command. */
export const go: Language = {
  name: 'Go',
  looksFor: ['go.mod', 'a package main in the folder, in cmd/* or in the one folder that has it'],
  besideOthers: 'a go.mod beside another project mostly belongs to its tools',
  async detect(project): Promise<Detection> {
    const moduleFolder = await project.findFileAbove('go.mod');
    const ownFiles = await goFiles(project, '.');
    if (moduleFolder !== '.' && ownFiles.length === 0) return NOTHING_FOUND;
    const own = await readProgram(project, '.');
    // Above a folder without go.mod lies somebody else's module unless this is one of its programs.
    if (moduleFolder !== '.') return own === null ? NOTHING_FOUND : found(toCandidate(own, [], moduleFolder));
    const name = moduleName(await project.read('go.mod'));
    return choose(await findPrograms(project, own), name);
  },
};

function choose({ inCommands, below }: FoundPrograms, name: string | null): Detection {
  if (inCommands.length > 0) {
    // The package in the folder itself is the module's own program, whatever its commands are called.
    const own = inCommands.find(({ folder }) => folder === '.');
    const choice =
      own === undefined
        ? chooseProgram(inCommands, ({ folder }) => posix.basename(folder), name)
        : { chosen: own, others: inCommands.filter((one) => one !== own) };
    if (choice !== null) return found(toCandidate(choice.chosen, choice.others, '.'));
  }
  const all = inCommands.length > 0 ? inCommands : below;
  const [only, ...others] = all;
  if (only === undefined) {
    return rejected(
      'go.mod: there is no package main in the folder, in cmd/* or one level below: it is a library.',
    );
  }
  if (others.length === 0) return found(toCandidate(only, [], '.'));
  const places = listNames(all.map(packagePath));
  return rejected(
    `go.mod: there are several programs (${places}), and none is guessed: name one, such as croupier dev -- go run ${packagePath(only)}.`,
  );
}

function toCandidate(program: Program, others: readonly Program[], moduleFolder: string | null): Candidate {
  // Without a module go builds files that are named, and nothing else.
  const target = moduleFolder === null ? program.files : [packagePath(program)];
  const marker = moduleFolder === null ? (program.files[0] ?? 'main.go') : posix.join(moduleFolder, 'go.mod');
  const place = program.folder === '.' ? 'package main in the folder' : `package main in ${program.folder}`;
  const embedded = embeddedExtensions(program.embeds);
  return makeCandidate({
    language: go.name,
    marker,
    source: moduleFolder === null ? place : `${marker}, ${place}`,
    command: words(PROGRAM),
    build: build(words('go', 'build', '-o', PROGRAM, ...target)),
    byHand: words('go', 'run', ...target),
    extensions:
      embedded === 'all'
        ? []
        : [...new Set(['.go', '.mod', '.sum', '.work', '.gohtml', ...TEMPLATE_EXTENSIONS, ...embedded])],
    ignore: ['*_test.go', 'testdata/', 'vendor/'],
    tools: ['go'],
    explanation: sentences(otherPrograms(others)),
  });
}

function otherPrograms(others: readonly Program[]): string | null {
  const [first] = others;
  if (first === undefined) return null;
  const places = listNames(others.map(packagePath));
  return `There is a package main in ${places} as well: croupier dev -- go run ${packagePath(first)}.`;
}

/** As the go command takes it: with `./`, or it would be looked for in the standard library. */
function packagePath({ folder }: Program): string {
  return folder === '.' ? '.' : `./${folder}`;
}

interface FoundPrograms {
  /** The folder itself, `cmd` and the folders in it: where programs of a module belong. */
  readonly inCommands: readonly Program[];
  /** Anywhere else one level below; looked for only where there are none of the others. */
  readonly below: readonly Program[];
}

async function findPrograms(project: ProjectFolder, own: Program | null): Promise<FoundPrograms> {
  const folders = await project.folders();
  const commands = folders.includes('cmd')
    ? ['cmd', ...(await project.folders('cmd')).map((name) => `cmd/${name}`)]
    : [];
  const inCommands = [...(own === null ? [] : [own]), ...(await readPrograms(project, commands))];
  const others = folders.filter((name) => name !== 'cmd' && !LIBRARY_FOLDERS.has(name));
  return { inCommands, below: inCommands.length > 0 ? [] : await readPrograms(project, others) };
}

async function readPrograms(project: ProjectFolder, folders: readonly string[]): Promise<readonly Program[]> {
  const programs: Program[] = [];
  for (const folder of folders) {
    const program = await readProgram(project, folder);
    if (program !== null) programs.push(program);
  }
  return programs;
}

/** The program in a folder; null where its package is not main. */
async function readProgram(project: ProjectFolder, folder: string): Promise<Program | null> {
  const files: string[] = [];
  const embeds: string[] = [];
  for (const file of (await goFiles(project, folder)).slice(0, FILES_OF_A_PACKAGE)) {
    const text = await project.head(posix.join(folder, file));
    // A script that is run by itself (`go run gen.go`) excludes itself from the package in this way.
    if (/^\/\/(?:go:build|\s*\+build)\s.*\bignore\b/m.test(text)) continue;
    const name = /^\s*package\s+(\w+)/m.exec(text.replaceAll(/\/\*[\s\S]*?\*\//g, ''))?.[1];
    if (name === undefined) continue;
    if (name !== 'main') return null;
    files.push(file);
    for (const [, patterns = ''] of text.matchAll(/^\/\/go:embed\s+(.+)$/gm)) {
      embeds.push(...patterns.trim().split(/\s+/));
    }
  }
  return files.length === 0 ? null : { folder, files, embeds };
}

async function goFiles(project: ProjectFolder, folder: string): Promise<readonly string[]> {
  const files = await project.files(folder);
  return files.filter((name) => /^[^_.].*\.go$/.test(name) && !name.endsWith('_test.go'));
}

/** Extensions of the files that are compiled into the program; `all` where it takes whole folders. */
function embeddedExtensions(patterns: readonly string[]): readonly string[] | 'all' {
  const extensions = patterns.map((pattern) => posix.extname(pattern.replaceAll(/["`]/g, '')));
  return extensions.every((extension) => /^\.\w+$/.test(extension)) ? extensions : 'all';
}

/** Last part of the module's path, without a version: `game` of `example.com/acme/game/v2`. */
function moduleName(text: string | null): string | null {
  const path = /^module\s+"?([^\s"]+)/m.exec(text ?? '')?.[1];
  return (
    path
      ?.replace(/\/v\d+$/, '')
      .split('/')
      .at(-1) ?? null
  );
}
