import type { Argument, Command, Option } from 'commander';
import { assertNever } from '../core/failure.js';
import { TEMPLATES } from '../scaffold/templates.js';
import type { CompletionNames } from './completion-names.js';
import { type CompletionPlace, findPlace } from './completion-place.js';

export interface Candidate {
  readonly value: string;
  /** One line for people; empty: none. */
  readonly description: string;
}

/** What can be typed where the cursor is. */
export interface Candidates {
  /** Whole words, in the order in which they are told. */
  readonly words: readonly Candidate[];
  /** What the shell offers beside them. */
  readonly paths: 'none' | 'files' | 'folders';
}

const NOTHING: Candidates = { words: [], paths: 'none' };
const FILES: Candidates = { words: [], paths: 'files' };
const FOLDERS: Candidates = { words: [], paths: 'folders' };

/** What means nothing else to any shell: names of functions come from other programs, and are put into a command line. */
const SAFE = /^[\w@%+=:,./-]+$/;

/** Finds what may follow the words; the last of them is being typed. */
export async function findCandidates(
  program: Command,
  words: readonly string[],
  names: CompletionNames,
): Promise<Candidates> {
  const place = findPlace(program, words);
  const { words: found, paths } = await atPlace(place, names);
  const prefix = place.kind === 'value' ? place.prefix : '';
  const current = words.at(-1) ?? '';
  const whole = found.map(({ value, description }) => ({ value: prefix + value, description }));
  return { words: whole.filter(({ value }) => value.startsWith(current) && SAFE.test(value)), paths };
}

async function atPlace(place: CompletionPlace, names: CompletionNames): Promise<Candidates> {
  switch (place.kind) {
    case 'commands':
      return listed(commandsOf(place.of));
    case 'flags':
      return listed(flagsOf(place.of));
    case 'value':
      return valuesOf(place.option, place.of, names);
    case 'argument':
      return argumentsFor(place.argument, place.of, names);
    case 'own-command':
      return FILES;
    case 'nothing':
      return NOTHING;
    default:
      return assertNever(place);
  }
}

function commandsOf(command: Command): readonly Candidate[] {
  return command
    .createHelp()
    .visibleCommands(command)
    .map((one) => ({ value: one.name(), description: one.summary() || one.description() }));
}

function flagsOf(command: Command): readonly Candidate[] {
  return command
    .createHelp()
    .visibleOptions(command)
    .flatMap(({ long, short, description }) => {
      const value = long ?? short;
      return value === undefined ? [] : [{ value, description }];
    });
}

async function valuesOf(option: Option, command: Command, names: CompletionNames): Promise<Candidates> {
  if (option.argChoices !== undefined) return listed(plain(option.argChoices));
  if (command.name() === 'init' && option.long === '--template') {
    return listed(TEMPLATES.map(({ name, summary }) => ({ value: name, description: summary })));
  }
  // The name in the help text says what is expected: `--config <file>`.
  return byName(/<([\w-]+)>|\[([\w-]+)\]/.exec(option.flags)?.slice(1).find(Boolean) ?? '', names);
}

async function argumentsFor(
  argument: Argument,
  command: Command,
  names: CompletionNames,
): Promise<Candidates> {
  if (argument.argChoices !== undefined) return listed(plain(argument.argChoices));
  if (!TAKES_BOTH.has(command.name())) return byName(argument.name(), names);
  const [services, functions] = await Promise.all([names.services(), names.functions()]);
  return listed(plain([...services, ...functions]));
}

/** Commands whose argument is a service or a function. */
const TAKES_BOTH: ReadonlySet<string> = new Set(['reload', 'rollback']);

async function byName(name: string, names: CompletionNames): Promise<Candidates> {
  switch (name) {
    case 'file':
      return FILES;
    case 'dir':
      return FOLDERS;
    case 'function':
      return listed(plain(await names.functions()));
    case 'service':
    case 'names':
      return listed(plain(await names.services()));
    default:
      return NOTHING;
  }
}

function listed(candidates: readonly Candidate[]): Candidates {
  return { words: candidates, paths: 'none' };
}

function plain(values: readonly string[]): readonly Candidate[] {
  return values.map((value) => ({ value, description: '' }));
}
