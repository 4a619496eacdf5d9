import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { isOlder, lowestOf, parseVersion } from '../../../src/core/version.js';
import { judgeValidity } from '../../../src/doctor/certificates.js';
import { judgeFileSystems } from '../../../src/doctor/file-system.js';
import { countInotify, countWatches } from '../../../src/doctor/inotify-usage.js';
import { judgeNode } from '../../../src/doctor/node.js';
import { judgeOpenFiles, parseLimits } from '../../../src/doctor/open-files.js';
import { terminal } from '../../../src/doctor/terminal.js';
import { judgeInstances, judgeWatches } from '../../../src/doctor/watching.js';
import { Patient, told } from './surroundings.js';

describe('versions', () => {
  it.each([
    ['go version go1.26.8 linux/amd64', [1, 26, 8]],
    ['v20', [20]],
    ['none', null],
  ])('%s', (text, expected) => expect(parseVersion(text)).toEqual(expected));

  it.each([
    [[1, 9], [1, 10], true],
    [[1, 10], [1, 9], false],
    [[1], [1, 0, 0], false],
    [[20, 18, 3], [20, 19], true],
  ])('%j is older than %j: %s', (one, other, expected) => expect(isOlder(one, other)).toBe(expected));

  it.each([
    ['^20.19 || >=22.12', '20.19'],
    ['>=3.10,<4', '3.10'],
    ['>=3.9,!=3.9.1', '3.9'],
    ['<4', null],
    ['*', null],
    ['18.x', '18'],
  ])('the lowest of %s is %s', (range, expected) => expect(lowestOf(range)).toBe(expected));
});

describe('Node', () => {
  it('is too old below what package.json asks for', () => {
    const manifest: { engines: { node: string } } = JSON.parse(
      readFileSync(new URL('../../../package.json', import.meta.url), 'utf8'),
    );
    const lowest = manifest.engines.node.replace('>=', '');
    expect(judgeNode(`${lowest}.0`).level).toBe('ok');
    expect(judgeNode('20.18.3')).toMatchObject({
      level: 'problem',
      title: `Node 20.18.3 is too old: croupier needs ${lowest} or newer`,
      remedies: [expect.stringContaining('nodejs.org')],
    });
  });
});

describe('file watches', () => {
  const limits = { watches: 8_192, instances: 128 };
  const folders = (count: number, isPartial = false) => ({ folders: count, isPartial });

  it.each([
    [100, { watches: 500, instances: 3 }, 'ok'],
    [4_000, { watches: 500, instances: 3 }, 'note'],
    [8_000, { watches: 500, instances: 3 }, 'warning'],
    [8_000, null, 'note'],
    [9_000, null, 'warning'],
  ])('%i folders with %j in use: %s', (count, used, level) => {
    expect(judgeWatches(folders(count), limits, used).level).toBe(level);
  });

  it('says how to get more', () => {
    expect(judgeWatches(folders(9_000, true), limits, null)).toMatchObject({
      title: 'more than 9000 folders to watch; this user may have 8192 file watches',
      remedies: expect.arrayContaining(['sudo sysctl fs.inotify.max_user_watches=524288']),
    });
  });

  it.each([
    [3, 'ok'],
    [122, 'note'],
    [128, 'warning'],
  ])('%i of 128 instances in use: %s', (instances, level) => {
    expect(judgeInstances(limits, { instances, watches: 0 }).level).toBe(level);
  });

  it('counts the watches of an instance', () => {
    const fdinfo = 'pos:\t0\nflags:\t00\ninotify wd:2 ino:1\ninotify wd:1 ino:2\n';
    expect(countWatches(fdinfo)).toBe(2);
  });

  it.runIf(process.platform === 'linux')('counts those of a process that watches', async () => {
    const { watch } = await import('node:fs');
    const patient = new Patient({ 'a/x': '', 'b/x': '' });
    const watchers = ['a', 'b'].map((name) => watch(`${patient.folder}/${name}`));
    try {
      const used = await countInotify(new AbortController().signal);
      expect(used?.instances).toBeGreaterThanOrEqual(1);
      expect(used?.watches).toBeGreaterThanOrEqual(2);
    } finally {
      for (const watcher of watchers) watcher.close();
      patient.remove();
    }
  });

  it('gives up counting when its time is over', async () => {
    expect(await countInotify(AbortSignal.abort())).toBeNull();
  });
});

