import { PassThrough } from 'node:stream';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { ok, type Result } from '../../../src/core/result.js';
import { ownsTerminal } from '../../../src/observe/foreground.js';
import { canReadKeys, type KeyCommand, openKeyboard } from '../../../src/observe/keys.js';
import { FakeKeyboard } from '../../support/fake-keyboard.js';
import { TerminalStream, VirtualTerminal } from '../../support/virtual-terminal.js';

/** A busy machine may take its time. */
const eventually = (assertion: () => void): Promise<void> => vi.waitFor(assertion, { timeout: 15_000 });

function open(functions: readonly string[] = ['player.ban', 'server.status']) {
  const stdin = new FakeKeyboard();
  const terminal = new VirtualTerminal();
  const commands: KeyCommand[] = [];
  const printed: string[] = [];
  const calls: [string, string][] = [];
  const answers: Result<string, string>[] = [];
  const screen = { clears: 0, suspensions: 0, stops: 0 };
  const keyboard = openKeyboard({
    stdin,
    stderr: new TerminalStream(terminal),
    reporter: {
      print: (lines) => printed.push(...lines),
      clear: () => {
        screen.clears += 1;
      },
      suspend: () => {
        screen.suspensions += 1;
        return () => {
          screen.suspensions -= 1;
        };
      },
    },
    handlers: {
      onCommand: (command) => commands.push(command),
      functions: () => functions,
      invoke: async (id, payload) => {
        calls.push([id, payload]);
        return answers.shift() ?? ok('{"result":"success"}');
      },
    },
    stopProcess: () => {
      screen.stops += 1;
    },
  });
  onTestFinished(() => keyboard.close());
  const shown = (text: string) => eventually(() => expect(terminal.lines.join('\n')).toContain(text));
  return { stdin, terminal, commands, printed, calls, answers, screen, keyboard, shown };
}

describe('keys', () => {
  it('become commands', async () => {
    const { stdin, commands } = open();
    for (const key of ['r', 'p', 'q', '\u0003']) stdin.press(key);
    await eventually(() => expect(commands).toEqual(['reload', 'pause', 'quit', 'interrupt']));
  });

  it('clear the screen, help, and make room', async () => {
    const { stdin, screen, printed } = open();
    stdin.press('c');
    stdin.press('\r');
    stdin.press('h');
    await eventually(() => expect(printed).toHaveLength(4));
    expect(screen.clears).toBe(1);
    expect(printed[0]).toBe('');
    expect(printed.join('\n')).toMatch(/r {2}reload[\s\S]*q {2}quit/);
  });

  it('that come together all count, but not what was pasted, nor arrows, nor others', async () => {
    const { stdin, commands } = open();
    for (const text of ['quarterly report', '\u001b[A', '\u001bq', 'x', 'Q', 'rp']) stdin.press(text);
    await eventually(() => expect(commands).toEqual(['reload', 'pause']));
  });

  it('are read one by one, and the terminal is given back', () => {
    const { stdin, keyboard } = open();
    expect(stdin.isRaw).toBe(true);
    keyboard.close();
    expect(stdin.isRaw).toBe(false);
    expect(stdin.isPaused()).toBe(true);
    expect(stdin.listenerCount('data')).toBe(0);
  });

  it('Ctrl-Z gives the terminal back until the process goes on', async () => {
    const { stdin, screen, commands } = open();
    stdin.press('\u001a');
    await eventually(() => expect(screen.stops).toBe(1));
    expect(stdin.isRaw).toBe(false);
    expect(screen.suspensions).toBe(1);
    process.emit('SIGCONT');
    expect(stdin.isRaw).toBe(true);
    expect(screen.suspensions).toBe(0);
    stdin.press('r');
    await eventually(() => expect(commands).toEqual(['reload']));
  });

  it('leave no listener for SIGCONT when closed while stopped', async () => {
    const listeners = process.listenerCount('SIGCONT');
    const { stdin, screen, keyboard } = open();
    stdin.press('\u001a');
    await eventually(() => expect(screen.stops).toBe(1));
    keyboard.close();
    expect(process.listenerCount('SIGCONT')).toBe(listeners);
  });
});

