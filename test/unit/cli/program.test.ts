import { PassThrough } from 'node:stream';
import { describe, expect, it } from 'vitest';
import type { CliIo } from '../../../src/cli/io.js';
import { type Commands, runCli } from '../../../src/cli/program.js';
import { readPackageInfo } from '../../../src/config/package-info.js';
import { CapturedStream } from '../../support/virtual-terminal.js';
import { fakeCommands } from './fake-commands.js';

async function run(argv: readonly string[], commands: Partial<Commands> = {}, env: NodeJS.ProcessEnv = {}) {
  const calls: { readonly command: string; readonly args: object | string }[] = [];
  const record = (command: string) => async (args: object | string) => {
    calls.push({ command, args });
    return 0;
  };
  const stdout = new CapturedStream();
  const stderr = new CapturedStream();
  const io: CliIo = { stdin: new PassThrough(), stdout, stderr, cwd: '/', env };
  const exitCode = await runCli(argv, io, { ...fakeCommands(record), ...commands });
  return { exitCode, stdout: stdout.text, stderr: stderr.text, calls };
}

describe('help and version', () => {
  it.each([
    ['--help', 'croupier dev -- python main.py'],
    ['-h', 'Commands:'],
    ['help', 'Commands:'],
    ['help dev', 'croupier dev --strategy stop-first'],
    ['dev --help', '[-- command...]'],
    ['dev --help', 'Exit codes:'],
    ['invoke --help', 'croupier invoke player.ban -'],
    ['agent --help', 'croupier agent --listen 127.0.0.1:0'],
  ])('croupier %s', async (line, expected) => {
    const { exitCode, stdout, stderr, calls } = await run(line.split(' '));
    expect(stdout).toContain(expected);
    expect(exitCode).toBe(0);
    expect(stderr).toBe('');
    expect(calls).toEqual([]);
  });

  it.each(['--version', '-V'])('croupier %s', async (flag) => {
    expect(await run([flag])).toMatchObject({ exitCode: 0, stdout: `${readPackageInfo().version}\n` });
    expect(readPackageInfo().version).toMatch(/^\d+\.\d+\.\d+/);
  });

  it('offers only what there is', async () => {
    const { stdout } = await run(['dev', '--help']);
    expect(stdout).not.toMatch(/--dashboard/);
  });
});

describe('every command', () => {
  const commands = Object.keys(fakeCommands(() => async () => 0)).filter((name) => name !== 'complete');

  it.each(commands)('%s is listed, and its help has an example and the exit codes', async (name) => {
    expect((await run(['--help'])).stdout).toMatch(new RegExp(`^ {2}${name} `, 'm'));
    const { stdout } = await run([name, '--help']);
    expect(stdout).toMatch(new RegExp(`^Examples:\n(?: {2}.*\n)*? {2}.*croupier ${name}`, 'm'));
    if (name !== 'completion') expect(stdout).toContain('Exit codes:');
  });

  it.each(commands)('%s guesses what a wrong flag was meant to be', async (name) => {
    const { stdout } = await run([name, '--help']);
    const flag = /--[a-z-]{4,}/.exec(stdout.slice(stdout.indexOf('Options:')))?.[0] ?? '';
    const { exitCode, stderr } = await run([name, `${flag}x`]);
    expect(stderr).toContain(`(Did you mean ${flag}?)`);
    expect(exitCode).toBe(2);
  });
});

describe('usage errors', () => {
  it.each([
    ['', 'Usage: croupier'],
    ['dve', "unknown command 'dve'\n(Did you mean dev?)"],
    ['docter', '(Did you mean doctor?)'],
    ['dev --stratgy auto', '(Did you mean --strategy?)'],
    ['completion tcsh', 'Allowed choices are bash, zsh, fish'],
    ['init --update-sdk --template go', "'--update-sdk' cannot be used with option '--template <name>'"],
    ['dev --strategy fast', 'auto, overlap, stop-first'],
    ['dev --port', "'--port <n>' argument missing"],
    ['invoke', "missing required argument 'function'"],
    ['invoke player.ban {} more', 'too many arguments'],
    ['agent more', 'too many arguments'],
  ])('croupier %s', async (line, expected) => {
    const { exitCode, stdout, stderr, calls } = await run(line === '' ? [] : line.split(' '));
    expect(stderr).toContain(expected);
    expect(exitCode).toBe(2);
    expect(stdout).toBe('');
    expect(calls).toEqual([]);
  });
});

