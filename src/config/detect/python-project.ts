import { posix } from 'node:path';
import type { ProjectFolder } from './project-folder.js';
import { parseToml, table, textOf, textsOf } from './toml.js';
import type { Tools } from './tools.js';

/** Files that make a folder a project of Python, the ones that say most first. */
const MARKERS = [
  'pyproject.toml',
  'requirements.txt',
  'Pipfile',
  'setup.py',
  'setup.cfg',
  'manage.py',
  'requirements-dev.txt',
  'requirements/dev.txt',
  'requirements/base.txt',
];

const ENVIRONMENTS = ['.venv', 'venv', 'env'];

/** What Python's packaging files say about running the project. */
export interface PythonProject {
  /** The file that gave it away; null: there is none, only sources. */
  readonly marker: string | null;
  readonly name: string | null;
  /** Entry points, such as `game` -> `game.server:main`. */
  readonly scripts: Readonly<Record<string, string>>;
  /** Text that names what has to be installed. */
  readonly requirements: string;
  /** pyproject.toml is there and cannot be parsed. */
  readonly isBroken: boolean;
}

export async function readPythonProject(project: ProjectFolder): Promise<PythonProject> {
  const marker = await project.firstFile(MARKERS);
  const text = await project.read('pyproject.toml');
  const manifest = text === null ? {} : await parseToml(text);
  const settings = table(manifest, 'project');
  const poetry = table(manifest, 'tool', 'poetry');
  const others = await Promise.all(
    ['requirements.txt', 'Pipfile', 'setup.py', 'setup.cfg', 'requirements/base.txt'].map((file) =>
      project.read(file),
    ),
  );
  return {
    marker,
    name: textOf(settings.name) ?? textOf(poetry.name),
    scripts: Object.fromEntries(
      Object.entries({ ...table(poetry, 'scripts'), ...table(settings, 'scripts') }).filter(
        (entry): entry is [string, string] => typeof entry[1] === 'string',
      ),
    ),
    requirements: [
      ...textsOf(settings.dependencies),
      ...Object.keys(table(poetry, 'dependencies')).map((name) => {
        const extras = textsOf(table(poetry, 'dependencies', name).extras);
        return extras.length === 0 ? name : `${name}[${extras.join(',')}]`;
      }),
      ...others.filter((one) => one !== null),
    ].join('\n'),
    isBroken: manifest === null,
  };
}

/** How the project's Python is started. */
export interface PythonRunner {
  /** The interpreter as words, such as `.venv/bin/python` or `uv run python`. */
  readonly words: readonly string[];
  /** What has to be in PATH for it. */
  readonly tools: readonly string[];
  /** Folder of the programs of a virtual environment in the project; null: there is none. */
  readonly programs: string | null;
  /** Starts a program of the environment; null: only the interpreter can be started. */
  readonly prefix: readonly string[] | null;
}

/**
 * The interpreter of the project's own virtual environment, which starts at once and gets signals itself; else that of the tool
 * whose lock file is there; else the one in PATH, which is an activated environment's where there is one.
 */
export async function findPython(project: ProjectFolder, tools: Tools): Promise<PythonRunner> {
  const isWindows = process.platform === 'win32';
  for (const folder of ENVIRONMENTS) {
    const programs = posix.join(folder, isWindows ? 'Scripts' : 'bin');
    const interpreter = posix.join(programs, isWindows ? 'python.exe' : 'python');
    if (await project.hasFile(interpreter)) {
      return { words: [interpreter], tools: [], programs, prefix: null };
    }
  }
  const tool = await findTool(project);
  if (tool !== null) {
    return { words: [...tool, 'python'], tools: [tool[0]], programs: null, prefix: tool };
  }
  const name = await (isWindows ? tools.prefer('python', 'py') : tools.prefer('python3', 'python'));
  return { words: [name], tools: [name], programs: null, prefix: null };
}

async function findTool(project: ProjectFolder): Promise<readonly [string, string] | null> {
  if (await project.hasFile('uv.lock')) return ['uv', 'run'];
  if (await project.hasFile('poetry.lock')) return ['poetry', 'run'];
  if (await project.hasFile('pdm.lock')) return ['pdm', 'run'];
  if (await project.hasFile('Pipfile')) return ['pipenv', 'run'];
  const manifest = (await project.read('pyproject.toml')) ?? '';
  if (/^\[tool\.uv[.\]]/m.test(manifest)) return ['uv', 'run'];
  return /^\[tool\.poetry[.\]]/m.test(manifest) ? ['poetry', 'run'] : null;
}
