import type { CommandLine, ReadyConfig } from '../config/types.js';
import { assertNever } from '../core/failure.js';
import type { DetectedRun } from './types.js';

export const CONFIG_FILE = 'croupier.config.json';

/** The timeout that every kind of `ready` has where none is written, in ms. */
const DEFAULT_READY_TIMEOUT_MS = 30_000;

/** Longer lines are broken where that is easy. */
const LINE_WIDTH = 100;

/** `$schema` for editors, relative to a project that has the package installed. */
export const SCHEMA_PATH = './node_modules/croupier-cli/dist/config/croupier.schema.json';

export interface ConfigFacts {
  /** Id under which the service is known without a configuration. */
  readonly service: string;
  readonly run: DetectedRun;
  /** SCHEMA_PATH leads to the schema. */
  readonly hasSchema: boolean;
}

/** A configuration with what was found, and the keys that are wanted next, explained. JSON with comments. */
export function renderConfig(facts: ConfigFacts): string {
  const { run } = facts;
  const sections = [
    ...(facts.hasSchema ? [[`"$schema": ${JSON.stringify(SCHEMA_PATH)},`]] : []),
    [
      '// The id that callers and dashboards know it by. A process that registers by itself is told this id, too.',
      `// "service": ${text(facts.service)},`,
    ],
    [
      `// What is started; found in ${oneLine(run.source)}.`,
      '// It is split into words without a shell. {port} stands for the free port that each process gets, also as PORT.',
      ...commandKeys(run.command),
    ],
    buildSection(run),
    watchSection(run),
    [
      '// The first rule that matches a changed file decides: ignore, restart (without a build), rebuild, or run a command.',
      '"rules": [',
      '  { "match": "*.md", "action": "ignore" },',
      '  // { "match": "*.proto", "action": "run", "command": "make proto {files}" },',
      '],',
    ],
    [
      '// overlap: the new process is ready before the old one stops. stop-first: never two at once, for fixed ports and locks.',
      '// auto: overlap, unless it shows that this cannot work.',
      `"restart": { "strategy": ${text(run.strategy ?? 'auto')} },`,
    ],
    readySection(run.ready),
    [
      '// How long calls and jobs under way may take when the process is replaced. New calls wait in the meantime.',
      '"drain": { "calls": "10s", "jobs": "30s" },',
    ],
    [
      '// Functions without an SDK: requests to PORT. An app can also list them itself, at GET /croupier/manifest.json.',
      '// "functions": [{ "id": "player.ban", "http": "POST /functions/player.ban" }],',
      '// A port for your browser that stays the same over all restarts.',
      '// "proxy": [{ "listen": 8000 }],',
    ],
  ];
  const lines = sections.map((lines) => lines.map((line) => `  ${line}`).join('\n'));
  const head =
    "// What `croupier dev` does here. Every key is optional; `croupier dev --help` and the package's";
  return `${head}\n// croupier.config.example.json tell about all of them.\n{\n${lines.join('\n\n')}\n}\n`;
}

function buildSection({ build, command }: DetectedRun): readonly string[] {
  if (build === null) {
    return [
      '// Run before each start, while the old process serves; a build that fails leaves that one alone.',
      '// "build": { "command": "make {artifact}" },',
    ];
  }
  const keys = `"build": { ${commandKeys(build.command).join(' ').replace(/,$/, '')} },`;
  if (!build.checkOnly) {
    const artifact = command.argv.some((word) => word.includes('{artifact}'))
      ? ['// {artifact} is a path of its own for each build, so that what runs is never overwritten.']
      : [];
    return [
      '// Run before each start, while the old process serves; a build that fails leaves that one alone.',
      ...artifact,
      keys,
    ];
  }
  return [
    '// A check of the sources before each start. It is of use with the strategy stop-first alone: else the new process itself',
    '// shows whether it starts before the old one goes.',
    `// ${keys}`,
  ];
}

function watchSection({ extensions, ignore }: DetectedRun): readonly string[] {
  const keys = [
    ...(extensions.length > 0 ? [`"extensions": ${list(extensions)}`] : []),
    ...(ignore.length > 0 ? [`"ignore": ${list(ignore)}`] : []),
  ];
  const explanation =
    '// Which changes are noticed, beside what .gitignore leaves out. No extensions: those of every file.';
  if (keys.length === 0) {
    return [explanation, '// "watch": { "extensions": [".js", ".json"], "ignore": ["data/"] },'];
  }
  const inOneLine = `"watch": { ${keys.join(', ')} },`;
  return inOneLine.length <= LINE_WIDTH
    ? [explanation, inOneLine]
    : [explanation, '"watch": {', `  ${keys.join(',\n    ')}`, '},'];
}

function readySection(ready: ReadyConfig | null): readonly string[] {
  const explanation =
    '// When a new process may get calls. Without a probe: when it has registered its functions, or accepts on its PORT.';
  const value = ready === null ? null : readyValue(ready);
  return value === null
    ? [explanation, '// "ready": { "http": "/healthz" },']
    : [explanation, `"ready": ${value},`];
}

function readyValue(ready: ReadyConfig): string | null {
  if (ready.kind === 'spawn') return text('spawn');
  const timeout = ready.timeout === DEFAULT_READY_TIMEOUT_MS ? [] : [`"timeout": ${ready.timeout}`];
  const probe = probeKeys(ready);
  const keys = [...probe, ...timeout];
  return keys.length === 0 ? null : `{ ${keys.join(', ')} }`;
}

function probeKeys(ready: Exclude<ReadyConfig, { kind: 'spawn' }>): readonly string[] {
  switch (ready.kind) {
    case 'auto':
      return [];
    case 'http':
      return [`"http": ${text(ready.url)}`];
    case 'tcp':
      return [`"tcp": ${text(ready.address)}`];
    case 'log':
      return [`"log": ${text(ready.pattern)}`];
    default:
      return assertNever(ready);
  }
}

/** A command as a list of words where it cannot be written as one text that is split at blanks. */
function commandKeys({ argv, shell }: CommandLine): readonly string[] {
  if (shell) return [`"command": ${text(argv[0] ?? '')},`, '"shell": true,'];
  // Letters and signs that mean nothing to a shell, so that the text is split into the same words again.
  const isPlain = argv.every((word) => /^[\w./:@%+=,{}-]+$/.test(word) && !/^[{}]+$/.test(word));
  const isAssignment = /^\w+=/.test(argv[0] ?? '');
  return [`"command": ${isPlain && !isAssignment ? text(argv.join(' ')) : list(argv)},`];
}

function list(values: readonly string[]): string {
  return `[${values.map(text).join(', ')}]`;
}

/** A JSON string that stays as it is when `${VAR}` is expanded. */
function text(value: string): string {
  return JSON.stringify(value.replaceAll('${', () => '$${'));
}

/** A comment ends at the end of its line. */
function oneLine(value: string): string {
  return value.replaceAll(/\s+/g, ' ');
}