describe('dev', () => {
  const parse = async (...argv: string[]) => (await run(['dev', ...argv])).calls[0]?.args;

  it('takes nothing at all', async () => {
    expect(await parse()).toEqual({ names: [], command: null, options: { watch: true, color: true } });
  });

  it('takes every flag', async () => {
    const flags =
      '--config c.json --upstream none --service id --strategy overlap --no-watch --port 0 --json --verbose --no-color';
    expect(await parse('one', 'two', ...flags.split(' '))).toEqual({
      names: ['one', 'two'],
      command: null,
      options: {
        config: 'c.json',
        upstream: 'none',
        service: 'id',
        strategy: 'overlap',
        watch: false,
        port: '0',
        json: true,
        verbose: true,
        color: false,
      },
    });
  });

  it('leaves everything after -- to the command', async () => {
    expect(await parse('one', '--json', '--', 'node', 'server.js', '--port', '80', '--', 'x')).toEqual({
      names: ['one'],
      command: ['node', 'server.js', '--port', '80', '--', 'x'],
      options: { json: true, watch: true, color: true },
    });
  });

  it('knows an empty command from none', async () => {
    expect(await parse('--')).toMatchObject({ command: [] });
  });
});

describe('invoke', () => {
  const parse = async (...argv: string[]) => (await run(['invoke', ...argv])).calls[0]?.args;
  const nothing = {
    payload: undefined,
    job: false,
    timeout: undefined,
    metadata: [],
    idempotencyKey: undefined,
    agent: undefined,
    tls: { ca: undefined, cert: undefined, key: undefined, serverName: undefined },
    json: false,
  };

  it.each<readonly [string, readonly string[], object]>([
    ['only a function', ['player.ban'], {}],
    ['a payload', ['player.ban', '{"a": 1}'], { payload: '{"a": 1}' }],
    ['stdin', ['player.ban', '-'], { payload: '-' }],
    ['a negative number', ['player.ban', '-5'], { payload: '-5' }],
    ['what looks like a flag', ['player.ban', '--', '--x'], { payload: '--x' }],
    ['a job', ['player.ban', '--job', '--json'], { job: true, json: true }],
    ['metadata', ['player.ban', '--metadata', 'a=1', '--metadata', 'b=2'], { metadata: ['a=1', 'b=2'] }],
    [
      'TLS',
      ['player.ban', '--tls-ca', 'ca', '--tls-cert', 'c', '--tls-key', 'k', '--tls-server-name', 'n'],
      { tls: { ca: 'ca', cert: 'c', key: 'k', serverName: 'n' } },
    ],
    [
      'the rest',
      ['player.ban', '--timeout', '2s', '--idempotency-key', 'k', '--agent', 'h:1'],
      { timeout: '2s', idempotencyKey: 'k', agent: 'h:1' },
    ],
  ])('%s', async (_, argv, expected) => {
    expect(await parse(...argv)).toEqual({ functionId: 'player.ban', ...nothing, ...expected });
  });
});

describe('agent', () => {
  it('takes its flags', async () => {
    const { calls } = await run(['agent', '--listen', '127.0.0.1:0', '--json', '--verbose', '--no-color']);
    expect(calls).toEqual([
      { command: 'agent', args: { listen: '127.0.0.1:0', json: true, verbose: true, color: false } },
    ]);
  });

  it('takes none', async () => {
    const { calls } = await run(['agent']);
    expect(calls[0]?.args).toEqual({ listen: undefined, json: false, verbose: false, color: true });
  });
});

describe('the exit code', () => {
  it.each([0, 1, 2, 3, 130])('is what the command answers: %i', async (code) => {
    expect((await run(['dev'], { dev: async () => code })).exitCode).toBe(code);
  });

  const broken: Partial<Commands> = {
    dev: () => Promise.reject(new Error('the impossible happened\nreally')),
  };

  it('is 1 for a bug, told in a line without a stack', async () => {
    const { exitCode, stderr } = await run(['dev'], broken);
    expect(exitCode).toBe(1);
    expect(stderr).toContain('error: unexpected: the impossible happened\n');
    expect(stderr).toContain('report');
    expect(stderr).not.toContain('    at ');
  });

  it.each([
    ['--verbose', ['dev', '--verbose'], {}],
    ['CROUPIER_DEBUG', ['dev'], { CROUPIER_DEBUG: '1' }],
  ])('comes with the stack on %s', async (_, argv, env) => {
    const { exitCode, stderr } = await run(argv, broken, env);
    expect(exitCode).toBe(1);
    expect(stderr).toContain('    at ');
  });
});
