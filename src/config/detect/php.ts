import { parseJsonObject } from '../package-json.js';
import type { ReadyConfig } from '../types.js';
import { check, found, makeCandidate, rejected, words } from './candidate.js';
import { type Detection, type Language, NOTHING_FOUND } from './language.js';
import type { ProjectFolder } from './project-folder.js';
import { probeAt } from './ready-probe.js';

const MARKER = 'composer.json';

/** Folders that hold what a web server may show. */
const WEB_FOLDERS = ['public', 'web', 'htdocs', 'www', 'webroot'];

/** Packages with a server of their own: the program listens by itself. */
const SERVER_PACKAGES =
  /^(?:react\/http|react\/socket|workerman\/|amphp\/http-server|openswoole\/|cboden\/ratchet|spiral\/roadrunner-grpc)/;

const SERVER_SOURCE = /\b(?:Open)?Swoole\\|\bReact\\|\bWorkerman\\|\bAmp\\|\bRatchet\\/;

const ENTRIES = [
  'server.php',
  'bin/server.php',
  'bin/server',
  'main.php',
  'app.php',
  'src/server.php',
  'index.php',
];

const COMMON = {
  language: 'PHP',
  extensions: ['.php', '.phtml', '.inc', '.twig', '.yaml', '.yml', '.ini', '.xml'],
  ignore: ['vendor/', '/storage/', '/var/', '/bootstrap/cache/', '/public/build/', '/tests/'],
  tools: ['php'],
} as const;

/** Projects of PHP: by their framework, by a server of their own, or by PHP's built-in server. */
export const php: Language = {
  name: 'PHP',
  looksFor: [
    'artisan',
    'public/index.php',
    'composer.json with a server, such as React or Workerman',
    'index.php',
  ],
  besideOthers: 'PHP beside another project is mostly a part of it',
  async detect(project): Promise<Detection> {
    const hasComposer = await project.hasFile(MARKER);
    if (await project.hasFile('artisan')) return found(await laravel(project));
    const server = await findServer(project);
    if (server !== null) {
      return found(
        makeCandidate({
          ...COMMON,
          marker: hasComposer ? MARKER : server,
          source: `${server}, a server of its own`,
          command: words('php', server),
          build: check('php', '-l', server),
        }),
      );
    }
    const web = await findWebFolder(project);
    if (web === null) {
      return hasComposer
        ? rejected('composer.json: there is neither a server nor an index.php in the folder, public or web.')
        : NOTHING_FOUND;
    }
    const index = web === '.' ? 'index.php' : `${web}/index.php`;
    return found(
      makeCandidate({
        ...COMMON,
        marker: hasComposer ? MARKER : index,
        strength: hasComposer || web !== '.' ? 'certain' : 'likely',
        source: `${index}, PHP's built-in server`,
        command: words('php', '-S', '127.0.0.1:{port}', '-t', web),
        build: check('php', '-l', index),
        explanation: "PHP's built-in server answers one call at a time unless PHP_CLI_SERVER_WORKERS is set.",
      }),
    );
  },
};

async function laravel(project: ProjectFolder) {
  return makeCandidate({
    ...COMMON,
    marker: 'artisan',
    source: 'artisan, Laravel',
    // --no-reload: artisan would watch .env and restart by itself; with it, the environment reaches the workers as well.
    command: words('php', 'artisan', 'serve', '--host=127.0.0.1', '--port={port}', '--no-reload'),
    build: check('php', '-l', 'public/index.php'),
    ready: await healthRoute(project),
  });
}

/** The port is open before a line of PHP was read; the health route of Laravel says whether the application boots. */
async function healthRoute(project: ProjectFolder): Promise<ReadyConfig | null> {
  const text = await project.read('bootstrap/app.php');
  const path = /\bhealth:\s*['"](\/[\w/-]*)['"]/.exec(text ?? '')?.[1];
  return path === undefined ? null : probeAt(path);
}

async function findServer(project: ProjectFolder): Promise<string | null> {
  const required = requiredPackages(await project.read(MARKER));
  const entry = await project.firstFile(ENTRIES);
  if (entry === null) return null;
  const isServer = required.some((name) => SERVER_PACKAGES.test(name)) && entry !== 'index.php';
  return isServer || SERVER_SOURCE.test(await project.head(entry)) ? entry : null;
}

function requiredPackages(text: string | null): readonly string[] {
  const manifest = text === null ? null : parseJsonObject(text);
  const required = manifest?.require;
  return typeof required === 'object' && required !== null ? Object.keys(required) : [];
}

async function findWebFolder(project: ProjectFolder): Promise<string | null> {
  for (const folder of WEB_FOLDERS) if (await project.hasFile(`${folder}/index.php`)) return folder;
  return (await project.hasFile('index.php')) ? '.' : null;
}
