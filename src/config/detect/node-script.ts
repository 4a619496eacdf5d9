import { parseCommand } from '../command.js';

/** What a script of package.json comes to. */
export type Script = FileScript | ToolScript | FrameworkScript | RefusedScript;

/** It runs one file directly, by `node` or by `tsx`. */
export interface FileScript {
  readonly kind: 'file';
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

/** It runs a file by another tool that is a package of the project. */
export interface ToolScript {
  readonly kind: 'tool';
  /** Both the package and its program. */
  readonly tool: string;
  /** What follows it, without the options of a watcher. */
  readonly words: readonly string[];
  readonly watches: boolean;
}

/** It starts a framework by the framework's own program. */
export interface FrameworkScript {
  readonly kind: 'nest' | 'next';
  /** What follows `nest start`, `next dev`. */
  readonly words: readonly string[];
}

export interface RefusedScript {
  readonly kind: 'refused';
  /** A clause that follows a colon. */
  readonly why: string;
  /** The package manager can run it: it is only that we cannot take it apart. */
  readonly isRunnable: boolean;
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

/** Packages whose program runs a file in its own process, with the package that has it. */
const RUNNERS: ReadonlySet<string> = new Set(['ts-node', 'vite-node', 'esno', 'sucrase-node', 'babel-node']);

/** ts-node's own watchers: what they run, ts-node runs. */
const TS_NODE_WATCHERS: ReadonlySet<string> = new Set(['ts-node-dev', 'tsnd']);

/** Options of ts-node-dev that ts-node does not know. */
const TS_NODE_DEV_OPTION =
  /^--(?:respawn|poll|quiet|clear|cls|dedupe|notify|all-deps|exit-child|rs|tree-kill|debounce|interval|watch|ignore-watch)(?:=|$)/;

/** Programs that serve a front end and reload it by themselves. */
const FRONT_ENDS: ReadonlySet<string> = new Set([
  ...['vite', 'webpack', 'webpack-dev-server', 'react-scripts', 'react-app-rewired', 'craco', 'parcel', 'ng'],
  ...['astro', 'nuxt', 'nuxi', 'gatsby', 'expo', 'storybook', 'start-storybook', 'vue-cli-service', 'serve'],
  ...[
    'http-server',
    'live-server',
    'rollup',
    'esbuild',
    'tsc',
    'tsup',
    'electron',
    'electron-forge',
    'svelte-kit',
  ],
]);

/** Anywhere in a script: it watches, or starts several things of which some do. */
const WATCHERS =
  /(?:^|[\s"'=&|;/])(?:nodemon|tsx watch|ts-node-dev|tsnd|node-dev|pm2|forever|concurrently|npm-run-all|run-p|turbo|nx|lerna|wireit|chokidar|watchexec)(?=$|[\s"'])|\s(?:--watch|-w)(?=$|[\s=-])/;

/**
 * Reads a script such as `node --inspect server.js 8000` or `tsx watch src/index.ts`. Says why where it cannot be taken apart: a
 * shell's work, another tool, an inline program.
 */
export function parseScript(text: string): Script {
  const command = parseCommand(text, false);
  if (!command.ok) return refuseText(text, 'it needs a shell');
  const [program = '', ...words] = command.value.argv;
  if (RUNNERS.has(program)) return parseTool(program, words, false);
  if (TS_NODE_WATCHERS.has(program)) {
    return parseTool(
      'ts-node',
      words.filter((word) => !TS_NODE_DEV_OPTION.test(word)),
      true,
    );
  }
  switch (program) {
    case 'node':
      return parseWords('node', words, false);
    case 'tsx':
      return words[0] === 'watch' ? parseWords('tsx', words.slice(1), true) : parseWords('tsx', words, false);
    case 'nodemon':
      return parseNodemon(words);
    case 'nest':
      return words[0] === 'start' ? { kind: 'nest', words: words.slice(1) } : refuse('it starts nothing');
    case 'next':
      return words[0] === 'dev'
        ? { kind: 'next', words: words.slice(1) }
        : refuse('it serves a finished build');
    case 'echo':
    case 'exit':
      return refuse('it starts nothing');
    default:
      return FRONT_ENDS.has(program)
        ? refuse(`\`${program}\` is a tool of front ends`)
        : refuseText(text, `it runs \`${program}\`, which is not taken apart`);
  }
}

/** `ts-node src/index.ts`: everything that follows is the tool's, but not what makes it a watcher. */
function parseTool(tool: string, words: readonly string[], watches: boolean): Script {
  const kept = tool === 'vite-node' ? words.filter((word) => !/^(?:--watch|-w)$/.test(word)) : words;
  if (!kept.some((word) => !word.startsWith('-'))) return refuse('it runs no file');
  return { kind: 'tool', tool, words: kept, watches: watches || kept.length < words.length };
}

function refuse(why: string): RefusedScript {
  return { kind: 'refused', why, isRunnable: false };
}

/** What a package manager may run as it is: anything but what would watch beside us, or start us again. */
function refuseText(text: string, why: string): RefusedScript {
  if (/(?:^|[\s"'/])croupier\s/.test(`${text} `)) return refuse('it starts croupier itself');
  if (WATCHERS.test(text)) return refuse(`${why}, and it watches by itself`);
  return { kind: 'refused', why, isRunnable: true };
}

/** nodemon runs a .js file by node and needs help for TypeScript; with options of its own it can mean anything. */
function parseNodemon(words: readonly string[]): Script {
  const entry = words[0];
  return entry === undefined || entry.startsWith('-')
    ? refuse('nodemon is a watcher itself')
    : {
        kind: 'file',
        runner: /\.[cm]?ts$/.test(entry) ? 'tsx' : 'node',
        options: [],
        entry,
        rest: words.slice(1),
        watches: true,
      };
}

function parseWords(runner: FileScript['runner'], words: readonly string[], isWatcher: boolean): Script {
  const options: string[] = [];
  let watches = isWatcher;
  for (let at = 0; at < words.length; at++) {
    const word = words[at] ?? '';
    if (!word.startsWith('-')) {
      return { kind: 'file', runner, options, entry: word, rest: words.slice(at + 1), watches };
    }
    if (/^(?:-e|-p|-pe|--eval|--print|--test|--run)(?:=|$)/.test(word)) return refuse('it runs no file');
    if (runner === 'tsx') return refuse(`\`${word}\` is an option of tsx that only tsx understands`);
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
  return refuse('it runs no file');
}
