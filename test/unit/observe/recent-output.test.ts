import { expect, it } from 'vitest';
import { RecentOutput } from '../../../src/observe/recent-output.js';

function after(...chunks: readonly string[]): RecentOutput {
  const recent = new RecentOutput();
  for (const chunk of chunks) recent.add(Buffer.from(chunk));
  return recent;
}

it.each([
  ['what was printed last', ['a\nboom\n  at x\n'], ['boom', '  at x'], true],
  ['in pieces and with other line ends', ['bo', 'om\r\n  a', 't x\r\n'], ['boom', '  at x'], true],
  ['with something of another process behind it', ['boom\n', 'tick\n'], ['boom'], false],
  ['with something of another process within', ['boom\n', 'tick\n', '  at x\n'], ['boom', '  at x'], false],
  ['nothing', ['boom\n'], [], false],
])('knows %s', (_name, chunks, lines, expected) => {
  expect(after(...chunks).endsWith(lines)).toBe(expected);
});

it('forgets when lines of our own came in between', () => {
  const recent = after('boom\n');
  recent.clear();
  expect(recent.endsWith(['boom'])).toBe(false);
});

it('remembers no more than it needs', () => {
  const recent = after('first\n', 'x'.repeat(100_000), '\nlast\n');
  expect(recent.endsWith(['last'])).toBe(true);
});
