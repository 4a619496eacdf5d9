import { posix } from 'node:path';
import type { ProjectFolder } from './project-folder.js';

/** Modules that hold an application by custom, the likeliest first. */
const MODULES = ['main', 'app', 'server', 'asgi', 'api', 'wsgi', 'application', 'run', '__init__'];

/** Folders of a project that hold nothing of its application. */
export const OTHER_FOLDERS: ReadonlySet<string> = new Set([
  'tests',
  'test',
  'docs',
  'examples',
  'scripts',
  'migrations',
  'static',
  'templates',
  'build',
  'dist',
]);

/** Packages that are looked into. */
const MOST_PACKAGES = 20;

/** Classes whose instances are applications that uvicorn serves. */
const ASGI =
  /^(\w+)\s*(?::\s*[\w.]+\s*)?=\s*(?:[\w.]+\.)?(?:FastAPI|Starlette|Litestar|Quart|ASGIApp|get_asgi_application)\s*\(/m;

const FLASK = /^(\w+)\s*(?::\s*[\w.]+\s*)?=\s*(?:[\w.]+\.)?Flask\s*\(/m;

/** A function that makes an application, with its parameters. */
const FACTORY = /^def\s+(create_app|make_app|get_app|create_application)\s*\(([^)]*)\)/m;

/** An application that such a function made. */
const MADE =
  /^(\w+)\s*(?::\s*[\w.]+\s*)?=\s*(?:\w+\.)?(?:create_app|make_app|get_app|create_application)\s*\(/m;

const FRAMEWORKS = ['FastAPI', 'Starlette', 'Litestar', 'Quart', 'Flask'];

/** Also as a package is called: `fastapi`. */
const FRAMEWORK = new RegExp(`\\b(${FRAMEWORKS.join('|')})\\b`, 'i');

export interface PythonApp {
  readonly framework: 'ASGI' | 'Flask';
  /** Name of what it is built with, for people. */
  readonly builtWith: string;
  /** Relative to the project. */
  readonly file: string;
  /** Folder that modules are found in, `.` or `src`. */
  readonly root: string;
  /** As Python imports it: `game.main`. */
  readonly module: string;
  /** The application in the module, or the function that makes it. */
  readonly object: string;
  readonly isFactory: boolean;
}

interface Module {
  readonly file: string;
  readonly root: string;
  readonly module: string;
}

/** Finds the object that a server of Python serves. `requirements` is text that names what has to be installed. */
export async function findPythonApp(project: ProjectFolder, requirements: string): Promise<PythonApp | null> {
  let factory: PythonApp | null = null;
  for (const module of await listModules(project)) {
    const source = withoutTexts(await project.head(module.file));
    const app = readApp(source, module) ?? readMade(source, requirements, module);
    if (app !== null) return app;
    factory ??= readFactory(source, module);
  }
  return factory;
}

function readApp(source: string, module: Module): PythonApp | null {
  const asgi = ASGI.exec(source);
  if (asgi?.[1] !== undefined) {
    const builtWith = /FastAPI|Starlette|Litestar|Quart/.exec(asgi[0])?.[0] ?? 'ASGI';
    return { ...module, framework: 'ASGI', builtWith, object: asgi[1], isFactory: false };
  }
  const flask = FLASK.exec(source)?.[1];
  if (flask === undefined) return null;
  return { ...module, framework: 'Flask', builtWith: 'Flask', object: flask, isFactory: false };
}

/** Its framework is named where it is made, which can be another file; the requirements name it as well. */
function readMade(source: string, requirements: string, module: Module): PythonApp | null {
  const object = MADE.exec(source)?.[1];
  const builtWith = (FRAMEWORK.exec(source) ?? FRAMEWORK.exec(requirements))?.[1];
  return object === undefined || builtWith === undefined
    ? null
    : { ...module, ...frameworkOf(builtWith), object, isFactory: false };
}

/** A server can call it only without arguments. */
function readFactory(source: string, module: Module): PythonApp | null {
  const [, object, parameters = ''] = FACTORY.exec(source) ?? [];
  const builtWith = FRAMEWORK.exec(source)?.[1];
  if (object === undefined || builtWith === undefined) return null;
  const needsArguments = parameters
    .split(',')
    .map((one) => one.trim())
    .some((one) => one !== '' && !one.includes('=') && !/^[*/]/.test(one));
  return needsArguments ? null : { ...module, ...frameworkOf(builtWith), object, isFactory: true };
}

function frameworkOf(builtWith: string): Pick<PythonApp, 'framework' | 'builtWith'> {
  const name = FRAMEWORKS.find((one) => one.toLowerCase() === builtWith.toLowerCase()) ?? builtWith;
  return { framework: name === 'Flask' ? 'Flask' : 'ASGI', builtWith: name };
}

/** In the folder, in its packages, and in `src` in the same way. */
async function listModules(project: ProjectFolder): Promise<readonly Module[]> {
  const modules = await listModulesIn(project, '.', '.');
  if (!(await project.hasFolder('src'))) return modules;
  // Where src is a package itself, modules are named from above it.
  const root = (await project.hasFile('src/__init__.py')) ? '.' : 'src';
  return [...modules, ...(await listModulesIn(project, 'src', root))];
}

async function listModulesIn(
  project: ProjectFolder,
  folder: string,
  root: string,
): Promise<readonly Module[]> {
  const folders = (await project.folders(folder)).filter(
    (name) => !OTHER_FOLDERS.has(name) && name !== 'src',
  );
  const places = [folder, ...folders.slice(0, MOST_PACKAGES).map((name) => posix.join(folder, name))];
  const modules: Module[] = [];
  for (const place of places) {
    const files = new Set(await project.files(place));
    for (const name of MODULES) {
      // The package of a project's own folder has no name to import it by.
      if (!files.has(`${name}.py`) || (name === '__init__' && place === root)) continue;
      modules.push({ file: posix.join(place, `${name}.py`), root, module: moduleName(place, name, root) });
    }
  }
  return modules;
}

function moduleName(place: string, name: string, root: string): string {
  const folder = posix.relative(root, place);
  const path = name === '__init__' ? folder : posix.join(folder, name);
  return path.replaceAll('/', '.');
}

/** Sources without docstrings, which often show how something is used. */
function withoutTexts(source: string): string {
  return source.replaceAll(/"""[\s\S]*?"""|'''[\s\S]*?'''/g, '""');
}
