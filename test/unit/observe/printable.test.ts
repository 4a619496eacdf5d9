import { describe, expect, it } from 'vitest';
import { formatDuration } from '../../../src/observe/duration.js';
import { endsMidLine } from '../../../src/observe/mid-line.js';
import { keepColors, printable, textWidth, truncate } from '../../../src/observe/printable.js';

describe('printable', () => {
  it('cannot move the cursor or begin a line', () => {
    expect(printable('player.ban\u001b[2J\r\nrm')).toBe('player.ban  rm');
    expect(printable('\u009b31mred')).not.toContain('\u009b');
  });
});

describe('keepColors', () => {
  it('keeps colours and drops everything else', () => {
    expect(keepColors('\u001b[31mred\u001b[0m\u001b[2K\u001b[1A\r!')).toBe('\u001b[31mred\u001b[0m!');
    expect(keepColors('\u001b]0;title\u0007text')).toBe('text');
    expect(keepColors('a\tb')).toBe('a\tb');
  });
});

describe('textWidth and truncate', () => {
  it.each([
    ['', 0],
    ['ready', 5],
    ['● ready', 7],
    ['玩家', 4],
    ['e\u0301', 1],
    ['🎮', 2],
  ])('%s takes %i cells', (text, width) => {
    expect(textWidth(text)).toBe(width);
  });

  it.each([
    ['game-server', 11, 'game-server'],
    ['game-server', 8, 'game-se…'],
    ['玩家服务', 6, '玩家…'],
    ['玩家服务', 5, '玩家…'],
    ['game', 1, '…'],
    ['game', 0, ''],
  ])('%s in %i cells', (text, width, expected) => {
    expect(truncate(text, width, '…')).toBe(expected);
  });
});

describe('formatDuration', () => {
  it.each([
    [0, '0 ms'],
    [142.6, '143 ms'],
    [999.4, '999 ms'],
    [1000, '1 s'],
    [2449, '2.4 s'],
    [12_000, '12 s'],
    [59_700, '1 min'],
    [72_000, '1 min 12 s'],
  ])('%d ms is %s', (ms, text) => {
    expect(formatDuration(ms)).toBe(text);
  });
});

describe('endsMidLine', () => {
  it.each([
    ['a finished line', 'done\n', false, false],
    ['text', 'loading', false, true],
    ['text after a line', 'done\nloading', false, true],
    ['a colour reset after the line', 'done\n\u001b[0m', false, false],
    ['a carriage return after text', '10%\r', false, true],
    ['half a sequence', 'done\n\u001b[3', false, true],
    ['a colour while a line is open', '\u001b[0m', true, true],
    ['the end of an open line', 'rest\n', true, false],
  ])('%s', (_, text, before, expected) => {
    expect(endsMidLine(Buffer.from(text), before)).toBe(expected);
  });

  it('takes half a character for an open line', () => {
    expect(endsMidLine(Buffer.concat([Buffer.from('a\n'), Buffer.from('玩').subarray(0, 1)]), false)).toBe(
      true,
    );
  });
});
