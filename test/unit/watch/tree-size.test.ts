import { expect, it } from 'vitest';
import { hasMoreFolders } from '../../../src/watch/tree-size.js';
import { Tree } from './tree.js';

it('counts folders, not files, and not below ignored ones', () => {
  const tree = new Tree({ 'a/1': '', 'a/2': '', 'a/b/3': '', 'ignored/c/4': '', 'ignored/d/5': '' });
  const all = () => true;
  expect(hasMoreFolders([tree.path('.')], 2, all)).toBe(true);
  expect(hasMoreFolders([tree.path('.')], 6, all)).toBe(false);
  expect(hasMoreFolders([tree.path('.')], 3, (path) => !path.endsWith('ignored'))).toBe(false);
  expect(hasMoreFolders([tree.path('nowhere')], 1, all)).toBe(false);
});
