import { posix } from 'node:path';
import { check, makeCandidate, sentences, words } from './candidate.js';
import { chooseProgram } from './choose-program.js';
import { type Candidate, type Detection, type Language, NOTHING_FOUND } from './language.js';
import type { ProjectFolder } from './project-folder.js';
import { findPythonApp, OTHER_FOLDERS, type PythonApp } from './python-app.js';
import { findPython, type PythonProject, type PythonRunner, readPythonProject } from './python-project.js';

/** Programs by the names that they usually have. */
const ENTRIES = [
  'main.py',
  'server.py',
  'app.py',
  'run.py',
  '__main__.py',
  'src/main.py',
  'src/server.py',
  'src/app.py',
];

/** Files in the folder that are checked one by one. */
const MOST_FILES = 20;

/** Projects of Python: Django, an application for uvicorn or Flask, or a program. */
export const python: Language = {
  name: 'Python',
  looksFor: [
    'manage.py',
    'an object of FastAPI, Starlette, Litestar, Quart or Flask in main.py, app.py, server.py or a package',
    'scripts of pyproject.toml',
    ...ENTRIES,
  ],
  besideOthers: 'Python beside another project is mostly its scripts',
  async detect(project, tools): Promise<Detection> {
    const settings = await readPythonProject(project);
    const hasSources = (await project.files()).some((name) => name.endsWith('.py'));
    if (settings.marker === null && !hasSources && !(await project.hasFolder('src'))) return NOTHING_FOUND;
    const search: Search = { project, settings, python: await findPython(project, tools) };
    const candidates = [
      await django(search),
      await application(search),
      await script(search),
      await program(search),
    ].filter((one) => one !== null);
    const rejected = settings.isBroken ? ['pyproject.toml is not valid TOML.'] : [];
    if (candidates.length === 0 && settings.marker !== null) {
      rejected.push(
        `${settings.marker}: nothing in the folder, its packages or src looks like an application.`,
      );
    }
    return { candidates, rejected };
  },
};

interface Search {
  readonly project: ProjectFolder;
  readonly settings: PythonProject;
  readonly python: PythonRunner;
}

async function django(search: Search): Promise<Candidate | null> {
  const text = await search.project.read('manage.py');
  if (text === null || !/\bdjango\b/i.test(text)) return null;
  return candidate(search, {
    marker: 'manage.py',
    source: 'manage.py, Django',
    // Its own reloader would be a second process that restarts on the same saves.
    command: interpret(search, 'manage.py', 'runserver', '127.0.0.1:{port}', '--noreload'),
    build: await compileAll(search, ['manage.py']),
  });
}

async function application(search: Search): Promise<Candidate | null> {
  const app = await findPythonApp(search.project, search.settings.requirements);
  if (app === null) return null;
  return candidate(search, {
    marker: search.settings.marker ?? app.file,
    source: `${app.file}, ${app.builtWith}`,
    command: app.framework === 'Flask' ? flask(search, app) : uvicorn(search, app),
    build: await compileAll(search, [app.file]),
    explanation: app.framework === 'Flask' ? null : missingServer(search.settings, app),
  });
}

function uvicorn(search: Search, { module, object, root, isFactory }: PythonApp): Candidate['command'] {
  return interpret(
    search,
    ...['-m', 'uvicorn', `${module}:${object}`, '--host', '127.0.0.1', '--port', '{port}'],
    ...(isFactory ? ['--factory'] : []),
    ...(root === '.' ? [] : ['--app-dir', root]),
  );
}

function flask(search: Search, { module, object, root, file, isFactory }: PythonApp): Candidate['command'] {
  // Flask takes a path as well, and then finds what is beside it.
  const place = root === '.' ? module : file;
  return interpret(
    search,
    ...['-m', 'flask', '--app', isFactory ? `${place}:${object}()` : `${place}:${object}`],
    ...['run', '--host', '127.0.0.1', '--port', '{port}', '--no-reload'],
  );
}