describe('file systems', () => {
  const mounts = [
    '1 0 8:1 / / rw - ext4 /dev/sda rw',
    '2 1 0:5 / /mnt/c rw - 9p drvfs rw',
    '3 1 0:6 / /net rw - nfs4 host:/x rw',
  ].join('\n');
  const judge = (path: string, polling: boolean | 'auto') =>
    told(judgeFileSystems([{ path, polling }], mounts))[0];

  it.each<readonly [string, boolean | 'auto', string]>([
    ['/home/x', 'auto', 'ok: / is an ext4 file system, which tells of changes'],
    ['/home/x', true, 'note: / is an ext4 file system, which tells of changes, but is watched by polling'],
    [
      '/mnt/c/x',
      'auto',
      'note: /mnt/c is a 9p file system, which does not tell of changes: it is watched by polling',
    ],
    [
      '/net/x',
      false,
      'warning: /net is an nfs4 file system: changes go unnoticed, since polling is turned off',
    ],
    ['/net/x', true, 'ok: /net is an nfs4 file system, watched by polling as configured'],
  ])('%s with polling %s', (path, polling, expected) => expect(judge(path, polling)).toBe(expected));

  it('names a mount once', () => {
    const two = [
      { path: '/a', polling: 'auto' as const },
      { path: '/b', polling: 'auto' as const },
    ];
    expect(judgeFileSystems(two, mounts)).toHaveLength(1);
  });
});

describe('open files', () => {
  it.each([
    [256, 'warning'],
    [1_024, 'note'],
    [4_096, 'ok'],
    [Number.POSITIVE_INFINITY, 'ok'],
  ])('a limit of %d: %s', (limit, level) => expect(judgeOpenFiles(limit).level).toBe(level));

  it('reads the soft limit', () => {
    const line = 'Max open files            1024                 524288               files     ';
    expect(parseLimits(`Limit  Soft Limit\n${line}\n`)).toBe(1024);
    expect(parseLimits(line.replace('1024  ', 'unlimited'))).toBe(Number.POSITIVE_INFINITY);
  });
});

describe('certificates', () => {
  const now = Date.parse('2026-06-15T00:00:00Z');
  const valid = (validFrom: string, validTo: string) =>
    told([judgeValidity('gateway.tls', { validFrom, validTo }, now)])[0];

  it.each([
    ['2026-01-01', '2027-01-01', 'ok: the certificate of gateway.tls is valid until 2027-01-01'],
    [
      '2026-01-01',
      '2026-06-20',
      'warning: the certificate of gateway.tls is valid for 5 days more, until 2026-06-20',
    ],
    ['2025-01-01', '2026-01-01', 'problem: the certificate of gateway.tls has expired on 2026-01-01'],
    ['2026-07-01', '2027-01-01', 'problem: the certificate of gateway.tls is not valid yet'],
  ])('from %s to %s', (from, to, expected) => expect(valid(from, to)).toBe(expected));
});

describe('the terminal', () => {
  const streams = { stdin: true, stdout: true, stderr: true, columns: 100 };
  const cases = [
    [streams, {}, 'ok: a terminal, 100 columns wide: a status line and keys', 'With colours.'],
    [streams, { NO_COLOR: '1' }, 'ok: a terminal, 100 columns wide: a status line and keys', 'NO_COLOR=1'],
    [streams, { CI: 'true' }, 'note: plain lines instead of a status line: CI is set', 'CI=true'],
    [
      { ...streams, stderr: false },
      {},
      'note: plain lines instead of a status line: stderr is no terminal',
      'Without colours',
    ],
    [
      { ...streams, stdin: false },
      {},
      'note: a terminal, 100 columns wide, but stdin is none: the keys are off',
      'With colours',
    ],
  ] as const;

  it.each(cases)('%j %j', async (given, env, title, detail) => {
    const patient = new Patient();
    const findings = await patient.examine(terminal, { terminal: given, env });
    patient.remove();
    expect(told(findings)).toEqual([title]);
    expect(findings[0]?.details.join(' ')).toContain(detail);
  });
});
