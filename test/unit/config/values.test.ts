import { describe, expect, it } from 'vitest';
import { parseCommand } from '../../../src/config/command.js';
import { parseDuration } from '../../../src/config/duration.js';
import { parseListenAddress } from '../../../src/config/listen-address.js';
import { parseSize } from '../../../src/config/size.js';

describe('durations', () => {
  it.each([
    ['20ms', 20],
    ['5s', 5000],
    ['5m', 300_000],
    ['1h', 3_600_000],
    ['1.5s', 1500],
    ['0ms', 0],
    [250, 250],
    [0, 0],
  ])('%j is %d ms', (text, ms) => {
    expect(parseDuration(text)).toEqual({ ok: true, value: ms });
  });

  it.each([
    '',
    'fast',
    '5',
    '5 s',
    '-5s',
    '5S',
    '5sec',
    '1m30s',
    's',
    -1,
    Number.NaN,
    Number.POSITIVE_INFINITY,
  ])('%j is none', (text) => {
    expect(parseDuration(text)).toEqual({ ok: false, error: expect.stringContaining('"20ms"') });
  });

  it.each(['25h', '596h'])('%s can be waited for by a timer', (text) => {
    expect(parseDuration(text).ok).toBe(true);
  });

  it.each(['597h', 2 ** 31])('%j is longer than timers can wait', (text) => {
    expect(parseDuration(text)).toEqual({ ok: false, error: expect.stringContaining('24 days') });
  });
});

describe('sizes', () => {
  it.each([
    ['64MiB', 67_108_864],
    ['16KiB', 16_384],
    ['1GiB', 1_073_741_824],
    ['1MB', 1_000_000],
    ['1kB', 1000],
    ['1KB', 1000],
    ['512B', 512],
    ['1.5KiB', 1536],
    ['64 MiB', 67_108_864],
    [1024, 1024],
    [0, 0],
  ])('%j is %d bytes', (text, bytes) => {
    expect(parseSize(text)).toEqual({ ok: true, value: bytes });
  });

  it.each(['', '64', '64mib', 'MiB', '64 potatoes', '-1MB', -1, Number.NaN, '99999999999GiB'])(
    '%j is none',
    (text) => {
      expect(parseSize(text)).toEqual({ ok: false, error: expect.stringContaining('"64MiB"') });
    },
  );
});

describe('listen addresses', () => {
  it.each([
    ['127.0.0.1:19090', '127.0.0.1', 19090],
    ['localhost:0', 'localhost', 0],
    ['0.0.0.0:80', '0.0.0.0', 80],
    ['[::1]:65535', '::1', 65535],
    [8000, '127.0.0.1', 8000],
    ['8000', '127.0.0.1', 8000],
  ])('%j is %s and %d', (text, host, port) => {
    expect(parseListenAddress(text)).toEqual({ ok: true, value: { host, port } });
  });

  it.each(['', 'localhost', ':80', '127.0.0.1:', '127.0.0.1:65536', '::1:80', 'http://x:80', -1, 1.5, 65536])(
    '%j is none',
    (text) => {
      expect(parseListenAddress(text)).toEqual({
        ok: false,
        error: expect.stringContaining('127.0.0.1:19090'),
      });
    },
  );
});

describe('commands', () => {
  it.each([
    ['node server.js', ['node', 'server.js']],
    ['  node   server.js ', ['node', 'server.js']],
    ['node "a file.js" \'b c\'', ['node', 'a file.js', 'b c']],
    ['go run . -p {port} -o {artifact}', ['go', 'run', '.', '-p', '{port}', '-o', '{artifact}']],
    ['node -e "a && b; c | d > $E"', ['node', '-e', 'a && b; c | d > $E']],
    ['curl http://host/?a=1&b=2', ['curl', 'http://host/?a=1&b=2']],
    ['pip install x>=1', ['pip', 'install', 'x>=1']],
  ])('%j is split without a shell', (text, argv) => {
    expect(parseCommand(text, false)).toEqual({
      ok: true,
      value: { argv, shell: false, display: text.trim() },
    });
  });

  it.each([
    ['a && b', '&&'],
    ['a || b', '||'],
    ['a | b', '|'],
    ['a & b', '&'],
    ['a ; b', ';'],
    ['cd a; b', ';'],
    ['a > out', '>'],
    ['a >>out', '>>'],
    ['a 2>&1', '2>'],
    ['a < in', '<'],
    ['a $(b)', '$('],
    ['a `b`', '`'],
    ['a --port $PORT', '$PORT'],
    ['a --port=$PORT', '$PORT'],
    ['( a )', '('],
  ])('%j needs a shell and says so', (text, operator) => {
    const result = parseCommand(text, false);
    expect(result).toEqual({ ok: false, error: expect.stringContaining(`\`${operator}\``) });
    expect(result).toEqual({ ok: false, error: expect.stringContaining('"shell": true') });
  });

  it('shows the operator, not the word around it, which can hold a secret', () => {
    expect(JSON.stringify(parseCommand('a hush&&hush', false))).not.toContain('hush');
  });

  it('names the variable of an assignment, and not its value', () => {
    const result = parseCommand('TOKEN=hush node x.js', false);
    expect(result).toEqual({ ok: false, error: expect.stringContaining('`TOKEN=`') });
    expect(JSON.stringify(result)).not.toContain('hush');
  });

  it('gives the whole text to a shell where that is asked for', () => {
    const display = 'a && b > "c d"';
    expect(parseCommand(display, true)).toEqual({
      ok: true,
      value: { argv: [display], shell: true, display },
    });
  });

  it('takes an array as it is, and shows it quoted where that is needed', () => {
    const argv = ['node', 'a b', '&&', ''];
    expect(parseCommand(argv, false)).toEqual({
      ok: true,
      value: { argv, shell: false, display: 'node "a b" && ""' },
    });
  });

  it.each([
    ['', false, 'empty'],
    ['   ', true, 'empty'],
    [[''], false, 'empty'],
    ['node "x', false, 'quote'],
    [['a', 'b'], true, 'one string'],
  ])('refuses %j with shell %j', (command, shell, complaint) => {
    expect(parseCommand(command, shell)).toEqual({ ok: false, error: expect.stringContaining(complaint) });
  });
});
