import { describe, expect, it } from 'vitest';
import { readListen } from '../../../src/cli/agent-arguments.js';
import { type DevFlags, readDevArguments, splitCommand } from '../../../src/cli/dev-arguments.js';
import { printUnexpected, printUserError, wantsStack } from '../../../src/cli/errors.js';
import { CapturedStream } from '../../support/virtual-terminal.js';

describe('readDevArguments', () => {
  const flags: DevFlags = { watch: true, color: true };

  it('leaves colours to the environment unless they are turned off', () => {
    const read = (color: boolean) =>
      readDevArguments({ names: [], command: null, options: { ...flags, color } });
    expect(read(true)).toMatchObject({ ok: true, value: { color: undefined } });
    expect(read(false)).toMatchObject({ ok: true, value: { color: false } });
  });

  it('hands names, command and flags to the configuration', () => {
    const options = { ...flags, port: '0', strategy: 'overlap', json: true };
    expect(readDevArguments({ names: ['game'], command: ['node', 'x.js'], options })).toEqual({
      ok: true,
      value: {
        flags: {
          config: undefined,
          upstream: undefined,
          service: undefined,
          strategy: 'overlap',
          port: '0',
          names: ['game'],
          command: ['node', 'x.js'],
        },
        watch: true,
        json: true,
        verbose: false,
        color: undefined,
        ci: null,
      },
    });
  });

  it('refuses an empty command, with the way out', () => {
    const result = readDevArguments({ names: [], command: [], options: flags });
    expect(result).toMatchObject({
      ok: false,
      error: {
        exitCode: 2,
        message: 'no command after --',
        wayOut: expect.stringContaining('croupier dev -- '),
      },
    });
  });
});

describe('splitCommand', () => {
  it.each<readonly [readonly string[], readonly string[], readonly string[] | null]>([
    [['dev', '--', 'node', 'x'], ['dev'], ['node', 'x']],
    [
      ['run', 'a', '--', 'node', 'x'],
      ['run', 'a'],
      ['node', 'x'],
    ],
    [['dev', 'a', '--json'], ['dev', 'a', '--json'], null],
    [['invoke', 'f', '--', '-x'], ['invoke', 'f', '--', '-x'], null],
    [['--', 'dev'], ['--', 'dev'], null],
    [[], [], null],
  ])('%j', (argv, rest, command) => {
    // `-- dev` names no command before its dashes, so nothing is split off.
    expect(splitCommand(argv)).toEqual({ argv: rest, command });
  });
});

describe('readListen', () => {
  it('expects SDKs at the usual place, and may move from there', () => {
    expect(readListen(undefined)).toEqual({
      ok: true,
      value: { host: '127.0.0.1', port: 19_090, portIsFixed: false },
    });
  });

  it.each([
    ['0.0.0.0:5', { host: '0.0.0.0', port: 5, portIsFixed: true }],
    ['[::1]:5', { host: '::1', port: 5, portIsFixed: true }],
    ['5', { host: '127.0.0.1', port: 5, portIsFixed: true }],
  ])('%s', (text, value) => {
    expect(readListen(text)).toEqual({ ok: true, value });
  });

  it.each(['nowhere', '127.0.0.1:70000', ''])('refuses %j', (text) => {
    expect(readListen(text)).toMatchObject({
      ok: false,
      error: {
        exitCode: 2,
        message: expect.stringContaining(`--listen is ${JSON.stringify(text)}`),
        wayOut: expect.stringContaining('croupier agent --listen'),
      },
    });
  });
});

describe('errors', () => {
  it('prints what is wrong, then the way out, and answers the exit code', () => {
    const stderr = new CapturedStream();
    const error = {
      exitCode: 3,
      message: 'port 1 is taken\nby init',
      wayOut: 'Take another.\nOr wait.',
    } as const;
    expect(printUserError(error, stderr)).toBe(3);
    expect(stderr.text).toBe('error: port 1 is taken\n  by init\n  Take another.\n  Or wait.\n');
  });

  it('prints a way out only where there is one', () => {
    const stderr = new CapturedStream();
    expect(printUserError({ exitCode: 1, message: 'no' }, stderr)).toBe(1);
    expect(stderr.text).toBe('error: no\n');
  });

  it('says where to report a bug, and copes with whatever was thrown', () => {
    const stderr = new CapturedStream();
    expect(printUnexpected('oops', stderr, { showStack: true, reportTo: 'https://bugs.example' })).toBe(1);
    expect(stderr.text).toContain('error: unexpected: oops\n');
    expect(stderr.text).toContain('report it at https://bugs.example');
  });

  it.each([
    [['dev'], {}, false],
    [['dev'], { CROUPIER_DEBUG: '0' }, false],
    [['dev'], { CROUPIER_DEBUG: '' }, false],
    [['dev'], { CROUPIER_DEBUG: '1' }, true],
    [['dev', '--verbose'], {}, true],
  ])('wantsStack %j %j', (argv, env, expected) => {
    expect(wantsStack(argv, env)).toBe(expected);
  });
});