describe('the key i', () => {
  it('asks for a function and a payload, calls, and prints the answer', async () => {
    const { stdin, calls, printed, screen, commands, shown } = open();
    stdin.press('i');
    await shown('function');
    expect(screen.suspensions).toBe(1);
    stdin.press('pla\t');
    await shown(': player.ban');
    stdin.press('\r');
    await shown('payload (JSON): {}');
    stdin.press('\u0015{"playerId":"42"}\r');
    await eventually(() => expect(printed).toEqual(['player.ban -> {"result":"success"}']));
    expect(calls).toEqual([['player.ban', '{"playerId":"42"}']]);
    expect(screen.suspensions).toBe(0);
    stdin.press('r');
    await eventually(() => expect(commands).toEqual(['reload']));
  });

  it('leaves nothing of a finished prompt listening to the keys', async () => {
    const { stdin, printed } = open(['player.ban']);
    for (let time = 1; time <= 3; time++) {
      stdin.press('i');
      await eventually(() => expect(stdin.listenerCount('keypress')).toBe(1));
      stdin.press('\r');
      await eventually(() => expect(stdin.listenerCount('keypress')).toBe(1));
      stdin.press('\r');
      await eventually(() => expect(printed).toHaveLength(time));
      expect(stdin.listenerCount('keypress')).toBe(0);
      expect(stdin.isRaw).toBe(true);
    }
  });

  it('fills in the only function there is, and sends {} for an empty payload', async () => {
    const { stdin, calls, shown } = open(['player.ban']);
    stdin.press('i');
    await shown('function (Tab completes): player.ban');
    stdin.press('\r');
    await shown('payload');
    stdin.press('\u0015\r');
    await eventually(() => expect(calls).toEqual([['player.ban', '{}']]));
  });

  it('asks again for a payload that is not JSON, with what was typed', async () => {
    const { stdin, calls, shown, terminal } = open(['player.ban']);
    stdin.press('i');
    await shown('function');
    stdin.press('\r');
    await shown('payload');
    stdin.press('\u0015{"a":\r');
    await shown('not JSON');
    await eventually(() => expect(terminal.lines.at(-1)).toBe('payload (JSON): {"a":'));
    stdin.press('1}\r');
    await eventually(() => expect(calls).toEqual([['player.ban', '{"a":1}']]));
  });

  it('begins with the last payload of the function, and knows earlier ones', async () => {
    const { stdin, calls, shown, printed, terminal } = open(['player.ban']);
    stdin.press('i');
    await shown('function');
    stdin.press('\r');
    await shown('payload');
    stdin.press('\u0015[1]\r');
    await eventually(() => expect(printed).toHaveLength(1));
    stdin.press('i');
    await eventually(() => expect(stdin.listenerCount('keypress')).toBe(1));
    stdin.press('\r');
    await eventually(() => expect(terminal.lines.at(-1)).toBe('payload (JSON): [1]'));
    stdin.press('\u0015[2]\r');
    await eventually(() => expect(printed).toHaveLength(2));
    stdin.press('i');
    await eventually(() => expect(terminal.lines.at(-1)).toBe('function (Tab completes): player.ban'));
    stdin.press('\r');
    await eventually(() => expect(terminal.lines.at(-1)).toBe('payload (JSON): [2]'));
    stdin.press('\u0015\u001b[A\u001b[A\r');
    await eventually(() => expect(calls[2]).toEqual(['player.ban', '[1]']));
  });

  it.each([
    ['Ctrl-C', '\u0003'],
    ['Ctrl-D', '\u0015\u0004'],
    ['nothing typed', '\r'],
  ])('gives up: %s', async (_, keys) => {
    const { stdin, calls, commands, screen, shown } = open();
    stdin.press('i');
    await shown('function');
    stdin.press(keys);
    await eventually(() => expect(screen.suspensions).toBe(0));
    expect(stdin.isRaw).toBe(true);
    stdin.press('r');
    await eventually(() => expect(commands).toEqual(['reload']));
    expect(calls).toEqual([]);
  });

  it('prints why a call failed', async () => {
    const { stdin, printed, answers, shown } = open(['player.ban']);
    answers.push({ ok: false, error: 'NOT_FOUND: no player\n42' });
    stdin.press('i');
    await shown('function');
    stdin.press('\r');
    await shown('payload');
    stdin.press('\r');
    await eventually(() => expect(printed).toEqual(['player.ban failed: NOT_FOUND: no player', '42']));
  });

  it('ends when the session is closed meanwhile', async () => {
    const { stdin, keyboard, screen, shown } = open();
    stdin.press('i');
    await shown('function');
    keyboard.close();
    await eventually(() => expect(screen.suspensions).toBe(0));
    expect(stdin.isRaw).toBe(false);
    expect(stdin.isPaused()).toBe(true);
  });
});

describe('canReadKeys', () => {
  it.each([
    ['a pipe', { mode: 'terminal', stdin: new PassThrough(), childHasStdin: false }],
    ['the child has stdin', { mode: 'terminal', stdin: new FakeKeyboard(), childHasStdin: true }],
    ['json', { mode: 'json', stdin: new FakeKeyboard(), childHasStdin: false }],
    ['plain lines', { mode: 'plain', stdin: new FakeKeyboard(), childHasStdin: false }],
  ] as const)('no: %s', (_, options) => {
    expect(canReadKeys(options)).toBe(false);
  });
});

describe('ownsTerminal', () => {
  const stat = (group: number, foreground: number) =>
    `4711 (node (dev) x) S 4700 ${group} 4700 34816 ${foreground} 4194304 1 2`;

  it.each([
    ['in the foreground', stat(4711, 4711), true],
    ['in the background', stat(4711, 4700), false],
    ['without a terminal', stat(4711, -1), true],
    ['unreadable', '', true],
  ])('%s', (_, text, expected) => {
    expect(ownsTerminal(text)).toBe(expected);
  });
});
