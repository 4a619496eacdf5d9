import { posix } from 'node:path';
import type { ProjectFolder } from './project-folder.js';
import { elementsAt, parseXml, textAt, type XmlElement } from './xml.js';

/** Scopes of dependencies that are not needed to run. */
const NOT_AT_RUN_TIME: ReadonlySet<string> = new Set(['test', 'provided', 'system', 'import']);

/** What of a pom.xml says how its project is run. */
export interface Pom {
  /** Relative to the project: `.`, `server`. */
  readonly folder: string;
  readonly artifactId: string | null;
  readonly modules: readonly string[];
  readonly packaging: string;
  /** Path of the jar that `package` makes, relative to the project; null: it depends on what the file does not say. */
  readonly jar: string | null;
  /** Plugins that take part in the build, by artifact id. */
  readonly plugins: ReadonlyMap<string, XmlElement>;
  /** Main class by a plugin's configuration or a usual property. */
  readonly mainClass: string | null;
  readonly inheritsFromBoot: boolean;
  readonly needsOtherJars: boolean;
  readonly isKotlin: boolean;
}

/** Reads the pom.xml in a folder; null where there is none, `broken` where it is not one. */
export async function readPom(project: ProjectFolder, folder: string): Promise<Pom | 'broken' | null> {
  const text = await project.read(posix.join(folder, 'pom.xml'));
  if (text === null) return null;
  const root = parseXml(text);
  if (root === null || root.name !== 'project') return 'broken';
  const plugins = new Map(
    elementsAt(root, 'build/plugins/plugin').map((plugin) => [textAt(plugin, 'artifactId') ?? '', plugin]),
  );
  const values = propertyValues(root);
  const artifactId = textAt(root, 'artifactId');
  const parents = elementsAt(root, 'parent');
  return {
    folder,
    artifactId,
    modules: elementsAt(root, 'modules/module').map((module) => module.text),
    packaging: textAt(root, 'packaging') ?? 'jar',
    jar: jarPath(root, folder, values),
    plugins,
    mainClass: findMain(root, plugins, values),
    inheritsFromBoot: parents.some((parent) => textAt(parent, 'artifactId') === 'spring-boot-starter-parent'),
    needsOtherJars: elementsAt(root, 'dependencies/dependency').some(
      (dependency) => !NOT_AT_RUN_TIME.has(textAt(dependency, 'scope') ?? 'compile'),
    ),
    isKotlin: plugins.has('kotlin-maven-plugin'),
  };
}

type Values = ReadonlyMap<string, string>;

function propertyValues(root: XmlElement): Values {
  const values = new Map(
    elementsAt(root, 'properties').flatMap(({ children }) =>
      children.map(({ name, text }): [string, string] => [name, text]),
    ),
  );
  for (const key of ['artifactId', 'version', 'groupId']) {
    const value = textAt(root, key) ?? textAt(root, `parent/${key}`);
    if (value !== null) values.set(`project.${key}`, value);
  }
  return values;
}

/** Fills `${name}`; null where a name is not known here. */
function fill(text: string | null, values: Values, depth = 0): string | null {
  if (text === null || !text.includes('${')) return text;
  if (depth > 5) return null;
  let isKnown = true;
  const filled = text.replaceAll(/\$\{([^}]+)\}/g, (_, name: string) => {
    const value = values.get(name);
    if (value === undefined) isKnown = false;
    return value ?? '';
  });
  return isKnown ? fill(filled, values, depth + 1) : null;
}

function jarPath(root: XmlElement, folder: string, values: Values): string | null {
  const given = textAt(root, 'build/finalName');
  const artifactId = fill(values.get('project.artifactId') ?? null, values);
  const version = fill(values.get('project.version') ?? null, values);
  const usual = artifactId === null || version === null ? null : `${artifactId}-${version}`;
  const name = given === null ? usual : fill(given, values);
  const place = fill(textAt(root, 'build/directory') ?? 'target', values);
  return name === null || place === null ? null : posix.join(folder, place, `${name}.jar`);
}

/** Where plugins that make or run a jar have the name of its main class. */
function findMain(root: XmlElement, plugins: ReadonlyMap<string, XmlElement>, values: Values): string | null {
  const paths = ['configuration', 'executions/execution/configuration'].flatMap((place) => [
    `${place}/mainClass`,
    `${place}/archive/manifest/mainClass`,
    `${place}/transformers/transformer/mainClass`,
  ]);
  for (const plugin of plugins.values()) {
    for (const path of paths) {
      const name = fill(textAt(plugin, path), values);
      if (name !== null) return name;
    }
  }
  for (const property of ['exec.mainClass', 'main.class', 'mainClass', 'start-class']) {
    const name = fill(textAt(root, `properties/${property}`), values);
    if (name !== null) return name;
  }
  return null;
}
