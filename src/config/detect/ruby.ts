import { check, found, makeCandidate, rejected, words } from './candidate.js';
import { type Candidate, type Detection, type Language, NOTHING_FOUND } from './language.js';
import type { ProjectFolder } from './project-folder.js';
import { probeAt } from './ready-probe.js';

const ENTRIES = ['server.rb', 'main.rb', 'app.rb', 'bin/server.rb', 'lib/server.rb'];

const COMMON = {
  language: 'Ruby',
  extensions: ['.rb', '.ru', '.erb', '.haml', '.slim', '.yml', '.yaml', '.rake'],
  ignore: ['/log/', '/tmp/', '/vendor/', '/storage/', '/spec/', '/test/', '/public/assets/'],
} as const;

/** Projects of Ruby: Rails, Rack, Sinatra, or a program of their own. */
export const ruby: Language = {
  name: 'Ruby',
  looksFor: ['bin/rails', 'config.ru', 'Gemfile with server.rb, main.rb or app.rb'],
  besideOthers: 'a Gemfile beside another project mostly belongs to its tools',
  async detect(project): Promise<Detection> {
    const gems = await readGems(project);
    if (await project.hasFile('bin/rails')) return found(await rails(project));
    if (await project.hasFile('config.ru')) return found(await rack(project, gems));
    const entry = await project.firstFile(ENTRIES);
    if (entry !== null) return found(await program(project, entry, gems));
    return gems === null
      ? NOTHING_FOUND
      : rejected('Gemfile: there is no bin/rails, config.ru, server.rb, main.rb or app.rb.');
  },
};

/** The Gemfile's text; null where there is none. */
function readGems(project: ProjectFolder): Promise<string | null> {
  return project.read('Gemfile');
}

function hasGem(gems: string | null, name: string): boolean {
  return gems !== null && new RegExp(`^\\s*gem\\s*\\(?\\s*["']${name}["']`, 'm').test(gems);
}

async function rails(project: ProjectFolder): Promise<Candidate> {
  const routes = await project.read('config/routes.rb');
  return makeCandidate({
    ...COMMON,
    marker: 'bin/rails',
    source: 'bin/rails, Ruby on Rails',
    // A file of its own for the pid: Rails refuses to start beside the server that its usual one names.
    command: words(
      ...['ruby', 'bin/rails', 'server', '-b', '127.0.0.1', '-p', '{port}'],
      ...['--pid', 'tmp/pids/croupier-{generation}.pid'],
    ),
    ready: /^[^#\n]*rails\/health#show/m.test(routes ?? '') ? probeAt('/up') : null,
    tools: ['ruby'],
  });
}

async function rack(project: ProjectFolder, gems: string | null): Promise<Candidate> {
  const run = gems === null ? [] : ['bundle', 'exec'];
  const usesPuma = hasGem(gems, 'puma');
  const settings = usesPuma ? await project.read('config/puma.rb') : null;
  // Puma's own file usually takes PORT from the environment; a second address would be one too many.
  const takesPort = /^[^#\n]*\bPORT\b/m.test(settings ?? '');
  const server = usesPuma
    ? ['puma', ...(takesPort ? [] : ['-b', 'tcp://127.0.0.1:{port}'])]
    : ['rackup', '-o', '127.0.0.1', '-p', '{port}'];
  return makeCandidate({
    ...COMMON,
    marker: 'config.ru',
    source: `config.ru, ${usesPuma ? 'Puma' : 'rackup'}`,
    command: words(...run, ...server),
    build: check('ruby', '-c', 'config.ru'),
    tools: gems === null ? ['ruby', usesPuma ? 'puma' : 'rackup'] : ['ruby', 'bundle'],
  });
}

async function program(project: ProjectFolder, entry: string, gems: string | null): Promise<Candidate> {
  const source = await project.head(entry);
  // Classic Sinatra reads options of the command line; with a class of its own it is up to the program.
  const isSinatra = /^\s*require\s*\(?["']sinatra["']/m.test(source);
  const run = gems === null ? ['ruby'] : ['bundle', 'exec', 'ruby'];
  return makeCandidate({
    ...COMMON,
    marker: gems === null ? entry : 'Gemfile',
    strength: isSinatra || gems !== null ? 'certain' : 'likely',
    source: isSinatra ? `${entry}, Sinatra` : entry,
    command: words(...run, entry, ...(isSinatra ? ['-o', '127.0.0.1', '-p', '{port}'] : [])),
    build: check('ruby', '-c', entry),
    tools: gems === null ? ['ruby'] : ['ruby', 'bundle'],
  });
}
