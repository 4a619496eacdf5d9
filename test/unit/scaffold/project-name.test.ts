import { describe, expect, it } from 'vitest';
import { checkProjectName, toProjectName } from '../../../src/scaffold/project-name.js';

describe('toProjectName', () => {
  it.each([
    ['my-game', 'my-game'],
    ['My Game (2)', 'my-game-2'],
    ['Über_Spiel', 'uber-spiel'],
    ['2048', '2048'],
    ['.hidden', 'hidden'],
    ['---', 'game-server'],
    ['游戏', 'game-server'],
    ['', 'game-server'],
    ['croupier-cli', 'game-server'],
    [`${'x'.repeat(63)}-y`, 'x'.repeat(63)],
  ])('%s: %s', (folder, name) => {
    expect(toProjectName(folder)).toBe(name);
    expect(checkProjectName(name)).toBeNull();
  });
});

describe('checkProjectName', () => {
  it.each(['', 'My', 'a b', 'a--b', '-a', 'a-', 'a/b', '../a', 'a.b', 'a_b'])('refuses %j', (name) => {
    expect(checkProjectName(name)).toContain('small letters');
  });

  it('refuses what is too long, and its own name', () => {
    expect(checkProjectName('x'.repeat(65))).toContain('64');
    expect(checkProjectName('croupier-cli')).toContain('take another');
  });
});
