import { type PackageJson, parseJsonObject } from '../package-json.js';
import { build, makeCandidate, words } from './candidate.js';
import type { Candidate } from './language.js';
import { findProgram } from './node-package.js';
import { type FrameworkScript, parseScript } from './node-script.js';
import type { ProjectFolder } from './project-folder.js';

/** What of a restart Next needs itself: everything else it loads again without one. */
const NEXT_FILES = ['/next.config.*', '/package.json', '/instrumentation.*', '/tsconfig.json', '/.env*'];

/** A script that a framework's own program serves; why not, where it cannot. */
export async function frameworkCandidate(
  project: ProjectFolder,
  manifest: PackageJson,
  source: string,
  script: FrameworkScript,
): Promise<Candidate | string> {
  return script.kind === 'nest' ? nest(project, manifest, source) : next(project, source, script.words);
}

/** `nest start --watch` compiles and starts: here these are the build and the command. */
async function nest(
  project: ProjectFolder,
  manifest: PackageJson,
  source: string,
): Promise<Candidate | string> {
  const program = await findProgram(project, '@nestjs/cli', 'nest');
  if (program === null) return 'it needs @nestjs/cli, which is not installed';
  const settings = parseJsonObject((await project.read('nest-cli.json')) ?? '') ?? {};
  if (settings.monorepo === true) return 'nest-cli.json has several applications, and none is guessed';
  const entryFile = typeof settings.entryFile === 'string' ? settings.entryFile : 'main';
  const production = parseScript(manifest.scripts['start:prod'] ?? '');
  const entry = production.kind === 'file' ? production.entry : `dist/${entryFile}`;
  return makeCandidate({
    language: 'Node',
    marker: 'package.json',
    source: `${source}, Nest`,
    command: words('node', '--enable-source-maps', entry),
    build: build(words('node', program, 'build')),
    ignore: ['/dist/', '/test/', '*.spec.ts'],
    tools: ['node'],
    explanation: 'Nest compiles into dist, so there is no artifact to go back to.',
  });
}

/** Next's development server loads changed files by itself, and only one can run in a folder. */
async function next(
  project: ProjectFolder,
  source: string,
  given: readonly string[],
): Promise<Candidate | string> {
  const program = await findProgram(project, 'next');
  if (program === null) return 'it needs next, which is not installed';
  const rest: string[] = [];
  for (let at = 0; at < given.length; at++) {
    const word = given[at] ?? '';
    if (/^(?:-p|--port|-H|--hostname)$/.test(word)) at++;
    else if (!/^--(?:port|hostname)=/.test(word)) rest.push(word);
  }
  return makeCandidate({
    language: 'Node',
    marker: 'package.json',
    source: `${source}, Next`,
    command: words('node', program, 'dev', ...rest, '-H', '127.0.0.1', '-p', '{port}'),
    ignore: ['/*', ...NEXT_FILES.map((pattern) => `!${pattern}`)],
    strategy: 'stop-first',
    tools: ['node'],
    explanation:
      'Next loads changed files by itself: it is restarted only when its own configuration changes.',
  });
}
