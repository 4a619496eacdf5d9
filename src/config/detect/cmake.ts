import { posix } from 'node:path';
import { C_EXTENSIONS, C_LANGUAGE } from './c-sources.js';
import { build, found, listNames, makeCandidate, PROGRAM, rejected, sentences, words } from './candidate.js';
import { chooseProgram } from './choose-program.js';
import { type CMakeExecutable as Executable, readCMakeLists } from './cmake-lists.js';
import { type Candidate, type Detection, NOTHING_FOUND } from './language.js';
import type { ProjectFolder } from './project-folder.js';
import type { Tools } from './tools.js';

const MARKER = 'CMakeLists.txt';

/** Where it is built unless there is a configured folder already: neither watched nor in git. */
const OWN_BUILD_FOLDER = '.croupier/cmake';

/** Folders that people, presets and IDEs configure; `*`: what is in the folder. */
const BUILD_FOLDERS = ['build', 'build/*', 'out/build/*', 'cmake-build-debug', 'builddir'];

/** A build folder. */
interface BuildFolder {
  readonly path: string;
  readonly generator: string;
  /** Of a configured one its own options hold. */
  readonly isConfigured: boolean;
}

/** Projects with a CMakeLists.txt that makes a program. */
export async function detectCMake(project: ProjectFolder, tools: Tools): Promise<Detection> {
  if (!(await project.hasFile(MARKER))) return NOTHING_FOUND;
  const folder = await findBuildFolder(project, tools);
  const { projectName, executables } = await readCMakeLists(project, folder.path);
  if (executables.length === 0)
    return rejected(`${MARKER}: there is no add_executable: it makes no program.`);
  const choice = chooseProgram(executables, ({ target }) => target, projectName);
  if (choice === null) {
    return rejected(
      `${MARKER}: there are several programs (${listNames(executables.map(({ target }) => target))}), and none is guessed: set "command" and "build" in croupier.config.json.`,
    );
  }
  return found(toCandidate(choice.chosen, choice.others, folder));
}

/**
 * `ctest --build-and-test` is the one command of CMake that configures, builds a target and then runs something, without a
 * shell: here what copies the program to the artifact. It runs in the build folder.
 */
function toCandidate(
  executable: Executable,
  others: readonly Executable[],
  { path, generator, isConfigured }: BuildFolder,
): Candidate {
  const isMulti = /Multi-Config|Visual Studio|Xcode/.test(generator);
  const program = isMulti
    ? posix.join(posix.dirname(executable.output), 'Debug', posix.basename(executable.output))
    : executable.output;
  const command = words(
    ...['ctest', '--build-and-test', '.', path, '--build-generator', generator],
    ...['--build-noclean', '--build-target', executable.target],
    ...(isMulti ? ['--build-config', 'Debug'] : []),
    ...(isConfigured || isMulti ? [] : ['--build-options', '-DCMAKE_BUILD_TYPE=Debug']),
    ...['--test-command', 'cmake', '-E', 'copy', program, PROGRAM],
  );
  return makeCandidate({
    language: C_LANGUAGE,
    marker: MARKER,
    source: `${MARKER}, target ${executable.target}`,
    command: words(PROGRAM),
    build: build(command),
    // .txt: CMakeLists.txt itself.
    extensions: [...C_EXTENSIONS, '.cmake', '.txt'],
    ignore: ['/build/', '/out/', '/builddir/', 'cmake-build-*/', 'CMakeFiles/', '/tests/', '/test/'],
    tools: [
      'cmake',
      'ctest',
      ...(generator === 'Ninja' ? ['ninja'] : generator === MAKEFILES ? ['make'] : []),
    ],
    explanation: sentences(
      isConfigured
        ? `It is built in ${path}, which is configured already, with the options that it has.`
        : null,
      others.length === 0 ? null : `There is ${listNames(others.map(({ target }) => target))} as well.`,
    ),
  });
}

const MAKEFILES = 'Unix Makefiles';

async function findBuildFolder(project: ProjectFolder, tools: Tools): Promise<BuildFolder> {
  for (const pattern of BUILD_FOLDERS) {
    for (const path of await expand(project, pattern)) {
      const cache = await project.read(posix.join(path, 'CMakeCache.txt'));
      const generator = /^CMAKE_GENERATOR:INTERNAL=(.+)$/m.exec(cache ?? '')?.[1]?.trim();
      const home = /^CMAKE_HOME_DIRECTORY:INTERNAL=(.+)$/m.exec(cache ?? '')?.[1]?.trim();
      // A folder that was copied here still belongs to where it was configured.
      if (generator !== undefined && home === project.path.replaceAll('\\', '/')) {
        return { path, generator, isConfigured: true };
      }
    }
  }
  const generator = (await tools.has('ninja')) ? 'Ninja' : MAKEFILES;
  return { path: OWN_BUILD_FOLDER, generator, isConfigured: false };
}

async function expand(project: ProjectFolder, pattern: string): Promise<readonly string[]> {
  if (!pattern.endsWith('/*')) return [pattern];
  const parent = pattern.slice(0, -2);
  if (!(await project.hasFolder(parent))) return [];
  return (await project.folders(parent)).map((name) => `${parent}/${name}`);
}
