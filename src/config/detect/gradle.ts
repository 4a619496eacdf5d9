import { posix } from 'node:path';
import { build, found, listNames, makeCandidate, rejected, words } from './candidate.js';
import { type GradleProject, readGradleProjects } from './gradle-project.js';
import {
  type BuildTool,
  buildAndCopy,
  findBuildTool,
  findMainClass,
  JVM_IGNORE,
  type JvmLanguage,
  jvmExtensions,
  jvmTools,
  startJava,
} from './jvm.js';
import { type Candidate, type Detection, NOTHING_FOUND } from './language.js';
import type { ProjectFolder } from './project-folder.js';

/** Projects with a build.gradle or build.gradle.kts whose sources are of one language. */
export async function detectGradle(project: ProjectFolder, language: JvmLanguage): Promise<Detection> {
  const all = await readGradleProjects(project);
  const [first] = all;
  if (first === undefined) return NOTHING_FOUND;
  const programs = all.filter(({ kind }) => kind !== 'library');
  const [program, ...others] = programs;
  if (program === undefined) {
    return language === 'Java'
      ? rejected(
          `${first.file}: no project has the plugin application or Spring Boot's, so nothing says how it is run.`,
        )
      : NOTHING_FOUND;
  }
  if (program.isKotlin !== (language === 'Kotlin')) return NOTHING_FOUND;
  if (others.length > 0) {
    return rejected(
      `${first.file}: several projects are programs (${listNames(programs.map(({ folder }) => folder))}), and none is guessed: set "command" and "build" in croupier.config.json.`,
    );
  }
  const tool = await findBuildTool(project, 'gradlew', 'gradle');
  if (program.kind === 'boot') return found(bootCandidate(program, language, tool));
  const made = await applicationCandidate(project, program, language, tool);
  return typeof made === 'string' ? rejected(made) : found(made);
}

/** Spring Boot: one jar with everything in it. */
function bootCandidate(program: GradleProject, language: JvmLanguage, tool: BuildTool): Candidate {
  const base = baseCandidate(program, language, tool);
  const port = '--server.port={port}';
  const runByHand = gradle(tool, program, 'bootRun', `--args=${port}`);
  if (program.jarName === null) {
    return makeCandidate({
      ...base,
      source: `${program.file}, Spring Boot`,
      command: words(...runByHand),
      explanation: `The jar's name depends on what ${program.file} does not say by itself, so Gradle runs the program: a start takes longer, and there is no artifact to go back to.`,
    });
  }
  const jar = posix.join(program.folder, 'build/libs', program.jarName);
  return makeCandidate({
    ...base,
    source: `${program.file}, Spring Boot`,
    command: words(...startJava('-jar', '{artifact}.jar', port)),
    build: build(buildAndCopy(gradle(tool, program, 'bootJar'), jar, '{artifact}.jar', 'file')),
    byHand: words(...runByHand),
  });
}

/** The plugin `application`: a folder with all jars. */
async function applicationCandidate(
  project: ProjectFolder,
  program: GradleProject,
  language: JvmLanguage,
  tool: BuildTool,
): Promise<Candidate | string> {
  const { file, folder, installName } = program;
  if (installName === null) {
    return `${file}: the application's name depends on what it does not say by itself: set "command" and "build" in croupier.config.json.`;
  }
  const main = await mainClassOf(project, program);
  if (main === null) return `${file}: the plugin application is there, but no mainClass.`;
  const installed = posix.join(folder, 'build/install', installName);
  // Started without its script, which is one more program in between, unless the script has something to add.
  const start = program.hasJvmArguments
    ? { command: words(`{artifact}/bin/${installName}`), from: installed }
    : {
        command: words(...startJava('-cp', '{artifact}/*', main, ...portArguments(main))),
        from: posix.join(installed, 'lib'),
      };
  return makeCandidate({
    ...baseCandidate(program, language, tool),
    source: `${file}, main class ${main}`,
    command: start.command,
    build: build(buildAndCopy(gradle(tool, program, 'installDist'), start.from, '{artifact}', 'folder')),
    byHand: words(...gradle(tool, program, 'run')),
  });
}

async function mainClassOf(project: ProjectFolder, program: GradleProject): Promise<string | null> {
  if (program.mainClass !== null) return program.mainClass;
  const main = await findMainClass(project, program.folder, program.installName);
  return main.kind === 'found' ? main.name : null;
}

/** Ktor's own main classes take the port as an argument. */
function portArguments(mainClass: string): readonly string[] {
  return /^io\.ktor\.server\.\w+\.EngineMain$/.test(mainClass) ? ['-port={port}'] : [];
}

function baseCandidate(program: GradleProject, language: JvmLanguage, tool: BuildTool) {
  return {
    language,
    marker: program.file,
    extensions: jvmExtensions(language),
    ignore: JVM_IGNORE,
    tools: jvmTools(tool),
  };
}

function gradle(
  tool: BuildTool,
  { path }: GradleProject,
  task: string,
  ...options: readonly string[]
): readonly string[] {
  return [...tool.words, '-q', '--console=plain', `${path}${task}`, ...options];
}
