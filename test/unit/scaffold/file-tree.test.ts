import { expect, it } from 'vitest';
import { drawTree } from '../../../src/scaffold/file-tree.js';

it('draws folders before files, each by name', () => {
  const paths = ['z.md', 'src/b.ts', 'a.json', 'src/deep/x.ts', 'src/a.ts', 'lib/only.ts'];
  expect(drawTree('game', paths)).toEqual([
    'game/',
    '├─ lib/',
    '│  └─ only.ts',
    '├─ src/',
    '│  ├─ deep/',
    '│  │  └─ x.ts',
    '│  ├─ a.ts',
    '│  └─ b.ts',
    '├─ a.json',
    '└─ z.md',
  ]);
});
