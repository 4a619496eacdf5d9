import { build, found, listNames, makeCandidate, rejected, sentences, words } from './candidate.js';
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
import { type Pom, readPom } from './pom.js';
import type { ProjectFolder } from './project-folder.js';
import { elementsAt } from './xml.js';

const BOOT_PLUGIN = 'spring-boot-maven-plugin';

/** Plugins that put the dependencies into the jar. */
const SHADE_PLUGIN = 'maven-shade-plugin';

/** Modules of a project that are looked at. */
const MOST_MODULES = 30;

/** What every build gets: no talk and no tests. */
const QUIET = ['-q', '-B', '-ntp'];

/** Projects with a pom.xml whose sources are of one language. */
export async function detectMaven(project: ProjectFolder, language: JvmLanguage): Promise<Detection> {
  const root = await readPom(project, '.');
  if (root === null) return NOTHING_FOUND;
  if (root === 'broken') {
    return language === 'Java' ? rejected('pom.xml is not the XML of a project.') : NOTHING_FOUND;
  }
  const programs = root.modules.length > 0 ? await readModules(project, root) : [root];
  const [pom, ...others] = programs;
  if (pom === undefined) {
    return language === 'Java'
      ? rejected('pom.xml: none of its modules says that it is a program (Spring Boot, or a main class).')
      : NOTHING_FOUND;
  }
  if ((pom.isKotlin || root.isKotlin) !== (language === 'Kotlin')) return NOTHING_FOUND;
  if (others.length > 0) {
    return rejected(
      `pom.xml: several modules are programs (${listNames(programs.map(({ folder }) => folder))}), and none is guessed: set "command" and "build" in croupier.config.json.`,
    );
  }
  const tool = await findBuildTool(project, 'mvnw', 'mvn');
  const made = pom.plugins.has(BOOT_PLUGIN)
    ? bootCandidate(pom, language, tool)
    : await plainCandidate(project, pom, language, tool);
  return typeof made === 'string' ? rejected(made) : found(made);
}

/** The modules that are programs. */
async function readModules(project: ProjectFolder, root: Pom): Promise<readonly Pom[]> {
  const programs: Pom[] = [];
  for (const module of root.modules.slice(0, MOST_MODULES)) {
    const pom = await readPom(project, module);
    if (pom === null || pom === 'broken' || pom.modules.length > 0) continue;
    if (pom.plugins.has(BOOT_PLUGIN) || pom.mainClass !== null) programs.push(pom);
  }
  return programs;
}

/** Spring Boot: one jar with everything in it. */
function bootCandidate(pom: Pom, language: JvmLanguage, tool: BuildTool): Candidate {
  const base = baseCandidate(pom, language, tool);
  const port = '--server.port={port}';
  const runByHand = words(
    ...tool.words,
    ...QUIET,
    ...moduleWords(pom),
    'spring-boot:run',
    `-Dspring-boot.run.arguments=${port}`,
  );
  if (pom.jar === null) {
    return makeCandidate({
      ...base,
      source: `${base.source}, Spring Boot`,
      command: runByHand,
      explanation: `The jar's name depends on what pom.xml does not say by itself, so Maven runs the program: a start takes longer, and there is no artifact to go back to.`,
    });
  }
  return makeCandidate({
    ...base,
    source: `${base.source}, Spring Boot`,
    command: words(...startJava('-jar', '{artifact}.jar', port)),
    build: build(buildAndCopy(packageWords(pom, tool, bootGoals(pom)), pom.jar, '{artifact}.jar', 'file')),
    byHand: runByHand,
  });
}

/** Its goal is part of `package` where the parent or the plugin says so; else it has to be asked for. */
function bootGoals(pom: Pom): readonly string[] {
  const plugin = pom.plugins.get(BOOT_PLUGIN) ?? null;
  const goals = elementsAt(plugin, 'executions/execution/goals/goal').map(({ text }) => text);
  return pom.inheritsFromBoot || goals.includes('repackage') ? [] : ['spring-boot:repackage'];
}

async function plainCandidate(
  project: ProjectFolder,
  pom: Pom,
  language: JvmLanguage,
  tool: BuildTool,
): Promise<Candidate | string> {
  if (pom.packaging !== 'jar') return `pom.xml makes a ${pom.packaging}, which does not run by itself.`;
  if (pom.jar === null) {
    return 'pom.xml: the name of the jar depends on what it does not say by itself: set "command" and "build" in croupier.config.json.';
  }
  const main =
    pom.mainClass === null ? await findMainClass(project, pom.folder, pom.artifactId) : pom.mainClass;
  if (typeof main !== 'string' && main.kind !== 'found') {
    return main.kind === 'none'
      ? 'pom.xml: there is no class with a method main below src/main: it is a library.'
      : `pom.xml: several classes have a method main (${listNames(main.names)}), and none is guessed.`;
  }
  const mainClass = typeof main === 'string' ? main : main.name;
  const base = baseCandidate(pom, language, tool);
  const parts = { ...base, source: `${base.source}, main class ${mainClass}` };
  if (!pom.needsOtherJars || pom.plugins.has(SHADE_PLUGIN)) {
    return makeCandidate({
      ...parts,
      command: words(...startJava('-cp', '{artifact}.jar', mainClass)),
      build: build(buildAndCopy(packageWords(pom, tool), pom.jar, '{artifact}.jar', 'file')),
    });
  }
  const copyOthers = [
    'dependency:copy-dependencies',
    '-DincludeScope=runtime',
    '-DoutputDirectory="{artifact}"',
  ];
  return makeCandidate({
    ...parts,
    command: words(...startJava('-cp', '{artifact}/*', mainClass)),
    build: build(buildAndCopy(packageWords(pom, tool, copyOthers), pom.jar, '{artifact}', 'file')),
    explanation: sentences(
      'The jars that it needs are copied beside its own, by the dependency plugin of Maven.',
    ),
  });
}

function baseCandidate(pom: Pom, language: JvmLanguage, tool: BuildTool) {
  return {
    language,
    marker: 'pom.xml',
    source: pom.folder === '.' ? 'pom.xml' : `${pom.folder}/pom.xml`,
    extensions: jvmExtensions(language),
    ignore: JVM_IGNORE,
    tools: jvmTools(tool),
  };
}

/** Up to the jar. A project of several modules may share test jars, which have to be built to be found. */
function packageWords(pom: Pom, tool: BuildTool, goals: readonly string[] = []): readonly string[] {
  const skipTests = pom.folder === '.' ? '-Dmaven.test.skip=true' : '-DskipTests';
  return [...tool.words, ...QUIET, skipTests, ...moduleWords(pom), 'package', ...goals];
}

function moduleWords({ folder }: Pom): readonly string[] {
  return folder === '.' ? [] : ['-pl', folder, '-am'];
}
