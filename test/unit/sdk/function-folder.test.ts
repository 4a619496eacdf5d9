import { expect, test } from 'vitest';
import { hotPatterns, kindOf } from '../../../src/sdk/function-folder.js';
import { PatternSet } from '../../../src/watch/patterns.js';

const FOLDER = { root: '/game', path: '/game/functions' };

test.each([
  ['functions/ban.ts', 'module'],
  ['functions/player/ban.mjs', 'module'],
  ['functions/player.cts', 'module'],
  ['functions/lib/greeting.ts', 'source'],
  ['functions/player/lib/deep/greeting.ts', 'source'],
  ['functions/_draft.ts', 'source'],
  ['functions/.old/ban.js', 'source'],
  ['functions/ban.test.ts', 'source'],
  ['functions/ban.spec.js', 'source'],
  ['functions/ban.d.ts', 'source'],
  ['functions/library.ts', 'module'],
  ['functions/table.json', 'other'],
  ['functions/README.md', 'other'],
  ['functions/node_modules/x/index.js', 'other'],
  ['server.ts', 'other'],
  ['functions.ts', 'other'],
  ['../functions/ban.ts', 'other'],
])('%s is of the kind %s', (path, kind) => {
  expect(kindOf(FOLDER, `/game/${path}`.replace('/game/../', '/'))).toBe(kind);
});

test('the folder and what is imported from outside of it are hot', () => {
  const patterns = hotPatterns(FOLDER, ['/game/functions/ban.ts', '/game/shared/[id].ts', '/elsewhere/x.ts']);
  expect(patterns).toEqual(['functions/**', '/shared/\\[id\\].ts']);
  const set = new PatternSet(patterns);
  const hot = ['functions/deep/ban.ts', 'shared/[id].ts', 'shared/i.ts', 'server.ts', 'src/shared/[id].ts'];
  expect(hot.filter((path) => set.test(path) === 'ignored')).toEqual([
    'functions/deep/ban.ts',
    'shared/[id].ts',
  ]);
});
