import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { openOwnFolder } from '../../../src/check/own-folder.js';

/** Linux gives out no pid above 2^22. */
const NOBODY = 5_000_000;

let root: string;

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'croupier-own-'));
});

afterEach(() => rmSync(root, { recursive: true }));

test('is new for each check, ignores itself in git, and is gone in the end', async () => {
  const [one, other] = [await openOwnFolder(root, true), await openOwnFolder(root, true)];
  if (!one.ok || !other.ok) throw new Error('not opened');
  expect(one.value.path).not.toBe(other.value.path);
  writeFileSync(join(one.value.path, 'app'), '');
  expect(readFileSync(join(root, '.croupier', '.gitignore'), 'utf8')).toBe('*\n');
  await one.value.remove();
  await other.value.remove();
  expect(readdirSync(join(root, '.croupier'))).toEqual(['.gitignore']);
});

test('what a killed check left is taken away; a running one keeps its own', async () => {
  const abandoned = join(root, '.croupier', `check-${NOBODY}-0011aabb`);
  const running = join(root, '.croupier', `check-${process.pid}-0011aabb`);
  for (const folder of [abandoned, running, join(root, '.croupier', 'build')])
    mkdirSync(folder, { recursive: true });
  await openOwnFolder(root, false);
  expect(existsSync(abandoned)).toBe(false);
  expect(existsSync(running)).toBe(true);
  expect(existsSync(join(root, '.croupier', 'build'))).toBe(true);
});

test('nothing is written where nothing is needed', async () => {
  expect(await openOwnFolder(root, false)).toMatchObject({ ok: true });
  expect(readdirSync(root)).toEqual([]);
});

test('where it cannot be made that is told', async () => {
  writeFileSync(join(root, '.croupier'), 'a file');
  expect(await openOwnFolder(root, true)).toMatchObject({ ok: false, error: { exitCode: 3 } });
});
