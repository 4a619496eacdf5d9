import { spawnSync } from 'node:child_process';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import {
  readSession,
  readStale,
  removeSession,
  updateSession,
  writeSession,
} from '../../../src/control/session-file.js';
import type { Session } from '../../../src/control/types.js';

const session: Session = {
  pid: process.pid,
  startTime: 4242,
  gateway: '127.0.0.1:19090',
  tls: { ca: '/certs/ca.pem', cert: null, key: null, serverName: 'localhost' },
  control: null,
  token: null,
  startedAt: '2026-01-01T00:00:00.000Z',
  services: ['game-server'],
  groups: [{ pid: 4711, startTime: 99, marker: 'abc-1' }],
};

/** The pid of a process that has just ended. */
function endedPid(): number {
  return spawnSync(process.execPath, ['--version']).pid;
}

let root: string;
const fileOf = (folder: string) => join(folder, '.croupier', 'session.json');

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'croupier-session-'));
  onTestFinished(() => rmSync(root, { recursive: true, force: true }));
});

describe('writeSession', () => {
  it('is read back as it was written', async () => {
    expect(writeSession(root, session)).toEqual({ ok: true, value: undefined });
    expect(await readSession(root)).toEqual(session);
  });

  it.skipIf(process.platform === 'win32')(
    'is readable by the user alone, also where it was not before',
    () => {
      mkdirSync(join(root, '.croupier'));
      writeFileSync(`${fileOf(root)}.${process.pid}`, 'left by a crash', { mode: 0o644 });
      writeSession(root, session);
      expect(statSync(fileOf(root)).mode & 0o777).toBe(0o600);
    },
  );

  it('keeps its folder out of git, and leaves a .gitignore of the user alone', () => {
    writeSession(root, session);
    const ignore = join(root, '.croupier', '.gitignore');
    expect(readFileSync(ignore, 'utf8')).toBe('*\n');
    writeFileSync(ignore, '# mine\n');
    writeSession(root, session);
    expect(readFileSync(ignore, 'utf8')).toBe('# mine\n');
  });

  it('leaves nothing but the file', () => {
    writeSession(root, session);
    expect(readdirSync(join(root, '.croupier')).sort()).toEqual(['.gitignore', 'session.json']);
  });

  it('says why it cannot', () => {
    writeFileSync(join(root, '.croupier'), 'a file where the folder should be');
    const result = writeSession(root, session);
    expect(result).toEqual({ ok: false, error: expect.stringContaining(fileOf(root)) });
  });
});

describe('updateSession', () => {
  it('changes what is given and keeps the rest', async () => {
    writeSession(root, session);
    expect(updateSession(root, session, { groups: [] }).ok).toBe(true);
    expect(await readSession(root)).toEqual({ ...session, groups: [] });
  });

  it.each([
    ['pid', { pid: 1 }],
    ['start time', { startTime: 1 }],
  ])('leaves the file of another runner alone (%s)', async (_, other) => {
    writeSession(root, session);
    const result = updateSession(root, { ...session, ...other }, { groups: [] });
    expect(result).toEqual({ ok: false, error: expect.stringContaining(`process ${process.pid}`) });
    expect(await readSession(root)).toEqual(session);
  });

  it('does not bring a removed file back', () => {
    expect(updateSession(root, session, { groups: [] }).ok).toBe(false);
    expect(existsSync(fileOf(root))).toBe(false);
  });
});

describe('removeSession', () => {
  it('takes our file away', () => {
    writeSession(root, session);
    removeSession(root, session);
    expect(existsSync(fileOf(root))).toBe(false);
    removeSession(root, session);
  });

  it('leaves the file of a runner that came after us', () => {
    writeSession(root, session);
    removeSession(root, { ...session, startTime: 1 });
    expect(existsSync(fileOf(root))).toBe(true);
  });
});

