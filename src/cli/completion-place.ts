import type { Argument, Command, Option } from 'commander';

/** What can stand where the cursor is. */
export type CompletionPlace =
  | { readonly kind: 'commands'; readonly of: Command }
  | { readonly kind: 'flags'; readonly of: Command }
  /** The value of a flag; `prefix` stands before it in the same word, such as `--strategy=`. */
  | { readonly kind: 'value'; readonly option: Option; readonly of: Command; readonly prefix: string }
  | { readonly kind: 'argument'; readonly argument: Argument; readonly of: Command }
  /** A word of the user's own command, after `--`. */
  | { readonly kind: 'own-command' }
  | { readonly kind: 'nothing' };

/** Finds out where the last of the words stands. */
export function findPlace(program: Command, words: readonly string[]): CompletionPlace {
  const current = words.at(-1) ?? '';
  let command = program;
  let position = 0;
  let awaiting: Option | null = null;
  for (const word of words.slice(0, -1)) {
    if (awaiting !== null) {
      awaiting = null;
      continue;
    }
    if (word === '--') return { kind: 'own-command' };
    if (word.startsWith('-') && word !== '-') {
      const option = findOption(command, word);
      if (option !== null && takesValue(option) && !word.includes('=')) awaiting = option;
      continue;
    }
    const below = findCommand(command, word);
    if (below !== null && position === 0) command = below;
    else position += 1;
  }
  if (awaiting !== null) return { kind: 'value', option: awaiting, of: command, prefix: '' };
  return placeOfWord(command, position, current);
}

function placeOfWord(command: Command, position: number, current: string): CompletionPlace {
  const [flag, value] = splitFlag(current);
  if (value !== null) {
    const option = findOption(command, flag);
    if (option === null || !takesValue(option)) return { kind: 'nothing' };
    return { kind: 'value', option, of: command, prefix: `${flag}=` };
  }
  if (current.startsWith('-')) return { kind: 'flags', of: command };
  if (command.commands.length > 0) {
    return position === 0 ? { kind: 'commands', of: command } : { kind: 'nothing' };
  }
  const { registeredArguments } = command;
  const last = registeredArguments.at(-1);
  const argument = registeredArguments[position] ?? (last?.variadic === true ? last : undefined);
  return argument === undefined ? { kind: 'nothing' } : { kind: 'argument', argument, of: command };
}

/** `--strategy=auto` is `--strategy` and `auto`; null: it has no value in it. */
export function splitFlag(word: string): readonly [string, string | null] {
  const at = word.indexOf('=');
  return word.startsWith('--') && at !== -1 ? [word.slice(0, at), word.slice(at + 1)] : [word, null];
}

function findCommand(command: Command, name: string): Command | null {
  return command.commands.find((one) => one.name() === name || one.aliases().includes(name)) ?? null;
}

function findOption(command: Command, word: string): Option | null {
  const [flag] = splitFlag(word);
  return command.options.find(({ long, short }) => long === flag || short === flag) ?? null;
}

function takesValue({ required, optional }: Option): boolean {
  return required || optional;
}
