import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { isKept, lookAtFolder, lookUp, projectEntries } from '../../../src/scaffold/target-folder.js';

let folder: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'croupier-target-'));
});

afterEach(() => rmSync(folder, { recursive: true, force: true }));

describe('lookAtFolder', () => {
  it('knows a folder from a file and from nothing', async () => {
    writeFileSync(join(folder, 'file'), '');
    mkdirSync(join(folder, 'empty'));
    expect(await lookAtFolder(folder)).toEqual({ state: 'folder', entries: ['empty', 'file'] });
    expect(await lookAtFolder(join(folder, 'empty'))).toEqual({ state: 'folder', entries: [] });
    expect(await lookAtFolder(join(folder, 'missing'))).toEqual({ state: 'missing' });
    expect(await lookAtFolder(join(folder, 'file'))).toEqual({ state: 'not-a-folder' });
  });
});

describe('projectEntries', () => {
  it('does not count what a new repository has', () => {
    const entries = [
      '.git',
      '.gitignore',
      'LICENSE',
      'README.md',
      'Readme',
      '.github',
      'COPYING.txt',
      '.vscode',
    ];
    expect(projectEntries([...entries, 'main.go', 'readme-tool', 'docs'])).toEqual([
      'main.go',
      'readme-tool',
      'docs',
    ]);
  });
});

describe('isKept', () => {
  it.each([
    ['README.md', true],
    ['.gitignore', true],
    ['docs/README.md', false],
    ['main.go', false],
  ])('%s: %s', (path, kept) => expect(isKept(path)).toBe(kept));
});

describe('lookUp', () => {
  it('tells what stands at each path, and at the folders above', async () => {
    mkdirSync(join(folder, 'a', 'b'), { recursive: true });
    writeFileSync(join(folder, 'a', 'file'), '');
    symlinkSync(join(folder, 'nowhere'), join(folder, 'broken'));
    symlinkSync(join(folder, 'a'), join(folder, 'link'));
    const paths = ['a/b', 'a/file', 'a/file/below', 'missing/x', 'link/file', 'broken'];
    const present = await lookUp(
      folder,
      paths.map((path) => ({ path, content: '' })),
    );
    expect(Object.fromEntries(present)).toEqual({
      a: 'folder',
      'a/b': 'folder',
      'a/file': 'file',
      link: 'folder',
      'link/file': 'file',
      broken: 'file',
    });
  });
});
