import { displayWords } from '../command.js';
import type { CommandLine } from '../types.js';
import type { Candidate, CandidateBuild, Detection } from './language.js';

/** Windows starts a program only by a name that ends so. */
const PROGRAM_SUFFIX = process.platform === 'win32' ? '.exe' : '';

/** Where a build puts a program that is one file. */
export const PROGRAM = `{artifact}${PROGRAM_SUFFIX}`;

/** Templates that a server reads or embeds: they change what it answers, as its sources do. */
export const TEMPLATE_EXTENSIONS: readonly string[] = ['.html', '.tmpl', '.tpl'];

type Required = 'language' | 'marker' | 'command' | 'source';

/** A candidate with everything that its language does not say left to the defaults. */
export function makeCandidate(parts: Pick<Candidate, Required> & Partial<Candidate>): Candidate {
  return {
    strength: 'certain',
    build: null,
    byHand: null,
    extensions: [],
    ignore: [],
    ready: null,
    strategy: null,
    tools: [],
    explanation: null,
    ...parts,
  };
}

/** The detection of a language that found exactly one way. */
export function found(candidate: Candidate): Detection {
  return { candidates: [candidate], rejected: [] };
}

/** The detection of a language whose project cannot be run, with the reason as a sentence. */
export function rejected(reason: string): Detection {
  return { candidates: [], rejected: [reason] };
}

/** Words that are run without a shell. */
export function words(...argv: readonly string[]): CommandLine {
  return { argv, shell: false, display: displayWords(argv) };
}

/** A text for a shell: only where one tool can neither do all the steps nor put its output where it is asked to. */
export function shellText(text: string): CommandLine {
  return { argv: [text], shell: true, display: text };
}

/** A build whose output is what runs. */
export function build(command: CommandLine): CandidateBuild {
  return { command, checkOnly: false };
}

/** A syntax check: it finds a mistake while the old generation still serves. */
export function check(...argv: readonly string[]): CandidateBuild {
  return { command: words(...argv), checkOnly: true };
}

/** Sentences as one text; null where there are none. */
export function sentences(...all: readonly (string | null)[]): string | null {
  const said = all.filter((one) => one !== null);
  return said.length === 0 ? null : said.join(' ');
}

/** `a`, `a and b`, `a, b and c`; of many only the first ones are named. */
export function listNames(names: readonly string[], most = 6): string {
  const shown = names.length > most ? [...names.slice(0, most), `${names.length - most} more`] : names;
  return shown.length < 2 ? shown.join('') : `${shown.slice(0, -1).join(', ')} and ${shown.at(-1)}`;
}