/** FastAPI alone brings no server; `fastapi[standard]` does. */
function missingServer({ requirements, marker }: PythonProject, { builtWith }: PythonApp): string | null {
  if (marker === null || requirements === '' || /\buvicorn\b|fastapi\[(?:standard|all)/.test(requirements))
    return null;
  return `${builtWith} is served by uvicorn, which ${marker} does not name: pip install uvicorn.`;
}

/** An entry point of pyproject.toml, where it can be started. */
async function script(search: Search): Promise<Candidate | null> {
  const { project, settings, python: runner } = search;
  const choice = chooseProgram(Object.keys(settings.scripts), (name) => name, settings.name);
  if (choice === null) return null;
  const name = choice.chosen;
  const installed = runner.programs === null ? null : posix.join(runner.programs, name);
  const command =
    installed !== null && (await project.hasFile(installed))
      ? words(installed)
      : runner.prefix === null
        ? null
        : words(...runner.prefix, name);
  if (command === null) return null;
  return candidate(search, {
    marker: 'pyproject.toml',
    source: `pyproject.toml scripts.${name}`,
    command,
    build: await compileAll(search, []),
  });
}

async function program(search: Search): Promise<Candidate | null> {
  const { project, settings } = search;
  const file = await project.firstFile(ENTRIES);
  const module = file === null ? await runnablePackage(project) : null;
  if (file === null && module === null) return null;
  return candidate(search, {
    marker: settings.marker ?? file ?? `${module}/__main__.py`,
    strength: settings.marker === null ? 'likely' : 'certain',
    source: file ?? `${module}/__main__.py`,
    command: file === null ? interpret(search, '-m', module ?? '') : interpret(search, file),
    build: await compileAll(search, file === null ? [] : [file]),
  });
}

/** A package that `python -m` runs. */
async function runnablePackage(project: ProjectFolder): Promise<string | null> {
  for (const name of await project.folders()) {
    if (/^\w+$/.test(name) && (await project.hasFile(`${name}/__main__.py`))) return name;
  }
  return null;
}

function candidate(
  { python: runner }: Search,
  parts: Pick<Candidate, 'marker' | 'source' | 'command'> & Partial<Candidate>,
): Candidate {
  return makeCandidate({
    language: python.name,
    extensions: [
      '.py',
      '.pyi',
      '.html',
      '.jinja',
      '.jinja2',
      '.j2',
      '.toml',
      '.ini',
      '.cfg',
      '.yaml',
      '.yml',
    ],
    ignore: [
      '__pycache__/',
      '.venv/',
      'venv/',
      'env/',
      '/tests/',
      '/test/',
      '/build/',
      '/dist/',
      '*.egg-info/',
    ],
    tools: runner.tools,
    ...parts,
    explanation: sentences(parts.explanation ?? null),
  });
}

/** -u: what a program prints is seen at once, and not when a buffer is full. */
function interpret({ python: runner }: Search, ...argv: readonly string[]): Candidate['command'] {
  return words(...runner.words, '-u', ...argv);
}

/**
 * Compiles the sources and nothing else: what Python would find in the folder includes its virtual environments. New files in the
 * folder itself are checked from the next start on.
 */
async function compileAll(search: Search, files: readonly string[]): Promise<Candidate['build']> {
  const { project, python: runner } = search;
  const targets = new Set(files);
  for (const name of (await project.files()).filter((one) => one.endsWith('.py')).slice(0, MOST_FILES)) {
    targets.add(name);
  }
  for (const name of await project.folders()) {
    if (OTHER_FOLDERS.has(name)) continue;
    if (name === 'src' || (await project.hasFile(`${name}/__init__.py`))) targets.add(name);
  }
  const top = [...targets].filter((one) => !one.includes('/') || !targets.has(one.split('/')[0] ?? ''));
  return top.length === 0 ? null : check(...runner.words, '-m', 'compileall', '-q', ...top.sort());
}
