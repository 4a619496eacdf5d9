import { describe, expect, it } from 'vitest';
import { supportsUnicode, wantsColor } from '../../../src/observe/color.js';
import { chooseMode } from '../../../src/observe/reporter.js';
import { createStyle } from '../../../src/observe/style.js';

const terminal = { isTTY: true };
const pipe = { isTTY: false };

describe('wantsColor', () => {
  it.each([
    ['a terminal', undefined, {}, terminal, true],
    ['a pipe', undefined, {}, pipe, false],
    ['--no-color on a terminal', false, {}, terminal, false],
    ['--no-color over FORCE_COLOR', false, { FORCE_COLOR: '1' }, terminal, false],
    ['NO_COLOR', undefined, { NO_COLOR: '1' }, terminal, false],
    ['an empty NO_COLOR means nothing', undefined, { NO_COLOR: '' }, terminal, true],
    ['FORCE_COLOR on a pipe', undefined, { FORCE_COLOR: '1' }, pipe, true],
    ['an empty FORCE_COLOR forces', undefined, { FORCE_COLOR: '' }, pipe, true],
    ['FORCE_COLOR=0', undefined, { FORCE_COLOR: '0' }, terminal, false],
    ['FORCE_COLOR=false', undefined, { FORCE_COLOR: 'false' }, terminal, false],
    ['FORCE_COLOR over NO_COLOR', undefined, { FORCE_COLOR: '1', NO_COLOR: '1' }, pipe, true],
    ['TERM=dumb', undefined, { TERM: 'dumb' }, terminal, false],
    ['FORCE_COLOR over TERM=dumb', undefined, { FORCE_COLOR: '1', TERM: 'dumb' }, terminal, true],
  ])('%s', (_, flag, env, stream, expected) => {
    expect(wantsColor({ flag, env, stream })).toBe(expected);
  });
});

describe('chooseMode', () => {
  it.each([
    ['a terminal', false, {}, terminal, 'terminal'],
    ['a pipe', false, {}, pipe, 'plain'],
    ['CI on a terminal', false, { CI: 'true' }, terminal, 'plain'],
    ['CI=false', false, { CI: 'false' }, terminal, 'terminal'],
    ['TERM=dumb', false, { TERM: 'dumb' }, terminal, 'plain'],
    ['--json on a terminal', true, {}, terminal, 'json'],
  ])('%s', (_, json, env, stderr, expected) => {
    expect(chooseMode({ json, env, stderr })).toBe(expected);
  });
});

describe('supportsUnicode', () => {
  it.each([
    ['linux', { TERM: 'xterm-256color' }, true],
    ['linux', { TERM: 'linux' }, false],
    ['darwin', {}, true],
    ['win32', {}, false],
    ['win32', { WT_SESSION: '1' }, true],
  ] as const)('%s %o', (platform, env, expected) => {
    expect(supportsUnicode(env, platform)).toBe(expected);
  });
});

describe('createStyle', () => {
  it('colours or not, whatever this process itself would do', () => {
    expect(createStyle({ color: true, unicode: true }).red('no')).toBe('\u001b[31mno\u001b[39m');
    expect(createStyle({ color: false, unicode: true }).red('no')).toBe('no');
  });

  it('has plain symbols for terminals without Unicode', () => {
    const { symbols, frame, dot, ellipsis } = createStyle({ color: false, unicode: false });
    expect([...Object.values(symbols), frame, dot, ellipsis].join('')).toMatch(/^[ -~]+$/);
  });
});
