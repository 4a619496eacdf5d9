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
import { parseToml, table, textOf, textsOf } from './toml.js';

const MANIFEST = 'Cargo.toml';

/** Members of a workspace that are looked at. */
const MOST_MEMBERS = 40;

type Toml = Readonly<Record<string, unknown>>;

/** A binary target. */
interface Binary {
  readonly name: string;
  readonly packageName: string;
  /** Folder of its package: `.`, `crates/game`. */
  readonly folder: string;
  readonly requiredFeatures: readonly string[];
  /** The package says `default-run`. */
  readonly isDefault: boolean;
}

/**
 * What `cargo run` starts instead of the program: a copy to the artifact. Only cargo knows where it put the program (workspaces,
 * `target-dir`, `--target`), and in this way no shell is needed. The copy leaves an earlier generation's file alone, so that it
 * can be started again, and lets cargo overwrite its own.
 */
const COPY_RUNNER =
  process.platform === 'win32'
    ? "target.'cfg(all())'.runner=['cmd','/c','copy','/y']"
    : "target.'cfg(all())'.runner='cp'";

/** Projects that are built by cargo. */
export const rust: Language = {
  name: 'Rust',
  looksFor: ['Cargo.toml with a binary target, also in a workspace'],
  besideOthers: 'a Cargo.toml beside another project mostly builds a part of it',
  async detect(project): Promise<Detection> {
    const text = await project.read(MANIFEST);
    if (text === null) return NOTHING_FOUND;
    const manifest = await parseToml(text);
    if (manifest === null) return rejected('Cargo.toml is not valid TOML.');
    const own = await readBinaries(project, '.', manifest);
    const binaries = own.length > 0 ? own : await readMembers(project, manifest);
    if (binaries.length === 0)
      return rejected('Cargo.toml: no package has a binary target: it is a library.');
    const defaults = binaries.filter(({ isDefault }) => isDefault);
    const choice = chooseProgram(
      defaults.length === 1 ? defaults : binaries,
      ({ name }) => name,
      textOf(table(manifest, 'package').name),
    );
    if (choice === null) {
      return rejected(
        `Cargo.toml: there are several programs (${listNames(binaries.map(({ name }) => name))}), and none is guessed: name one, such as croupier dev -- ${runByHand(binaries[0]).display}.`,
      );
    }
    const others = binaries.filter((one) => one !== choice.chosen);
    return found(await toCandidate(project, choice.chosen, others));
  },
};

async function toCandidate(
  project: ProjectFolder,
  binary: Binary,
  others: readonly Binary[],
): Promise<Candidate> {
  const [other] = others;
  const hasBuildScript = await project.hasFile(posix.join(binary.folder, 'build.rs'));
  return makeCandidate({
    language: rust.name,
    marker: MANIFEST,
    source: `${posix.join(binary.folder, MANIFEST)}, binary ${binary.name}`,
    command: words(PROGRAM),
    build: build(
      words('cargo', 'run', '--quiet', ...selection(binary), '--config', COPY_RUNNER, '--', PROGRAM),
    ),
    byHand: runByHand(binary),
    // Not .lock: cargo writes Cargo.lock itself when a manifest has changed. A build script mostly compiles .proto files.
    extensions: ['.rs', '.toml', ...TEMPLATE_EXTENSIONS, ...(hasBuildScript ? ['.proto'] : [])],
    ignore: ['target/', '/tests/', '/benches/', '/examples/', '/*/tests/', '/*/*/tests/'],
    tools: ['cargo'],
    explanation: sentences(
      'cargo copies the program to {artifact} instead of running it, so that an earlier one can be started again.',
      other === undefined
        ? null
        : `There is ${listNames(others.map(({ name }) => name))} as well: croupier dev -- ${runByHand(other).display}.`,
    ),
  });
}

function runByHand(binary: Binary | undefined) {
  return words('cargo', 'run', '--quiet', ...(binary === undefined ? [] : selection(binary)));
}

