import { tmpdir } from 'node:os';
import { describe, expect, it } from 'vitest';
import { runCroupier } from '../../support/dev-process.js';

/** Runs source text inside the process before croupier itself. */
const preload = (source: string): string => `--import=data:text/javascript,${encodeURIComponent(source)}`;

describe('something that nobody expected, in the middle of a command', () => {
  const NODE_OPTIONS = preload("setTimeout(() => { throw new Error('the impossible') }, 300)");
  const agent = ['agent', '--listen', '127.0.0.1:0'];

  it('ends it with a line and exit code 1', async () => {
    const { code, stderr } = await runCroupier(tmpdir(), agent, { NODE_OPTIONS });
    expect(code).toBe(1);
    expect(stderr).toContain('error: unexpected: the impossible\n  This is a bug in croupier');
    expect(stderr).not.toContain('    at ');
  });

  it('shows where it came from when asked to', async () => {
    const { code, stderr } = await runCroupier(tmpdir(), agent, { NODE_OPTIONS, CROUPIER_DEBUG: '1' });
    expect(code).toBe(1);
    expect(stderr).toContain('    at ');
  });
});

it('a finished command ends even where something was left open', async () => {
  const NODE_OPTIONS = preload('setInterval(() => {}, 1000)');
  expect(await runCroupier(tmpdir(), ['--version'], { NODE_OPTIONS })).toMatchObject({ code: 0 });
});
