import { parseCommand } from '../command.js';

/** A script of package.json that runs one file directly, by `node` or by `tsx`. */
export interface RunScript {
  readonly runner: 'node' | 'tsx';
  /** Options of node before the entry. */
  readonly options: readonly string[];
  /** The file, as the script has it. */
  readonly entry: string;
  /** What follows the entry. */
  readonly rest: readonly string[];
  /** The script watches by itself (`tsx watch`, `node --watch`, `nodemon`): only what it runs is of use. */
  readonly watches: boolean;
}

/** Options of node that take the next word as their value. */
const OPTIONS_WITH_VALUE: ReadonlySet<string> = new Set([
  '-r',
  '--require',
  '--import',
  '--loader',
  '--experimental-loader',
  '--conditions',
  '-C',
  '--env-file',
  '--env-file-if-exists',
  '--title',
  '--icu-data-dir',
  '--disable-warning',
]);

/** Options that belong to a watcher, and are dropped with it. */
const WATCH_OPTIONS = /^--watch(?:-path|-preserve-output|-kill-signal)?(?:=|$)/;

/**
 * Reads a script such as `node --inspect server.js 8000` or `tsx watch src/index.ts`. Answers why it is not used where it is
 * anything else: a shell's work, another tool, an inline program.
 */
export function parseScript(text: string): RunScript | string {
  const command = parseCommand(text, false);
  if (!command.ok) return 'it needs a shell';
  const [program, ...words] = command.value.argv;
  switch (program) {
    case 'node':
      return parseWords('node', words, false);
    case 'tsx':
      return words[0] === 'watch' ? parseWords('tsx', words.slice(1), true) : parseWords('tsx', words, false);
    case 'nodemon':
      return parseNodemon(words);
    case 'croupier':
      return 'it starts croupier itself';
    default:
      return `it runs \`${program}\`, which is neither node nor tsx`;
  }
}

/** nodemon runs a .js file by node and needs help for TypeScript; with options of its own it can mean anything. */
function parseNodemon(words: readonly string[]): RunScript | string {
  const entry = words[0];
  return entry === undefined || entry.startsWith('-')
    ? 'nodemon is a watcher itself'
    : {
        runner: /\.[cm]?ts$/.test(entry) ? 'tsx' : 'node',
        options: [],
        entry,
        rest: words.slice(1),
        watches: true,
      };
}

function parseWords(
  runner: RunScript['runner'],
  words: readonly string[],
  isWatcher: boolean,
): RunScript | string {
  const options: string[] = [];
  let watches = isWatcher;
  for (let at = 0; at < words.length; at++) {
    const word = words[at] ?? '';
    if (!word.startsWith('-')) {
      return { runner, options, entry: word, rest: words.slice(at + 1), watches };
    }
    if (/^(?:-e|-p|-pe|--eval|--print|--test|--run)(?:=|$)/.test(word)) return 'it runs no file';
    if (runner === 'tsx') return `\`${word}\` is an option of tsx that only tsx understands`;
    if (WATCH_OPTIONS.test(word)) {
      watches = true;
      if (word === '--watch-path') at++;
      continue;
    }
    options.push(word);
    const value = words[at + 1];
    if (OPTIONS_WITH_VALUE.has(word) && value !== undefined) {
      options.push(value);
      at++;
    }
  }
  return 'it runs no file';
}
