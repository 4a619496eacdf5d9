import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { formatSnapshot, parseSnapshot, takeSnapshot } from '../../../src/check/snapshot.js';
import { compareSnapshots } from '../../../src/check/snapshot-diff.js';
import { readSnapshot, SNAPSHOT_FILE, writeSnapshot } from '../../../src/check/snapshot-file.js';
import { registered } from './registered.js';

const INPUT = '{"type":["null","object"],"required":["b","a"],"properties":{"b":{"enum":[2,1]},"a":{}}}';
const SAME_INPUT = '{"properties":{"a":{},"b":{"enum":[2,1]}},"required":["a","b"],"type":["object","null"]}';

test('the file is the same for the same functions, whatever their order', () => {
  const one = takeSnapshot([registered('b', { inputSchema: INPUT }), registered('a')]);
  const other = takeSnapshot([registered('a'), registered('b', { inputSchema: SAME_INPUT })]);
  const text = formatSnapshot({ lobby: [], game: one });
  expect(text).toBe(formatSnapshot({ game: other, lobby: [] }));
  expect(text.indexOf('"game"')).toBeLessThan(text.indexOf('"lobby"'));
  expect(parseSnapshot(text)).toEqual({ game: one, lobby: [] });
  expect(one.map(({ id }) => id)).toEqual(['a', 'b']);
});

test('a schema that is no JSON is kept as it is', () => {
  const [one] = takeSnapshot([registered('a', { inputSchema: 'see the wiki' })]);
  expect(one?.inputSchema).toBe('see the wiki');
});

test.each(['', '[]', '{}', '{"services":{"game":{}}}', '{"services":{"game":[{"id":"a"}]}}'])(
  '%s is no snapshot',
  (text) => expect(parseSnapshot(text)).toBeNull(),
);

describe('changes', () => {
  const before = takeSnapshot([registered('a', { inputSchema: INPUT }), registered('b')]);

  test('none', () => {
    const now = takeSnapshot([registered('b'), registered('a', { inputSchema: SAME_INPUT })]);
    expect(compareSnapshots(before, now)).toEqual([]);
  });

  test('what is gone breaks, what is new does not', () => {
    expect(compareSnapshots(before, takeSnapshot([registered('b'), registered('c')]))).toEqual([
      { id: 'a', isBreaking: true, text: 'a is gone' },
      { id: 'c', isBreaking: false, text: 'c is new' },
    ]);
  });

  test('versions and schemas', () => {
    const wider = INPUT.replace('["b","a"]', '["b"]');
    const now = takeSnapshot([
      registered('a', { inputSchema: wider }),
      registered('b', { version: '2.0.0', inputSchema: '{"required":["x"]}' }),
    ]);
    expect(compareSnapshots(before, now)).toEqual([
      { id: 'a', isBreaking: false, text: 'a: its input schema changed, which breaks nobody' },
      { id: 'b', isBreaking: false, text: 'b: version 1.0.0 is 2.0.0 now' },
      { id: 'b', isBreaking: true, text: 'b: input: x is required now' },
    ]);
  });
});

describe('the file', () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'croupier-snapshot-'));
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  test('is written once, and read again', async () => {
    const snapshot = { game: takeSnapshot([registered('a', { outputSchema: INPUT })]) };
    expect(await readSnapshot(folder)).toEqual({ ok: true, value: null });
    expect(await writeSnapshot(folder, snapshot)).toEqual({ ok: true, value: true });
    expect(await writeSnapshot(folder, snapshot)).toEqual({ ok: true, value: false });
    expect(await readSnapshot(folder)).toEqual({ ok: true, value: snapshot });
    expect(readFileSync(join(folder, SNAPSHOT_FILE), 'utf8')).toBe(formatSnapshot(snapshot));
  });

  test('that is something else is an error with a way out', async () => {
    writeFileSync(join(folder, SNAPSHOT_FILE), '{"functions":[]}');
    expect(await readSnapshot(folder)).toMatchObject({
      ok: false,
      error: { exitCode: 2, wayOut: expect.stringContaining('croupier check --update') },
    });
  });

  test('that cannot be written is told', async () => {
    expect(await writeSnapshot(join(folder, 'nowhere'), {})).toMatchObject({
      ok: false,
      error: { exitCode: 3 },
    });
  });
});
