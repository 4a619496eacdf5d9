import { describe, expect, it } from 'vitest';
import type { WatchRule } from '../../../src/config/types.js';
import { classify, compileRules } from '../../../src/watch/match.js';
import { PatternSet } from '../../../src/watch/patterns.js';
import { rule } from './tree.js';

const RULES: readonly WatchRule[] = [
  rule('docs/**', 'ignore'),
  rule('*.proto', 'run', 'make proto {files}'),
  rule('config/*.json', 'restart'),
  rule('/assets', 'restart'),
  rule('*.sql', 'run', 'migrate {files}'),
  rule('../shared/**', 'restart'),
  rule('config/**', 'rebuild'),
];

const cases: readonly {
  name: string;
  paths: readonly string[];
  action: string;
  rule: string;
  runs?: readonly (readonly [string, readonly string[]])[];
}[] = [
  { name: 'no rule matches', paths: ['main.go'], action: 'rebuild', rule: 'default' },
  {
    name: 'a pattern without a slash matches at any depth',
    paths: ['a/b/x.proto'],
    action: 'none',
    rule: '*.proto',
    runs: [['make proto {files}', ['a/b/x.proto']]],
  },
  {
    name: 'a pattern with a slash belongs to the service folder',
    paths: ['lib/config/a.json'],
    action: 'rebuild',
    rule: 'default',
  },
  {
    name: 'the first matching rule wins',
    paths: ['config/a.json'],
    action: 'restart',
    rule: 'config/*.json',
  },
  {
    name: 'a later rule takes what earlier ones leave',
    paths: ['config/a.yaml'],
    action: 'rebuild',
    rule: 'config/**',
  },
  {
    name: 'a folder pattern takes everything below',
    paths: ['assets/a/b.png'],
    action: 'restart',
    rule: '/assets',
  },
  { name: 'ignored files ask for nothing', paths: ['docs/a.md'], action: 'none', rule: 'docs/**' },
  {
    name: 'restart is stronger than ignore and run',
    paths: ['docs/a.md', 'a.proto', 'config/a.json'],
    action: 'restart',
    rule: 'config/*.json',
    runs: [['make proto {files}', ['a.proto']]],
  },
  {
    name: 'rebuild is the strongest',
    paths: ['config/a.json', 'docs/a.md', 'z.go'],
    action: 'rebuild',
    rule: 'default',
  },
  {
    name: 'of equals the first file by name decides',
    paths: ['z.go', 'config/a.yaml'],
    action: 'rebuild',
    rule: 'config/**',
  },
  {
    name: 'commands come in the order of the rules, with sorted files',
    paths: ['b.sql', 'c.proto', 'a.sql', 'a.proto'],
    action: 'none',
    rule: '*.proto',
    runs: [
      ['make proto {files}', ['a.proto', 'c.proto']],
      ['migrate {files}', ['a.sql', 'b.sql']],
    ],
  },
  {
    name: 'files beside the service folder are matched by `../`',
    paths: ['../shared/x.go'],
    action: 'restart',
    rule: '../shared/**',
  },
  {
    name: 'files beside the service folder are not those in it',
    paths: ['shared/x.go'],
    action: 'rebuild',
    rule: 'default',
  },
  { name: 'nothing changed', paths: [], action: 'none', rule: 'default' },
];

describe('classify', () => {
  it.each(cases)('$name', ({ paths, action, rule: decided, runs = [] }) => {
    const batch = classify(paths, compileRules(RULES));
    expect(batch.action).toBe(action);
    expect(batch.rule).toBe(decided);
    expect(batch.paths).toEqual([...paths].sort());
    expect(batch.runs.map((run) => [run.command.display, run.paths])).toEqual(runs);
  });
});

describe('what the process can load again by itself', () => {
  const HOT = new PatternSet(['functions/*', '!functions/lib', 'functions/slow/**']);
  const rules = compileRules([
    rule('functions/slow/**', 'restart'),
    rule('maps/**', 'hot'),
    rule('*.md', 'ignore'),
  ]);
  it.each([
    { paths: ['functions/ban.js'], action: 'hot', rule: 'hot paths' },
    { paths: ['maps/one.json'], action: 'hot', rule: 'maps/**' },
    { paths: ['functions/lib/a.js'], action: 'rebuild', rule: 'default' },
    { paths: ['functions/slow/a.js'], action: 'restart', rule: 'functions/slow/**' },
    { paths: ['functions/README.md'], action: 'none', rule: '*.md' },
    { paths: ['functions/README.md', 'functions/ban.js'], action: 'hot', rule: 'hot paths' },
    { paths: ['functions/ban.js', 'functions/slow/a.js'], action: 'restart', rule: 'functions/slow/**' },
    { paths: ['functions/ban.js', 'main.js'], action: 'rebuild', rule: 'default' },
  ])('$paths: $action by $rule', ({ paths, ...expected }) => {
    expect(classify(paths, rules, HOT)).toMatchObject(expected);
  });

  it('is nothing where it says nothing', () => {
    expect(classify(['functions/ban.js'], rules).action).toBe('rebuild');
  });
});
