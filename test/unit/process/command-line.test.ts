import { expect, it } from 'vitest';
import { describeArguments } from '../../../src/process/command-line.js';

it.each<[string[], string]>([
  [['/usr/local/bin/node', 'server.js'], 'node server.js'],
  [['node', '-e', 'one\n  two'], 'node -e one two'],
  [['./app', '--db-password=hunter2', '--port=1'], 'app --db-password=*** --port=1'],
  [['./app', '--api-key', 'hunter2', '--port', '1'], 'app --api-key *** --port 1'],
  [['./app', '--token', '--verbose'], 'app --token --verbose'],
  [['./app', 'postgres://game:hunter2@db/game'], 'app postgres://game:***@db/game'],
  [[], ''],
])('%j', (argv, line) => {
  expect(describeArguments(argv)).toBe(line);
});

it('cuts long lines', () => {
  const line = describeArguments(['java', 'x'.repeat(500)]);
  expect(line).toHaveLength(120);
  expect(line.endsWith('…')).toBe(true);
});
