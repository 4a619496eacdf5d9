import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { PassThrough } from 'node:stream';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { initCommand } from '../../../src/cli/init.js';
import type { InitArguments } from '../../../src/cli/init-arguments.js';
import type { CliIo } from '../../../src/cli/io.js';
import { runCli } from '../../../src/cli/program.js';
import type { Choice, Prompts } from '../../../src/cli/prompts.js';
import { CapturedStream } from '../../support/virtual-terminal.js';
import { fakeCommands } from './fake-commands.js';

let folder: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'croupier-init-test-'));
});

afterEach(() => rmSync(folder, { recursive: true, force: true }));

function put(path: string, text = ''): void {
  mkdirSync(dirname(join(folder, path)), { recursive: true });
  writeFileSync(join(folder, path), text);
}

const read = (path: string) => readFileSync(join(folder, path), 'utf8');

const NO_ARGUMENTS: InitArguments = {
  dir: undefined,
  template: undefined,
  name: undefined,
  yes: false,
  force: false,
  updateSdk: false,
  dryRun: false,
  list: false,
};

/** What was asked, and what the user answers in turn: the value of a choice or a text; null: Ctrl-C. */
class Answers implements Prompts {
  readonly asked: { readonly message: string; readonly offered: readonly string[] }[] = [];
  readonly #answers: (string | null)[];

  constructor(...answers: readonly (string | null)[]) {
    this.#answers = [...answers];
  }

  async select<Value extends string>(
    message: string,
    choices: readonly Choice<Value>[],
  ): Promise<Value | null> {
    this.asked.push({ message, offered: choices.map(({ label }) => label) });
    const answer = this.#next();
    if (answer === null) return null;
    const chosen = choices.find(({ value }) => value === answer);
    if (chosen === undefined) throw new Error(`${answer} is not offered`);
    return chosen.value;
  }

  async text(
    message: string,
    { initial, check }: { readonly initial: string; check(value: string): string | null },
  ): Promise<string | null> {
    const answer = this.#next();
    this.asked.push({ message, offered: [initial] });
    // An empty answer stands for Enter.
    const value = answer === '' ? initial : answer;
    if (value !== null && check(value) !== null) throw new Error(`${value}: ${check(value)}`);
    return value;
  }

  #next(): string | null {
    const answer = this.#answers.shift();
    if (answer === undefined) throw new Error('asked once more than answered');
    return answer;
  }
}

interface Terminal {
  readonly isTTY: boolean;
  readonly env?: NodeJS.ProcessEnv;
  readonly answers?: Prompts;
}

async function init(args: Partial<InitArguments>, { isTTY, env = {}, answers }: Terminal = { isTTY: false }) {
  const stdout = Object.assign(new CapturedStream(), { isTTY });
  const stderr = new CapturedStream();
  const stdin = Object.assign(new PassThrough(), { isTTY });
  const io: CliIo = { stdin, stdout, stderr, cwd: folder, env };
  const ask = async () => answers ?? Promise.reject(new Error('asked'));
  const exitCode = await initCommand({ ...NO_ARGUMENTS, ...args }, io, ask);
  return { exitCode, stdout: stdout.text, stderr: stderr.text };
}

const GO_MODULE = { 'go.mod': 'module game\n\ngo 1.22\n', 'main.go': 'package main\n\nfunc main() {}\n' };

function putGo(): void {
  for (const [path, text] of Object.entries(GO_MODULE)) put(path, text);
}

describe('the command line', () => {
  const parse = async (...argv: string[]) => {
    const seen: InitArguments[] = [];
    const stdout = new CapturedStream();
    const io: CliIo = { stdin: new PassThrough(), stdout, stderr: new CapturedStream(), cwd: '/', env: {} };
    const commands = {
      ...fakeCommands(() => () => Promise.reject(new Error('another command'))),
      init: async (args: InitArguments) => {
        seen.push(args);
        return 0;
      },
    };
    const exitCode = await runCli(['init', ...argv], io, commands);
    return { exitCode, args: seen[0], stdout: stdout.text };
  };

  it('takes nothing', async () => expect((await parse()).args).toEqual(NO_ARGUMENTS));

  it('takes everything', async () => {
    const words = ['dir', '--template', 'go', '--name', 'n', '-y', '--force', '--dry-run', '--list'];
    expect((await parse(...words)).args).toEqual({
      dir: 'dir',
      template: 'go',
      name: 'n',
      yes: true,
      force: true,
      updateSdk: false,
      dryRun: true,
      list: true,
    });
    expect((await parse('--update-sdk')).args).toEqual({ ...NO_ARGUMENTS, updateSdk: true });
  });

  it('helps', async () => {
    const { stdout } = await parse('--help');
    expect(stdout).toContain('croupier init my-game --template go');
    expect(stdout).toContain('Exit codes:');
  });
});

