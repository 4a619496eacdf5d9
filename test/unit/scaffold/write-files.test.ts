import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import * as fs from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { PlannedWrite } from '../../../src/scaffold/plan.js';
import { type FileSystem, writeFiles } from '../../../src/scaffold/write-files.js';

let folder: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'croupier-write-'));
});

afterEach(() => rmSync(folder, { recursive: true, force: true }));

const write = (path: string, replaces = false): PlannedWrite => ({
  file: { path, content: `new ${path}` },
  replaces,
});

/** Every entry below the folder with its content; folders end in a slash. */
function tree(): Readonly<Record<string, string>> {
  const names = readdirSync(folder, { recursive: true, encoding: 'utf8' }).sort();
  return Object.fromEntries(
    names.map((name) => {
      const path = join(folder, name);
      return statSync(path).isDirectory() ? [`${name}/`, ''] : [name, readFileSync(path, 'utf8')];
    }),
  );
}

/** A file system whose `name` fails at the given call, counted from 1. */
function failing(name: 'rename' | 'writeFile', at: number): FileSystem {
  let calls = 0;
  const fail = async () => {
    calls += 1;
    if (calls === at) throw Object.assign(new Error('no space left on device'), { code: 'ENOSPC' });
  };
  const rename: FileSystem['rename'] = async (from, to) => {
    await fail();
    return fs.rename(from, to);
  };
  const writeFile: FileSystem['writeFile'] = async (...args) => {
    await fail();
    return fs.writeFile(...args);
  };
  return { ...fs, ...(name === 'rename' ? { rename } : { writeFile }) };
}

describe('writeFiles', () => {
  it('writes files and the folders that they need, and leaves nothing else', async () => {
    const target = join(folder, 'new', 'game');
    const result = await writeFiles(target, [write('README.md'), write('a/b/c.txt')]);
    expect(result).toEqual({ ok: true, value: undefined });
    expect(tree()).toEqual({
      'new/': '',
      'new/game/': '',
      'new/game/README.md': 'new README.md',
      'new/game/a/': '',
      'new/game/a/b/': '',
      'new/game/a/b/c.txt': 'new a/b/c.txt',
    });
  });

  it('replaces what is to be replaced, and leaves other files alone', async () => {
    writeFileSync(join(folder, 'README.md'), 'old');
    writeFileSync(join(folder, 'other'), 'other');
    await writeFiles(folder, [write('README.md', true), write('main.go')]);
    expect(tree()).toEqual({ 'README.md': 'new README.md', 'main.go': 'new main.go', other: 'other' });
  });

  it('makes files that everybody may read who may read the folder', async () => {
    await writeFiles(folder, [write('main.go')]);
    expect(statSync(join(folder, 'main.go')).mode & 0o777).toBe(0o666 & ~process.umask());
  });

  // Two of the renames are those of the file that is replaced.
  it.each([
    ['writeFile', 1],
    ['writeFile', 3],
    ['rename', 1],
    ['rename', 2],
    ['rename', 3],
    ['rename', 4],
  ] as const)('leaves everything as it was when %s fails at its call %i', async (name, at) => {
    writeFileSync(join(folder, 'README.md'), 'old');
    mkdirSync(join(folder, 'a'));
    const before = tree();
    const writes = [write('main.go'), write('README.md', true), write('a/b/c.txt')];
    const result = await writeFiles(folder, writes, failing(name, at));
    expect(result).toEqual({ ok: false, error: { message: 'no space left on device', code: 'ENOSPC' } });
    expect(tree()).toEqual(before);
  });

  it('takes away a folder that it had to make', async () => {
    const target = join(folder, 'new', 'game');
    const result = await writeFiles(target, [write('a/b'), write('c')], failing('rename', 2));
    expect(result.ok).toBe(false);
    expect(tree()).toEqual({});
  });

  it('tells that a folder cannot be made', async () => {
    writeFileSync(join(folder, 'file'), '');
    const result = await writeFiles(join(folder, 'file', 'game'), [write('a')]);
    expect(result).toMatchObject({ ok: false, error: { code: 'ENOTDIR' } });
    expect(tree()).toEqual({ file: '' });
  });
});
