import { check, found, makeCandidate, rejected, sentences, words } from './candidate.js';
import { type Candidate, type Detection, type Language, NOTHING_FOUND } from './language.js';
import type { ProjectFolder } from './project-folder.js';

const MARKER = 'mix.exs';

/** Applications of an umbrella that are looked at. */
const MOST_APPLICATIONS = 20;

/** Files in which Phoenix may have its port. */
const CONFIGURATIONS = ['config/runtime.exs', 'config/dev.exs', 'config/config.exs'];

/** Projects of Elixir, built and run by mix. */
export const elixir: Language = {
  name: 'Elixir',
  looksFor: ['mix.exs with Phoenix or an application of its own'],
  besideOthers: 'a mix.exs beside another project is mostly a part of it',
  async detect(project): Promise<Detection> {
    const text = await project.read(MARKER);
    if (text === null) return NOTHING_FOUND;
    const texts = [text, ...(await readUmbrella(project, text))].map(withoutComments);
    if (texts.some((one) => /\{\s*:phoenix\s*,/.test(one))) return found(await phoenix(project));
    // What an application starts is named by its callback module.
    if (!texts.some((one) => /\bmod:\s*\{/.test(one))) {
      return rejected(
        'mix.exs: no application has a callback module (mod: {..}), so nothing would be started.',
      );
    }
    return found(candidate(words('mix', 'run', '--no-halt'), MARKER));
  },
};

function candidate(command: Candidate['command'], source: string, more: Partial<Candidate> = {}): Candidate {
  return makeCandidate({
    language: elixir.name,
    marker: MARKER,
    source,
    command,
    // The start compiles by itself: this finds a mistake before anything is stopped.
    build: check('mix', 'compile'),
    extensions: ['.ex', '.exs', '.eex', '.heex', '.leex', '.sface', '.erl', '.hrl'],
    ignore: ['_build/', 'deps/', '/priv/static/', '/assets/', 'test/', '/doc/', '/cover/'],
    tools: ['mix'],
    ...more,
  });
}

async function phoenix(project: ProjectFolder): Promise<Candidate> {
  const takesPort = await phoenixTakesPort(project);
  return candidate(words('mix', 'phx.server'), `${MARKER}, Phoenix`, {
    strategy: takesPort ? null : 'stop-first',
    explanation: sentences(
      takesPort
        ? null
        : 'Its port is fixed in config/dev.exs, so that only one generation can run at a time: for restarts that overlap write port: String.to_integer(System.get_env("PORT") || "4000") there.',
    ),
  });
}

/** In a development environment: what runtime.exs says only for production does not count. */
async function phoenixTakesPort(project: ProjectFolder): Promise<boolean> {
  for (const file of CONFIGURATIONS) {
    const text = withoutComments((await project.read(file)) ?? '');
    const general = text.replace(/^if config_env\(\) == :prod do\n[\s\S]*?^end$/gm, '');
    if (/System\.(?:get_env|fetch_env!)\(\s*"PORT"/.test(general)) return true;
  }
  return false;
}

async function readUmbrella(project: ProjectFolder, text: string): Promise<readonly string[]> {
  const folder = /\bapps_path:\s*"([\w-]+)"/.exec(text)?.[1];
  if (folder === undefined || !(await project.hasFolder(folder))) return [];
  const texts: string[] = [];
  for (const name of (await project.folders(folder)).slice(0, MOST_APPLICATIONS)) {
    texts.push((await project.read(`${folder}/${name}/${MARKER}`)) ?? '');
  }
  return texts;
}

function withoutComments(text: string): string {
  return text.replaceAll(/^\s*#.*$/gm, '');
}