function selection({ name, packageName, folder, requiredFeatures }: Binary): readonly string[] {
  return [
    ...(folder === '.' ? [] : ['--package', packageName]),
    '--bin',
    name,
    ...(requiredFeatures.length === 0 ? [] : ['--features', requiredFeatures.join(',')]),
  ];
}

/** The binaries of the workspace's members; of its default members where it names some. */
async function readMembers(project: ProjectFolder, manifest: Toml): Promise<readonly Binary[]> {
  const workspace = table(manifest, 'workspace');
  const defaults = textsOf(workspace['default-members']);
  const patterns = defaults.length > 0 ? defaults : textsOf(workspace.members);
  const excluded = new Set(textsOf(workspace.exclude));
  const folders = new Set<string>();
  for (const pattern of patterns) {
    for (const folder of await expandMember(project, pattern)) if (!excluded.has(folder)) folders.add(folder);
  }
  const binaries: Binary[] = [];
  for (const folder of [...folders].slice(0, MOST_MEMBERS)) {
    const text = await project.read(posix.join(folder, MANIFEST));
    const member = text === null ? null : await parseToml(text);
    if (member !== null) binaries.push(...(await readBinaries(project, folder, member)));
  }
  return binaries;
}

/** `crates/*` is each folder in crates; other patterns are left to cargo and name nothing here. */
async function expandMember(project: ProjectFolder, pattern: string): Promise<readonly string[]> {
  const path = posix.normalize(pattern).replace(/\/$/, '');
  if (posix.basename(path) !== '*') return path.includes('*') || path.startsWith('..') ? [] : [path];
  const parent = posix.dirname(path);
  return (await project.folders(parent)).map((name) => posix.join(parent, name));
}

/** The binaries of one package: the listed ones, and those that cargo finds by their place. */
async function readBinaries(
  project: ProjectFolder,
  folder: string,
  manifest: Toml,
): Promise<readonly Binary[]> {
  const settings = table(manifest, 'package');
  const packageName = textOf(settings.name);
  if (packageName === null) return [];
  const defaultRun = textOf(settings['default-run']);
  const listed = (Array.isArray(manifest.bin) ? manifest.bin : []).flatMap((one) => {
    const name = textOf(table(one).name);
    return name === null ? [] : [{ name, requiredFeatures: textsOf(table(one)['required-features']) }];
  });
  const names = new Set(listed.map(({ name }) => name));
  const placed = settings.autobins === false ? [] : await findPlaced(project, folder, packageName);
  // A file that a listed binary names as its path is no second binary.
  const paths = new Set(
    (Array.isArray(manifest.bin) ? manifest.bin : []).map((one) => textOf(table(one).path)),
  );
  const more = placed
    .filter(({ name, path }) => !names.has(name) && !paths.has(path))
    .map(({ name }) => ({ name, requiredFeatures: [] }));
  return [...listed, ...more].map((binary) => ({
    ...binary,
    packageName,
    folder,
    isDefault: binary.name === defaultRun,
  }));
}

async function findPlaced(
  project: ProjectFolder,
  folder: string,
  packageName: string,
): Promise<readonly { readonly name: string; readonly path: string }[]> {
  const placed: { name: string; path: string }[] = [];
  if (await project.hasFile(posix.join(folder, 'src/main.rs'))) {
    placed.push({ name: packageName, path: 'src/main.rs' });
  }
  const place = posix.join(folder, 'src/bin');
  if (!(await project.hasFolder(place))) return placed;
  for (const file of await project.files(place)) {
    if (file.endsWith('.rs')) placed.push({ name: posix.basename(file, '.rs'), path: `src/bin/${file}` });
  }
  for (const name of await project.folders(place)) {
    if (await project.hasFile(posix.join(place, name, 'main.rs'))) {
      placed.push({ name, path: `src/bin/${name}/main.rs` });
    }
  }
  return placed;
}