describe('without questions', () => {
  it('lists the templates', async () => {
    const { exitCode, stdout } = await init({ list: true });
    expect(exitCode).toBe(0);
    for (const name of ['node', 'go', 'python', 'java', 'http-node', 'http-python']) {
      expect(stdout).toMatch(new RegExp(`^ {2}${name} +\\S`, 'm'));
    }
    expect(readdirSync(folder)).toEqual([]);
  });

  it('writes down what is detected, and says so', async () => {
    putGo();
    const { exitCode, stdout } = await init({ yes: true });
    expect(exitCode).toBe(0);
    expect(read('croupier.config.json')).toContain('"command": "{artifact}"');
    expect(stdout).toContain('└─ croupier.config.json');
    expect(stdout).toContain('go build');
    expect(stdout.trimEnd().split('\n').slice(-2)).toEqual(['Next:', '  croupier dev']);
  });

  it('names the command as it was started: through npx', async () => {
    putGo();
    const { stdout } = await init({ yes: true }, { isTTY: false, env: { npm_command: 'exec' } });
    expect(stdout).toContain('  npx croupier-cli dev\n');
  });

  it('only says what it would write with --dry-run', async () => {
    putGo();
    const { exitCode, stdout } = await init({ yes: true, dryRun: true });
    expect(exitCode).toBe(0);
    expect(stdout).toContain('└─ croupier.config.json');
    expect(stdout).toContain('Nothing was written');
    expect(readdirSync(folder)).not.toContain('croupier.config.json');
    expect((await init({ dir: 'x', template: 'go', dryRun: true })).exitCode).toBe(0);
    expect(readdirSync(folder)).not.toContain('x');
  });

  it('makes a project of a template in a folder that is not there yet', async () => {
    const { exitCode, stdout } = await init({ dir: 'games/My Game', template: 'http-node' });
    expect(exitCode).toBe(0);
    expect(JSON.parse(read('games/My Game/package.json')).name).toBe('my-game');
    expect(read('games/My Game/.gitignore')).toContain('.croupier/');
    expect(stdout).toContain('  cd "games/My Game"\n  croupier dev\n  npm test\n');
  });

  it('takes the name that is given', async () => {
    await init({ dir: 'x', template: 'go', name: 'other' });
    expect(read('x/go.mod')).toContain('module example.com/other\n');
  });

  it('keeps what a new repository has, and says what is missing in it', async () => {
    for (const path of ['.git/HEAD', 'README.md', '.gitignore', 'LICENSE']) put(path, 'mine');
    const { exitCode, stdout } = await init({ template: 'http-node', name: 'game' });
    expect(exitCode).toBe(0);
    expect([read('README.md'), read('.gitignore'), read('LICENSE')]).toEqual(['mine', 'mine', 'mine']);
    expect(stdout).toContain('README.md was there already');
    expect(stdout).toContain('Your .gitignore should have node_modules/, .croupier/, .env.');
    expect(read('server.js')).not.toBe('');
  });

  it('notes that an older configuration is not read any more', async () => {
    putGo();
    put('croupier.config.yaml', 'command: go run .\n');
    const { exitCode, stdout } = await init({ force: true });
    expect(exitCode).toBe(0);
    expect(stdout).toContain('in the place of croupier.config.yaml');
  });

  it.each<readonly [string, readonly string[], Partial<InitArguments>, readonly string[]]>([
    ['nothing to detect', [], {}, ['is empty', 'croupier init --template node', 'http-python']],
    ['a folder that is not there', [], { dir: 'x' }, ['no folder x', 'croupier init x --template node']],
    ['a file in the place of the folder', ['x'], { dir: 'x' }, ['x is not a folder']],
    ['a file in the place of the new folder', ['x'], { dir: 'x', template: 'go' }, ['x is not a folder']],
    ['nothing that could be run', ['notes.txt'], {}, ['nothing to run', '--template node']],
    ['an unknown template', [], { template: 'pyton' }, ['"pyton": did you mean python?', 'http-node']],
    ['a template that is like none', [], { template: 'cobol' }, ['"cobol"\n', 'The templates are node,']],
    ['a name that is none', [], { template: 'go', name: 'A/b' }, ['"A/b"', 'small letters']],
    ['a folder that is not empty', ['a', 'b'], { template: 'go' }, ['is not empty: it has a, b', '--force']],
    [
      'a configuration',
      ['go.mod', 'croupier.config.json'],
      {},
      ['croupier.config.json is already there', '--force'],
    ],
    [
      'another configuration',
      ['go.mod', '.croupierrc'],
      {},
      ['.croupierrc holds a configuration', '--force'],
    ],
  ])('refuses %s, and writes nothing', async (_, paths, args, expected) => {
    for (const path of paths) put(path, path === 'go.mod' ? GO_MODULE['go.mod'] : '{}');
    if (paths.includes('go.mod')) put('main.go', GO_MODULE['main.go']);
    const before = readdirSync(folder, { recursive: true });
    const { exitCode, stdout, stderr } = await init(args);
    expect(exitCode).toBe(2);
    expect(stdout).toBe('');
    for (const text of expected) expect(stderr).toContain(text);
    expect(readdirSync(folder, { recursive: true })).toEqual(before);
  });

  it('refuses a configuration that is in package.json', async () => {
    put('package.json', '{ "croupier": { "command": "node a.js" }, "scripts": { "start": "node a.js" } }');
    put('a.js');
    const { exitCode, stderr } = await init({});
    expect(exitCode).toBe(2);
    expect(stderr).toContain('package.json holds a configuration');
  });

  it('does not take a configuration of a folder above for one of this folder', async () => {
    put('croupier.config.json', '{ "command": "go run ." }');
    for (const [path, text] of Object.entries(GO_MODULE)) put(`below/${path}`, text);
    expect((await init({ dir: 'below' })).exitCode).toBe(0);
    expect(read('below/croupier.config.json')).toContain('{artifact}');
  });

  it('replaces files by force, and lists what even that cannot', async () => {
    put('main.go', 'old');
    put('own.go', 'own');
    expect((await init({ template: 'go', force: true })).exitCode).toBe(0);
    expect(read('main.go')).toContain('package main');
    expect(read('own.go')).toBe('own');

    put('x/main.go/deep');
    put('x/go.mod/deep');
    const { exitCode, stderr } = await init({ dir: 'x', template: 'go', force: true });
    expect(exitCode).toBe(2);
    expect(stderr).toContain('main.go is a folder');
    expect(stderr).toContain('go.mod is a folder');
    expect(readdirSync(join(folder, 'x')).sort()).toEqual(['go.mod', 'main.go']);
  });
});