describe('readSession', () => {
  it('finds the nearest one upward', async () => {
    const inner = join(root, 'services', 'chat');
    mkdirSync(join(inner, 'src', 'deep'), { recursive: true });
    writeSession(root, session);
    expect((await readSession(join(inner, 'src')))?.services).toEqual(['game-server']);
    writeSession(inner, { ...session, services: ['chat'] });
    expect((await readSession(join(inner, 'src', 'deep')))?.services).toEqual(['chat']);
  });

  it('passes by one whose runner is gone', async () => {
    const inner = join(root, 'inner');
    mkdirSync(inner);
    writeSession(root, session);
    writeSession(inner, { ...session, pid: endedPid() });
    expect((await readSession(inner))?.pid).toBe(process.pid);
  });

  it('takes the word of a better judge of life', async () => {
    writeSession(root, session);
    expect(await readSession(root, { isAlive: ({ startTime }) => startTime !== 4242 })).toBeNull();
  });

  it('counts a process that we may not signal as alive', async () => {
    // Process 1 is another user's, unless these tests run as root; then it can be signalled.
    writeSession(root, { ...session, pid: 1 });
    expect((await readSession(root))?.pid).toBe(1);
  });

  it('is null where there is none', async () => {
    expect(await readSession(root, { isAlive: ({ gateway }) => gateway === 'never' })).toBeNull();
  });

  it.each([
    ['not JSON', '{"pid": 1', 'it is not JSON'],
    ['not an object', '[]', 'it is not an object'],
    ['a pid that means a group', JSON.stringify({ ...session, pid: -1 }), '"pid"'],
    ['no start time', JSON.stringify({ ...session, startTime: undefined }), '"startTime"'],
    ['a gateway that is not text', JSON.stringify({ ...session, gateway: 1 }), '"gateway"'],
    ['a control that is not text', JSON.stringify({ ...session, control: 1 }), '"control"'],
    ['a token that is not text', JSON.stringify({ ...session, token: {} }), '"token"'],
    ['no start', JSON.stringify({ ...session, startedAt: null }), '"startedAt"'],
    ['services that are not names', JSON.stringify({ ...session, services: [1] }), '"services"'],
    [
      'a group of process 1',
      JSON.stringify({ ...session, groups: [{ ...session.groups[0], pid: 1 }] }),
      '"groups"',
    ],
    ['a group of no process', JSON.stringify({ ...session, groups: [{ marker: 'a' }] }), '"groups"'],
    ['far too much', ' '.repeat(1024 * 1024 + 1), 'bytes'],
  ])('takes an unusable file for none, and says so: %s', async (_, content, complaint) => {
    mkdirSync(join(root, '.croupier'));
    writeFileSync(fileOf(root), content);
    const notices: string[] = [];
    const options = { onNotice: (message: string) => notices.push(message) };
    expect(await readStale(root, options)).toBeNull();
    expect(notices).toEqual([expect.stringContaining(complaint)]);
    expect(notices[0]).toContain(fileOf(root));
    expect((await readSession(root))?.startedAt).not.toBe(session.startedAt);
  });

  it.skipIf(process.platform === 'win32' || process.getuid?.() === 0)(
    'says that it may not read it',
    async () => {
      writeSession(root, session);
      chmodSync(fileOf(root), 0);
      const notices: string[] = [];
      expect(await readStale(root, { onNotice: (message) => notices.push(message) })).toBeNull();
      expect(notices[0]).toContain('cannot read');
    },
  );
});

describe('readStale', () => {
  it('finds what a dead runner left in this folder, not above it', async () => {
    const inner = join(root, 'inner');
    mkdirSync(inner);
    const dead = { ...session, pid: endedPid() };
    writeSession(root, dead);
    expect(await readStale(root)).toEqual(dead);
    expect(await readStale(inner)).toBeNull();
  });

  it('leaves the file of a living runner alone', async () => {
    writeSession(root, session);
    expect(await readStale(root)).toBeNull();
  });

  it('recognises a reused pid, where somebody can tell', async () => {
    writeSession(root, session);
    expect(await readStale(root, { isAlive: ({ startTime }) => startTime === 1 })).toEqual(session);
  });
});
