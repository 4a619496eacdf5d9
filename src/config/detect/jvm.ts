import { posix } from 'node:path';
import type { CommandLine } from '../types.js';
import { shellText } from './candidate.js';
import { chooseProgram } from './choose-program.js';
import type { ProjectFolder } from './project-folder.js';

/** The two languages that Maven and Gradle build here; a project is of one of them. */
export type JvmLanguage = 'Java' | 'Kotlin';

/** Source files that are searched for a main class. */
const MOST_SOURCES = 60;

/** What a build of the JVM's world reads. */
export function jvmExtensions(language: JvmLanguage): readonly string[] {
  const sources = language === 'Kotlin' ? ['.kt', '.kts', '.java'] : ['.java', '.kts'];
  return [...sources, '.gradle', '.xml', '.properties', '.yml', '.yaml', '.toml', '.html', '.sql', '.proto'];
}

/** Outputs of Maven, Gradle, IntelliJ and Eclipse; tests change nothing in what runs. */
export const JVM_IGNORE: readonly string[] = ['target/', 'build/', '/out/', '/bin/', '.gradle/', 'src/test/'];

/**
 * Starts a JVM. Only the first of its compilers: a program that lives until the next save never gets back what the second costs
 * (spring-boot:run does the same).
 */
export function startJava(...argv: readonly string[]): readonly string[] {
  return ['java', '-XX:TieredStopAtLevel=1', ...argv];
}

export interface BuildTool {
  /** As one starts it in the project's folder. */
  readonly words: readonly string[];
  /** What has to be in PATH for it. */
  readonly tools: readonly string[];
}

/** The project's wrapper script, which has the right version, else the tool itself. */
export async function findBuildTool(
  project: ProjectFolder,
  wrapper: string,
  tool: string,
): Promise<BuildTool> {
  if (process.platform === 'win32') {
    const ending = wrapper === 'mvnw' ? '.cmd' : '.bat';
    return (await project.hasFile(wrapper + ending))
      ? { words: [`.\\${wrapper}${ending}`], tools: [] }
      : { words: [tool], tools: [tool] };
  }
  if (!(await project.hasFile(wrapper))) return { words: [tool], tools: [tool] };
  // Its permission is lost where it was committed on Windows.
  return (await project.isExecutable(wrapper))
    ? { words: [`./${wrapper}`], tools: [] }
    : { words: ['sh', `./${wrapper}`], tools: [] };
}

/**
 * Builds, and copies what was built to the artifact. The copy is needed: the next build writes over the same jar, and a JVM that
 * still serves from it would load broken classes. Neither Maven nor Gradle can be told another place on its command line, so
 * this takes a shell.
 */
export function buildAndCopy(
  argv: readonly string[],
  from: string,
  to: string,
  what: 'file' | 'folder',
): CommandLine {
  const command = argv.join(' ');
  if (process.platform === 'win32') {
    const copy = what === 'file' ? 'copy /y' : 'xcopy /e /i /q /y';
    return shellText(`${command} && ${copy} "${from.replaceAll('/', '\\')}" "${to}"`);
  }
  return shellText(`${command} && cp ${what === 'file' ? '' : '-R '}"${from}" "${to}"`);
}

/** Checks that a name can stand in a shell's text as it is. */
export function isPlainName(name: string): boolean {
  return /^[\w.+-]+$/.test(name);
}

export type MainClass =
  | { readonly kind: 'found'; readonly name: string }
  | { readonly kind: 'none' }
  | { readonly kind: 'several'; readonly names: readonly string[] };

/** Finds the class with the method main below `src/main` of a project of Maven or Gradle. */
export async function findMainClass(
  project: ProjectFolder,
  folder: string,
  projectName: string | null,
): Promise<MainClass> {
  const names: string[] = [];
  for (const sources of ['src/main/java', 'src/main/kotlin']) {
    for (const file of await listSources(project, posix.join(folder, sources))) {
      const name = mainClassOf(file, await project.head(file));
      if (name !== null) names.push(name);
    }
  }
  const [first] = names;
  if (first === undefined) return { kind: 'none' };
  const choice = chooseProgram(names, (name) => name.split('.').at(-1) ?? name, projectName);
  return choice === null ? { kind: 'several', names } : { kind: 'found', name: choice.chosen };
}

/** Files of Java and Kotlin below a folder, nearest first. */
async function listSources(project: ProjectFolder, top: string): Promise<readonly string[]> {
  if (!(await project.hasFolder(top))) return [];
  const sources: string[] = [];
  const folders = [top];
  for (let at = 0; at < folders.length && sources.length < MOST_SOURCES; at++) {
    const folder = folders[at] ?? top;
    for (const file of await project.files(folder)) {
      if (/\.(?:java|kt)$/.test(file)) sources.push(posix.join(folder, file));
    }
    folders.push(...(await project.folders(folder)).map((name) => posix.join(folder, name)));
  }
  return sources.slice(0, MOST_SOURCES);
}

function mainClassOf(file: string, text: string): string | null {
  const source = text.replaceAll(/\/\*[\s\S]*?\*\/|^\s*\/\/.*$/gm, '');
  const folder = /^\s*package\s+([\w.]+)/m.exec(source)?.[1];
  const prefix = folder === undefined ? '' : `${folder}.`;
  if (file.endsWith('.java')) {
    const hasMain = /\bstatic\s+(?:final\s+)?void\s+main\s*\(/.test(source);
    return hasMain ? prefix + posix.basename(file, '.java') : null;
  }
  // The file's own class: `Main.kt` becomes `MainKt`.
  if (!/^(?:suspend\s+)?fun\s+main\s*\(/m.test(source)) return null;
  const name = posix.basename(file, '.kt');
  const given = /^@file:JvmName\("(\w+)"\)/m.exec(source)?.[1];
  return prefix + (given ?? `${name.charAt(0).toUpperCase()}${name.slice(1)}Kt`);
}

/** What is needed in PATH besides the build tool. */
export function jvmTools({ tools }: BuildTool): readonly string[] {
  return [...tools, 'java'];
}
