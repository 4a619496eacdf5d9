import { describe, expect, it } from 'vitest';
import { planWrites } from '../../../src/scaffold/plan.js';
import type { EntryKind } from '../../../src/scaffold/types.js';

const files = ['README.md', 'main.go', 'a/b/c.txt'].map((path) => ({ path, content: path }));
const rules = { force: false, isKept: (path: string) => path === 'README.md' };

function plan(present: Readonly<Record<string, EntryKind>>, force = false) {
  const { writes, kept, collisions } = planWrites(files, new Map(Object.entries(present)), {
    ...rules,
    force,
  });
  return {
    writes: writes.map(({ file, replaces }) => (replaces ? `${file.path} (replaced)` : file.path)),
    kept,
    collisions,
  };
}

describe('planWrites', () => {
  it('writes everything where there is nothing', () => {
    expect(plan({})).toEqual({ writes: ['README.md', 'main.go', 'a/b/c.txt'], kept: [], collisions: [] });
  });

  it('goes into folders that are there', () => {
    expect(plan({ a: 'folder', 'a/b': 'folder' }).collisions).toEqual([]);
  });

  it('finds all collisions, not the first alone', () => {
    expect(plan({ 'main.go': 'file', a: 'folder', 'a/b': 'folder', 'a/b/c.txt': 'file' })).toEqual({
      writes: ['README.md'],
      kept: [],
      collisions: [
        { path: 'main.go', obstacle: 'file' },
        { path: 'a/b/c.txt', obstacle: 'file' },
      ],
    });
  });

  it('keeps what is to be kept', () => {
    expect(plan({ 'README.md': 'file' })).toEqual({
      writes: ['main.go', 'a/b/c.txt'],
      kept: ['README.md'],
      collisions: [],
    });
  });

  it('replaces files by force, also those that would be kept', () => {
    expect(plan({ 'README.md': 'file', 'main.go': 'file' }, true)).toEqual({
      writes: ['README.md (replaced)', 'main.go (replaced)', 'a/b/c.txt'],
      kept: [],
      collisions: [],
    });
  });

  it.each([false, true])(
    'never puts a file where a folder is, or the other way round (force: %s)',
    (force) => {
      const { collisions } = plan(
        { 'main.go': 'folder', 'README.md': 'folder', 'a/b': 'file', a: 'folder' },
        force,
      );
      expect(collisions).toEqual([
        { path: 'README.md', obstacle: 'folder' },
        { path: 'main.go', obstacle: 'folder' },
        { path: 'a/b', obstacle: 'not-a-folder' },
      ]);
    },
  );

  it('tells of an obstacle once, however many files need it away', () => {
    const two = ['a/1', 'a/2'].map((path) => ({ path, content: '' }));
    const { collisions } = planWrites(two, new Map([['a', 'file' as const]]), rules);
    expect(collisions).toEqual([{ path: 'a', obstacle: 'not-a-folder' }]);
  });
});
