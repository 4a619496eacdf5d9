import { basename, posix } from 'node:path';
import { isPlainName } from './jvm.js';
import type { ProjectFolder } from './project-folder.js';

const BUILD_FILES = ['build.gradle.kts', 'build.gradle'];
const SETTINGS_FILES = ['settings.gradle.kts', 'settings.gradle'];

/** Projects of a build that are looked at. */
const MOST_PROJECTS = 30;

/** What of a build.gradle says how its project is run. The files are programs: only what they say literally is read. */
export interface GradleProject {
  /** The build file, relative to the folder. */
  readonly file: string;
  /** `.`, `app`. */
  readonly folder: string;
  /** What its tasks begin with: empty for the root, `:app:`. */
  readonly path: string;
  readonly kind: 'boot' | 'application' | 'library';
  readonly isKotlin: boolean;
  readonly mainClass: string | null;
  /** Name of the jar that Spring Boot's plugin makes; null: not said literally. */
  readonly jarName: string | null;
  /** Folder in build/install; null: not said literally. */
  readonly installName: string | null;
  /** The start script adds options of the JVM. */
  readonly hasJvmArguments: boolean;
}

/** The root project and those that the settings include. Empty where the folder is no build of Gradle. */
export async function readGradleProjects(project: ProjectFolder): Promise<readonly GradleProject[]> {
  const settingsFile = await project.firstFile(SETTINGS_FILES);
  const rootFile = await project.firstFile(BUILD_FILES);
  if (rootFile === null && settingsFile === null) return [];
  const settings = withoutComments(settingsFile === null ? null : await project.read(settingsFile));
  const rootText = withoutComments(rootFile === null ? null : await project.read(rootFile));
  const properties = await project.read('gradle.properties');
  const shared = {
    rootName: rootName(settings) ?? basename(project.path),
    // What the root says for all of its projects, and properties, which every project has.
    version: /\b(?:all|sub)projects\s*\{/.test(rootText) ? readVersion(rootText) : 'none',
    property: /^\s*version\s*[=:]\s*(\S+)/m.exec(properties ?? '')?.[1] ?? null,
  };
  const projects: GradleProject[] = [];
  if (rootFile !== null) projects.push(toProject({ file: rootFile, folder: '.', text: rootText }, shared));
  for (const folder of includedFolders(settings).slice(0, MOST_PROJECTS)) {
    const file = await project.firstFile(BUILD_FILES.map((name) => posix.join(folder, name)));
    if (file === null) continue;
    const text = withoutComments(await project.read(file));
    projects.push(toProject({ file, folder, text }, shared));
  }
  return projects;
}

interface BuildFile {
  readonly file: string;
  readonly folder: string;
  readonly text: string;
}

interface Shared {
  readonly rootName: string;
  readonly version: Version;
  readonly property: string | null;
}

/** `none`: there is none; `unknown`: it is computed. */
type Version = { readonly literal: string } | 'none' | 'unknown';

function toProject({ file, folder, text }: BuildFile, shared: Shared): GradleProject {
  const ownName = folder === '.' ? shared.rootName : posix.basename(folder);
  const installName = literalAfter(text, 'applicationName', ownName);
  return {
    file,
    folder,
    path: folder === '.' ? '' : `:${folder.replaceAll('/', ':')}:`,
    kind: kindOf(text),
    isKotlin:
      hasPlugin(text, ['org.jetbrains.kotlin.jvm', 'org.jetbrains.kotlin']) || KOTLIN_PLUGIN.test(text),
    mainClass: /\bmainClass(?:Name)?\s*(?:=|\.set\s*\()\s*["']([\w.$]+)["']/.exec(text)?.[1] ?? null,
    jarName: jarName(text, ownName, shared),
    installName: installName !== null && isPlainName(installName) ? installName : null,
    hasJvmArguments: /\bapplicationDefaultJvmArgs\b/.test(text),
  };
}

const KOTLIN_PLUGIN = /\bkotlin\s*\(\s*["']jvm["']\s*\)|\blibs\.plugins\.[\w.]*kotlin/i;

const APPLICATION_PLUGIN = /(?:^|[\s;])`?application`?(?=$|[\s;])/;

function kindOf(text: string): GradleProject['kind'] {
  if (
    hasPlugin(text, ['org.springframework.boot']) ||
    /\blibs\.plugins\.[\w.]*spring[\w.]*boot\b(?!.*apply\s+false)/i.test(text)
  ) {
    return 'boot';
  }
  // In Kotlin's notation a plugin of Gradle itself is a word of its own.
  const pluginsBlock = /\bplugins\s*\{([^}]*)\}/.exec(text)?.[1] ?? '';
  const isApplication =
    hasPlugin(text, ['application', 'io.ktor.plugin']) ||
    APPLICATION_PLUGIN.test(pluginsBlock) ||
    /\blibs\.plugins\.[\w.]*ktor\b(?!.*apply\s+false)/.test(text);
  return isApplication ? 'application' : 'library';
}

/** `id 'x'`, `id("x") version "1"`, `apply plugin: 'x'`; not `apply false`, which only fixes a version for other projects. */
function hasPlugin(text: string, ids: readonly string[]): boolean {
  return ids.some((id) => {
    const name = id.replaceAll('.', '\\.');
    return (
      new RegExp(`\\bid\\s*\\(?\\s*["']${name}["'](?!.*apply\\s*\\(?\\s*false)`).test(text) ||
      new RegExp(`\\bapply\\s*\\(?\\s*plugin\\s*[:=]\\s*["']${name}["']`).test(text)
    );
  });
}

function jarName(text: string, ownName: string, shared: Shared): string | null {
  const whole = literalAfter(text, 'archiveFileName', '');
  if (whole === null || whole !== '') return whole !== null && isPlainName(whole) ? whole : null;
  const base = literalAfter(text, 'archiveBaseName', literalAfter(text, 'archivesName', ownName));
  const own = readVersion(text);
  const inherited = own === 'none' ? shared.version : own;
  const version = inherited === 'none' && shared.property !== null ? { literal: shared.property } : inherited;
  if (base === null || version === 'unknown') return null;
  const name = version === 'none' ? `${base}.jar` : `${base}-${version.literal}.jar`;
  return isPlainName(name) ? name : null;
}

/** The literal that a key is set to; `absent` where it is not set at all, null where it is computed. */
function literalAfter(text: string, key: string, absent: string | null): string | null {
  const set = new RegExp(`\\b${key}\\s*(?:=|\\.set\\s*\\()\\s*(?:["']([^"'$]*)["'])?`).exec(text);
  return set === null ? absent : (set[1] ?? null);
}

function readVersion(text: string): Version {
  const set = /^\s*version\s*(?:=\s*)?(?:["']([^"'$]+)["'])?/m.exec(text);
  if (set === null) return 'none';
  return set[1] === undefined ? 'unknown' : { literal: set[1] };
}

function rootName(settings: string): string | null {
  return /\brootProject\.name\s*=\s*["']([^"']+)["']/.exec(settings)?.[1] ?? null;
}

/** `include(":app", "lib:core")` as folders. */
function includedFolders(settings: string): readonly string[] {
  const folders = new Set<string>();
  for (const [, list = ''] of settings.matchAll(/\binclude\s*\(?((?:\s*,?\s*["'][^"']+["'])+)/g)) {
    for (const [, path = ''] of list.matchAll(/["']([^"']+)["']/g)) {
      const folder = path.replace(/^:/, '').replaceAll(':', '/');
      if (/^[\w./-]+$/.test(folder) && !folder.split('/').includes('..')) folders.add(folder);
    }
  }
  return [...folders];
}

/** Comments go, the `//` in an address stays. */
function withoutComments(text: string | null): string {
  return (text ?? '').replaceAll(/\/\*[\s\S]*?\*\//g, '').replaceAll(/(^|[^:"'])\/\/.*$/gm, '$1');
}