describe('in a terminal', () => {
  it.each<readonly [string, Partial<InitArguments>, Terminal]>([
    ['with --yes', { yes: true }, { isTTY: true }],
    ['in CI', {}, { isTTY: true, env: { CI: 'true' } }],
    ['without a terminal', {}, { isTTY: false }],
  ])('asks nothing %s', async (_, args, terminal) => {
    putGo();
    expect((await init(args, terminal)).exitCode).toBe(0);
    expect(read('croupier.config.json')).toContain('{artifact}');
  });

  it('asks nothing where everything was said', async () => {
    expect((await init({ dir: 'x', template: 'go' }, { isTTY: true, answers: new Answers() })).exitCode).toBe(
      0,
    );
  });

  it('offers what was found', async () => {
    putGo();
    put('package.json', '{ "scripts": { "start": "node index.js" } }');
    put('index.js');
    const answers = new Answers('1');
    expect((await init({}, { isTTY: true, answers })).exitCode).toBe(0);
    expect(answers.asked).toHaveLength(1);
    expect(answers.asked[0]?.offered).toEqual([
      'go build -o {artifact} .; {artifact}',
      'node index.js',
      expect.stringContaining('Another command'),
      expect.stringContaining('template'),
    ]);
    expect(read('croupier.config.json')).toContain('"command": "node index.js"');
  });

  it('takes a command of the user', async () => {
    put('notes.txt');
    const answers = new Answers('command', './run --port {port}');
    const { exitCode } = await init({}, { isTTY: true, answers });
    expect(exitCode).toBe(0);
    expect(read('croupier.config.json')).toContain('"command": "./run --port {port}"');
  });

  it('asks for a template and a name in an empty folder, and fills that', async () => {
    const answers = new Answers('go', 'poker');
    expect((await init({}, { isTTY: true, answers })).exitCode).toBe(0);
    expect(read('go.mod')).toContain('module example.com/poker\n');
    expect(answers.asked.map(({ message }) => message)).toEqual(['Which template?', 'Name of the project']);
  });

  it('puts a new project beside other files into a folder of its own', async () => {
    put('notes.txt');
    const answers = new Answers('project', 'http-python', '');
    const { exitCode, stdout } = await init({}, { isTTY: true, answers });
    expect(exitCode).toBe(0);
    expect(read('game-server/main.py')).toContain('PORT');
    expect(stdout).toContain('  cd game-server\n');
  });

  it('asks for the name alone where the template was said', async () => {
    put('notes.txt');
    const answers = new Answers('poker');
    expect((await init({ template: 'go' }, { isTTY: true, answers })).exitCode).toBe(0);
    expect(read('poker/go.mod')).toContain('module example.com/poker\n');
  });

  it.each([[['0'], 0] as const, [[null], 130] as const, [['project', null], 130] as const])(
    'writes nothing when the user leaves: %j',
    async (given, exitCode) => {
      putGo();
      const answers = new Answers(...given);
      const result = await init({}, { isTTY: true, answers });
      expect(result.exitCode).toBe(exitCode);
      expect(readdirSync(folder).includes('croupier.config.json')).toBe(exitCode === 0);
      if (exitCode !== 0) expect(result.stderr).toContain('Nothing was written.');
    },
  );
});
