import { C_EXTENSIONS, C_LANGUAGE, isCSource } from './c-sources.js';
import { build, found, makeCandidate, PROGRAM, rejected, words } from './candidate.js';
import { type Detection, NOTHING_FOUND } from './language.js';
import type { ProjectFolder } from './project-folder.js';

/** In the order in which make looks for them. */
const MAKEFILES = ['GNUmakefile', 'makefile', 'Makefile'];

/** Variables that Makefiles have the name of their program in. */
const PROGRAM_VARIABLES = [
  'TARGET',
  'BIN',
  'BINARY',
  'PROGRAM',
  'PROG',
  'EXE',
  'EXECUTABLE',
  'EXEC',
  'OUT',
  'NAME',
  'APP',
];

/** Folders in which sources are looked for. */
const SOURCE_FOLDERS = ['.', 'src', 'source'];

interface Rule {
  readonly targets: readonly string[];
  readonly prerequisites: readonly string[];
}

/** Projects with a Makefile and sources of C or C++. Many other projects have a Makefile as a list of shortcuts. */
export async function detectMake(project: ProjectFolder): Promise<Detection> {
  const file = await project.firstFile(MAKEFILES);
  if (file === null || !(await hasSources(project))) return NOTHING_FOUND;
  const text = withoutComments((await project.read(file)) ?? '');
  const variables = readVariables(text);
  const rules = readRules(text);
  const common = {
    language: C_LANGUAGE,
    marker: file,
    extensions: C_EXTENSIONS,
    ignore: ['/build/', '/obj/', '/bin/', '*.o', '*.d', '*.a', '*.so', '/tests/', '/test/'],
    tools: ['make'],
  } as const;

  // Where the program is a rule whose whole target is one variable, make can be told to link it at the artifact.
  const variable = PROGRAM_VARIABLES.find(
    (name) =>
      variables.has(name) && rules.some(({ targets }) => targets.some((one) => isReference(one, name))),
  );
  if (variable !== undefined) {
    return found(
      makeCandidate({
        ...common,
        source: `${file}, ${variable} = ${expand(variables.get(variable) ?? '', variables)}`,
        command: words(PROGRAM),
        build: build(words('make', `${variable}=${PROGRAM}`, PROGRAM)),
      }),
    );
  }
  const program = findProgram(rules, variables);
  if (program === null) return rejected(`${file}: no rule says which program it makes.`);
  return found(
    makeCandidate({
      ...common,
      strength: 'likely',
      source: `${file}, target ${program}`,
      command: words(program.includes('/') ? program : `./${program}`),
      build: build(words('make', program)),
      ignore: [...common.ignore, `/${program.replace(/^\.\//, '')}`],
      explanation: `The Makefile has no variable for the path of ${program}, so it is run where make puts it, and there is no artifact to go back to.`,
    }),
  );
}

async function hasSources(project: ProjectFolder): Promise<boolean> {
  for (const folder of SOURCE_FOLDERS) {
    if (folder !== '.' && !(await project.hasFolder(folder))) continue;
    if ((await project.files(folder)).some(isCSource)) return true;
  }
  return false;
}

/** The first rule that makes a file which is not a part of a program, beginning with what the first rule of all asks for. */
function findProgram(rules: readonly Rule[], variables: ReadonlyMap<string, string>): string | null {
  const phony = new Set(
    rules.flatMap(({ targets, prerequisites }) => (targets.includes('.PHONY') ? prerequisites : [])),
  );
  const expandAll = (names: readonly string[]) =>
    names.flatMap((name) => expand(name, variables).split(/\s+/)).filter((name) => name !== '');
  const isProgram = (name: string) =>
    !phony.has(name) &&
    !/[%$]|^\.|^(?:all|default|clean|install|test|run|debug|release)$|\.(?:o|d|a|so|h|c|cpp|cc)$/.test(
      name,
    ) &&
    rules.some(({ targets }) => expandAll(targets).includes(name));
  const ordinary = rules.filter(
    ({ targets }) => !targets.some((one) => one.startsWith('.') || one.includes('%')),
  );
  const [first] = ordinary;
  const wanted = first === undefined ? [] : [...expandAll(first.targets), ...expandAll(first.prerequisites)];
  return [...wanted, ...ordinary.flatMap(({ targets }) => expandAll(targets))].find(isProgram) ?? null;
}

function withoutComments(text: string): string {
  return text.replaceAll(/\\\r?\n/g, ' ').replaceAll(/(^|[^\\])#.*$/gm, '$1');
}

function readVariables(text: string): ReadonlyMap<string, string> {
  return new Map(
    [...text.matchAll(/^(?:export\s+|override\s+)?(\w+)\s*(?:[:?]|::)?=[ \t]*(.*)$/gm)].map(
      ([, name = '', value = '']) => [name, value.trim()],
    ),
  );
}

function readRules(text: string): readonly Rule[] {
  return [...text.matchAll(/^([^\s:=#][^:=#\n]*?)\s*::?(?!=)[ \t]*([^\n;=]*)(?:;.*)?$/gm)].map(
    ([, targets = '', prerequisites = '']) => ({
      targets: targets.split(/\s+/),
      prerequisites: prerequisites.split(/\s+/).filter((name) => name !== '' && name !== '|'),
    }),
  );
}

function isReference(word: string, variable: string): boolean {
  return word === `$(${variable})` || word === `\${${variable}}`;
}

/** Fills `$(NAME)` by variables of the file; what make computes stays as it is. */
function expand(text: string, variables: ReadonlyMap<string, string>, depth = 0): string {
  if (depth > 5) return text;
  const filled = text.replaceAll(/\$[({](\w+)[)}]/g, (whole, name: string) => variables.get(name) ?? whole);
  return filled === text ? filled : expand(filled, variables, depth + 1);
}
