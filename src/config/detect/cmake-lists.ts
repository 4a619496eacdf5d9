import { posix } from 'node:path';
import type { ProjectFolder } from './project-folder.js';

const LIST = 'CMakeLists.txt';

/** Lists that are read. */
const MOST_LISTS = 30;

/** A target of add_executable. */
export interface CMakeExecutable {
  readonly target: string;
  /** Path of the program, relative to the build folder. */
  readonly output: string;
}

export interface CMakeLists {
  readonly projectName: string | null;
  readonly executables: readonly CMakeExecutable[];
}

/** Where one list belongs. */
interface Place {
  /** Relative to the project. */
  readonly source: string;
  /** Relative to the build folder. */
  readonly binary: string;
  /** Where its programs are put, relative to the build folder; null: beside its other outputs. */
  readonly outputFolder: string | null;
}

interface CMakeCommand {
  readonly name: string;
  readonly words: readonly string[];
}

/** Reads the lists from the top down, as CMake does, following add_subdirectory. Only what they say literally is understood. */
export async function readCMakeLists(project: ProjectFolder, buildFolder: string): Promise<CMakeLists> {
  const reader = new ListReader(posix.relative(buildFolder, '.'));
  const queue: Place[] = [{ source: '.', binary: '.', outputFolder: null }];
  for (let at = 0; at < queue.length && at < MOST_LISTS; at++) {
    const place = queue[at];
    const text = place === undefined ? null : await project.read(posix.join(place.source, LIST));
    if (place !== undefined && text !== null) queue.push(...reader.read(place, text));
  }
  return { projectName: reader.projectName, executables: reader.executables };
}

class ListReader {
  readonly executables: CMakeExecutable[] = [];
  projectName: string | null = null;
  /** Path from the build folder to the sources. */
  readonly #toSource: string;

  constructor(toSource: string) {
    this.#toSource = toSource;
  }

  /** Takes one list in; answers the lists that it adds. */
  read(place: Place, text: string): readonly Place[] {
    const commands = readCommands(text);
    const variables = new Map<string, string>();
    const below: Place[] = [];
    let outputFolder = place.outputFolder;
    for (const { name, words } of commands) {
      const [first = '', second] = words.map((word) => this.#fill(word, variables));
      if (name === 'project') this.projectName ??= first;
      else if (name === 'set' && /^(?:CMAKE_RUNTIME_OUTPUT_DIRECTORY|EXECUTABLE_OUTPUT_PATH)$/.test(first)) {
        outputFolder = second === undefined ? null : this.#relativeToBuild(second, place);
      } else if (name === 'set' && second !== undefined) variables.set(first, second);
      else if (name === 'add_subdirectory' && !/^\/|\$/.test(first)) {
        const binary = second === undefined || second === 'EXCLUDE_FROM_ALL' ? first : second;
        below.push({
          source: posix.join(place.source, first),
          binary: posix.join(place.binary, binary),
          outputFolder,
        });
      } else if (
        name === 'add_executable' &&
        !first.includes('$') &&
        !/^(?:IMPORTED|ALIAS)$/.test(second ?? '')
      ) {
        const program = outputName(commands, first) ?? first;
        this.executables.push({ target: first, output: posix.join(outputFolder ?? place.binary, program) });
      }
    }
    return below;
  }

  /** Variables of the list and the project's name; others stay as they are. */
  #fill(word: string, variables: ReadonlyMap<string, string>): string {
    return word.replaceAll(/\$\{(\w+)\}/g, (whole, name: string) =>
      name === 'PROJECT_NAME' || name === 'CMAKE_PROJECT_NAME'
        ? (this.projectName ?? whole)
        : (variables.get(name) ?? whole),
    );
  }

  /** `${CMAKE_BINARY_DIR}/bin` and the like. */
  #relativeToBuild(value: string, place: Place): string {
    const folders: Readonly<Record<string, string>> = {
      CMAKE_BINARY_DIR: '.',
      PROJECT_BINARY_DIR: '.',
      CMAKE_CURRENT_BINARY_DIR: place.binary,
      CMAKE_SOURCE_DIR: this.#toSource,
      PROJECT_SOURCE_DIR: this.#toSource,
      CMAKE_CURRENT_SOURCE_DIR: posix.join(this.#toSource, place.source),
    };
    return posix.normalize(value.replaceAll(/\$\{(\w+)\}/g, (whole, name: string) => folders[name] ?? whole));
  }
}

/** The commands of a list that say what is built. */
function readCommands(text: string): readonly CMakeCommand[] {
  const source = text.replaceAll(/#\[\[[\s\S]*?\]\]|#.*$/gm, '');
  return [
    ...source.matchAll(
      /\b(project|set|add_subdirectory|add_executable|set_target_properties)\s*\(([^()]*)\)/gi,
    ),
  ].map(([, name = '', list = '']) => ({
    name: name.toLowerCase(),
    words: (list.match(/"[^"]*"|[^\s"]+/g) ?? []).map((word) => word.replaceAll('"', '')),
  }));
}

function outputName(commands: readonly CMakeCommand[], target: string): string | null {
  for (const { name, words } of commands) {
    if (name !== 'set_target_properties' || !words.includes(target)) continue;
    const at = words.indexOf('OUTPUT_NAME');
    const value = at < 0 ? undefined : words[at + 1];
    if (value !== undefined && !value.includes('$')) return value;
  }
  return null;
}
