import { chmodSync, existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { askVersion } from '../../../src/process/tool-version.js';
import { processesWith } from '../../support/dev-process.js';

let folder: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'croupier-tool-'));
});

afterEach(() => rmSync(folder, { recursive: true, force: true }));

/** Asks a script for its version. */
function ask(script: string, more: { timeoutMs?: number; signal?: AbortSignal } = {}) {
  const program = join(folder, 'tool');
  writeFileSync(program, `#!/bin/sh\n${script}\n`);
  chmodSync(program, 0o755);
  const env = { PATH: process.env.PATH, MARK: folder };
  return askVersion({ program, args: ['--version'], cwd: folder, env, timeoutMs: 20_000, ...more });
}

describe.skipIf(process.platform === 'win32')('a tool that is asked for its version', () => {
  it.each([
    ['on stdout', 'echo "tool 1.2.3 $1"', 'tool 1.2.3 --version'],
    ['on stderr', 'echo "tool 1.2.3" >&2', 'tool 1.2.3'],
    ['by failing', 'echo "tool 1.2.3"; exit 1', null],
    ['without fetching another one', 'echo "$GOTOOLCHAIN"', 'local'],
  ])('answers %s', async (_, script, expected) => {
    expect(await ask(script)).toBe(expected);
  });

  it('may be missing', async () => {
    const question = { program: join(folder, 'none'), args: [], cwd: folder, env: {}, timeoutMs: 20_000 };
    expect(await askVersion(question)).toBeNull();
  });

  it('is ended with all that it has started when it takes too long', async () => {
    expect(await ask('sleep 60 & sleep 60', { timeoutMs: 100 })).toBeNull();
    if (process.platform === 'linux') expect(processesWith(`MARK=${folder}`)).toEqual([]);
  });

  it('is ended when nobody waits any more', async () => {
    const waiting = new AbortController();
    const asked = ask('touch began; sleep 60', { signal: waiting.signal });
    while (!existsSync(join(folder, 'began'))) await new Promise((resolve) => setTimeout(resolve, 5));
    waiting.abort();
    expect(await asked).toBeNull();
    expect(await ask('touch again', { signal: waiting.signal })).toBeNull();
    expect(existsSync(join(folder, 'again'))).toBe(false);
  });
});
