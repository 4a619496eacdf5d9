import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { cleanEnvironment, REPOSITORY } from '../../support/dev-process.js';

let folder: string;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'croupier-shells-'));
  mkdirSync(join(folder, '.git'));
  mkdirSync(join(folder, 'bin'));
  symlinkSync(join(REPOSITORY, 'bin', 'croupier.js'), join(folder, 'bin', 'croupier'));
  mkdirSync(join(folder, 'a folder'));
  writeFileSync(join(folder, 'a file'), '');
  const services = { lobby: {}, match: {} };
  writeFileSync(join(folder, 'croupier.config.json'), JSON.stringify({ command: 'x', services }));
});

afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** Runs a text in a shell, with `croupier` in PATH; answers its lines. */
async function run(shell: string, args: readonly string[], text: string): Promise<readonly string[]> {
  const env = cleanEnvironment();
  const child = spawn(shell, [...args, '-c', text], {
    cwd: folder,
    env: { ...env, HOME: folder, PATH: `${join(folder, 'bin')}:${env.PATH}` },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let output = '';
  child.stdout.setEncoding('utf8').on('data', (part: string) => {
    output += part;
  });
  child.stderr.setEncoding('utf8').on('data', (part: string) => {
    output += part;
  });
  await once(child, 'close');
  return output.split('\n').filter((line) => line !== '');
}

/** What each line, as typed up to the cursor, is completed to: the text that takes the place of its last word. */
const LINES: readonly (readonly [line: string, bash: readonly string[], fish?: readonly string[]])[] = [
  ['croupier doc', ['doctor']],
  ['croupier dev --strategy ', ['auto', 'overlap', 'stop-first']],
  // readline breaks words at = by itself, and replaces what follows it.
  ['croupier dev --strategy=o', ['overlap'], ['--strategy=overlap']],
  ['croupier dev lo', ['lobby']],
  ["croupier invoke x '$(touch evaluated; echo x)' --idem", ['--idempotency-key']],
  ['croupier init a', ['a folder'], ['a folder/']],
  ['croupier dev --config a', ['a file', 'a folder'], ['a file', 'a folder/']],
];

/** What readline tells a completion function: it breaks words at blanks, = and :, which are words of their own. */
function asReadline(line: string): string {
  const words = line.match(/'[^']*'|[=:]|[^\s=:']+/g) ?? [];
  const all = line.endsWith(' ') ? [...words, ''] : words;
  const quoted = all.map((word) => `'${word.replaceAll("'", "'\\''")}'`).join(' ');
  return `COMP_LINE='${line.replaceAll("'", "'\\''")}' COMP_POINT=${line.length} COMP_WORDS=(${quoted}) COMP_CWORD=${all.length - 1}`;
}

describe('bash', () => {
  it('completes what is typed', async () => {
    const asked = LINES.map(([line]) => {
      return `${asReadline(line)}; _croupier; printf '%s\\n' '--' "\${COMPREPLY[@]}"`;
    });
    // Sourced twice, as by a .bashrc that is read again; and strict, as some have it.
    const script = [
      'source <(croupier completion bash)',
      'source <(croupier completion bash)',
      'set -u',
      ...asked,
    ];
    const lines = await run('bash', ['--norc', '--noprofile'], script.join('\n'));
    const answers = lines.join('\n').split(/^--\n/m).slice(1);
    expect(answers.map((text) => text.trimEnd().split('\n').sort())).toEqual(LINES.map(([, bash]) => bash));
    expect(existsSync(join(folder, 'evaluated'))).toBe(false);
    expect(await run('bash', ['--norc'], 'source <(croupier completion bash); complete -p croupier')).toEqual(
      ['complete -F _croupier croupier'],
    );
  });
});

const has = (shell: string) => spawnSync(shell, ['--version']).status === 0;

/** Answers that a script has printed, each behind a line with `=`. */
function split(lines: readonly string[]): readonly (readonly string[])[] {
  const answers = lines.join('\n').split(/^=\n/m).slice(1);
  return answers.map((text) => text.trimEnd().split('\n'));
}

describe('fish (skipped where it is not installed)', () => {
  it.skipIf(!has('fish'))('completes what is typed', async () => {
    const asked = LINES.map(([line]) => {
      const quoted = `'${line.replaceAll("'", "\\'")}'`;
      return `echo =; complete -C ${quoted}`;
    });
    const lines = await run(
      'fish',
      ['--no-config'],
      ['croupier completion fish | source', ...asked].join('\n'),
    );
    const values = split(lines).map((answer) => answer.map((one) => one.split('\t')[0]).sort());
    expect(values).toEqual(LINES.map(([, bash, fish]) => fish ?? bash));
  });
});

describe('zsh (skipped where it is not installed)', () => {
  it.skipIf(!has('zsh'))('completes what is typed', async () => {
    // Its completion system needs a terminal: here its functions only say what they are given.
    const system = `
compdef() { print -r -- "compdef $*" }
_describe() { print -rl -- "\${(@P)2}" }
_files() { print -r -- "files $*" }
source <(croupier completion zsh)`;
    const cases = [
      ['doc', ['doctor:look for what could go wrong on this machine']],
      ['dev --strategy=o', ['--strategy=overlap']],
      ["invoke x '$(touch evaluated)' --idem", ['--idempotency-key:the same key marks the same call']],
      ['init a', ['files -/']],
      ['dev --config a', ['files']],
      [
        'dev --upst',
        [
          '--upstream:agent\\://, server\\:// or edge\\://host\\:port to register with, or `none` (default\\: an agent at 127.0.0.1\\:19090)',
        ],
      ],
      ["dev ''", ['lobby', 'match']],
    ] as const;
    const asked = cases.map(([words]) => {
      const all = `croupier ${words}`.match(/'[^']*'|\S+/g) ?? [];
      const quoted = all
        .map((word) => (word === "''" ? word : `'${word.replaceAll("'", "'\\''")}'`))
        .join(' ');
      return `print =; words=(${quoted}); CURRENT=$#words; _croupier`;
    });
    const lines = await run('zsh', ['-f'], [system, ...asked].join('\n'));
    expect(lines[0]).toBe('compdef _croupier croupier');
    expect(split(lines)).toEqual(cases.map(([, expected]) => expected));
    expect(existsSync(join(folder, 'evaluated'))).toBe(false);
  });
});
