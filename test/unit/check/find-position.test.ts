import { mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { findPosition } from '../../../src/check/find-position.js';

let root: string;

beforeAll(() => {
  root = realpathSync(mkdtempSync(join(tmpdir(), 'croupier-position-')));
  mkdirSync(join(root, 'src', 'node_modules', 'x'), { recursive: true });
  for (const name of ['src/main.go', 'src/app.ts', 'src/my server.py', 'src/node_modules/x/index.js'])
    writeFileSync(join(root, name), '');
});

afterAll(() => rmSync(root, { recursive: true }));

test.each<[line: string, file: string | null, at: number | null, column: number | null]>([
  ['main.go:12:5: undefined: x', 'src/main.go', 12, 5],
  ['./main.go:12: undefined: x', 'src/main.go', 12, null],
  ['\u001b[31merror\u001b[0m in main.go:3:1', 'src/main.go', 3, 1],
  ['app.ts(3,7): error TS2304', 'src/app.ts', 3, 7],
  ['  File "my server.py", line 9, in <module>', 'src/my server.py', 9, null],
  ['elsewhere.go:1:1: no', null, null, null],
  ['/etc/hosts.conf:1:1', null, null, null],
  ['node_modules/x/index.js:1:1', null, null, null],
  ['at 10:15:42 it failed', null, null, null],
  ['file://%zz:1:1', null, null, null],
])('%s', (line, file, at, column) => {
  const position = findPosition(['nothing here', line], join(root, 'src'), root);
  expect(position).toEqual(file === null ? null : { file: join(root, file), line: at, column });
});

test('a file URL of Node, and the first place wins', () => {
  const lines = [`file://${root}/src/app.ts:2:9`, 'main.go:1:1'];
  expect(findPosition(lines, join(root, 'src'), root)).toEqual({
    file: join(root, 'src/app.ts'),
    line: 2,
    column: 9,
  });
});
