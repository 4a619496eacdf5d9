import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough, Writable } from 'node:stream';
import { describe, expect, it, onTestFinished } from 'vitest';
import type { CliIo } from '../../../src/cli/io.js';
import { runCli } from '../../../src/cli/program.js';
import { readSession, writeSession } from '../../../src/control/session-file.js';
import type { Session } from '../../../src/control/types.js';
import { err, ok } from '../../../src/core/result.js';
import { processStartTime } from '../../../src/process/start-time.js';
import { events, stamp } from '../../support/events.js';
import { functionOf, generation, report, service } from '../control/fake-session.js';
import { RunningApi, TOKEN } from '../control/running-api.js';

/** What was written, with the callbacks that a stream of the system calls. */
class Written extends Writable {
  text = '';

  override _write(chunk: Buffer, _: BufferEncoding, done: () => void): void {
    this.text += chunk.toString();
    done();
  }
}

/** A project whose session is the API of the test. */
class Fixture {
  readonly api: RunningApi;
  readonly folder = mkdtempSync(join(tmpdir(), 'croupier-cli-'));

  private constructor(api: RunningApi) {
    this.api = api;
  }

  static async open(change: Partial<Session> = {}): Promise<Fixture> {
    const fixture = new Fixture(await RunningApi.open());
    onTestFinished(() => rmSync(fixture.folder, { recursive: true, force: true }));
    writeSession(fixture.folder, {
      pid: process.pid,
      startTime: (await processStartTime(process.pid)) ?? 0,
      gateway: '127.0.0.1:19090',
      tls: null,
      control: fixture.api.listener.url,
      token: TOKEN,
      startedAt: '2026-01-01T00:00:00.000Z',
      services: ['game'],
      groups: [],
      ...change,
    });
    return fixture;
  }

  async run(...words: readonly string[]) {
    const stdout = new Written();
    const stderr = new Written();
    const io: CliIo = { stdin: new PassThrough(), stdout, stderr, cwd: this.folder, env: {} };
    const code = await runCli(words, io);
    return { code, stdout: stdout.text, stderr: stderr.text };
  }
}

describe('without a session', () => {
  it.each(['status', 'functions', 'reload', 'rollback', 'logs', 'drain', 'stop'])(
    'croupier %s says how to start one',
    async (command) => {
      const fixture = await Fixture.open({ control: null });
      const unknown = await fixture.run(command);
      expect(unknown).toMatchObject({ code: 3, stdout: '' });
      expect(unknown.stderr).toContain('has no control API');
      rmSync(join(fixture.folder, '.croupier'), { recursive: true });
      const none = await fixture.run(command);
      expect(none).toMatchObject({ code: 3, stdout: '' });
      expect(none.stderr).toContain('no session of this project is running');
      expect(none.stderr).toContain('croupier dev');
    },
  );

  it.skipIf(process.platform !== 'linux')(
    'knows one that is gone by its start time: its number is another process now',
    async () => {
      const fixture = await Fixture.open({ startTime: 1 });
      expect(await readSession(fixture.folder)).not.toBeNull();
      expect((await fixture.run('status')).stderr).toContain('no session of this project is running');
    },
  );

  it('says that one does not answer, or does not know this token', async () => {
    const gone = await Fixture.open({ control: 'http://127.0.0.1:9' });
    const unreachable = await gone.run('status');
    expect(unreachable).toMatchObject({ code: 3, stdout: '' });
    expect(unreachable.stderr).toContain('does not answer at http://127.0.0.1:9');
    const other = await Fixture.open({ token: 'another' });
    const refused = await other.run('status');
    expect(refused).toMatchObject({ code: 1, stdout: '' });
    expect(refused.stderr).toContain('this token is not that of this session');
  });
});

describe('croupier status', () => {
  it('shows each service, in 80 columns', async () => {
    const fixture = await Fixture.open();
    const { session } = fixture.api;
    const long = 'a-service-with-a-very-long-name-that-somebody-has-thought-of-on-a-friday-afternoon';
    const many = Array.from({ length: 9 }, (_, index) => ({
      id: `players.moderation.action-${index}`,
      version: '10.20.30',
    }));
    session.services = [
      service(),
      service({
        name: long,
        state: 'failed',
        isServing: true,
        functions: many,
        crashes: 2,
        failure: { reason: 'build-failed', message: `the build failed with exit code 1 ${'x'.repeat(100)}` },
        lastReload: report({
          outcome: 'kept-old',
          trigger: {
            kind: 'change',
            paths: ['src/functions/players/moderation/ban-and-unban-and-kick.ts', 'b.ts'],
          },
          ms: { build: 123_456, drain: 60_000, stop: 5000, start: 30_000, total: 218_456 },
          calls: { held: 1000, drained: 1000, replayed: 1000, lost: 1000 },
          failure: `the build failed ${'y'.repeat(100)}`,
        }),
      }),
      service({ name: 'chat', state: 'idle', isServing: false, active: [], functions: [], lastReload: null }),
      service({
        name: 'match',
        isDrained: true,
        active: [generation({ instance: 1, generation: 3 }), generation({ instance: 2, generation: 4 })],
      }),
    ];
    const { code, stdout, stderr } = await fixture.run('status');
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    for (const line of stdout.split('\n')) expect(line.length).toBeLessThanOrEqual(80);
    expect(stdout).toContain('upstream agent://127.0.0.1:19091 connected · 2 reconnects\n');
    expect(stdout).toMatch(/^● game {2}ready {2}#2 {2}pid 4712 {2}up /m);
    expect(stdout).toContain('  in flight 3 · 1 job · held 0 · answered 1204 · lost 0\n');
    expect(stdout).toContain('  1 function: player.ban 1.0.0\n');
    expect(stdout).toContain('✔ #2 swapped in 143 ms  asked for\n');
    expect(stdout).toContain('build 0 · start 120 · drain 3 · stop 20   held 4 · drained 2 · lost 0\n');
    expect(stdout).toContain('2 crashes');
    expect(stdout).toContain('replayed 1000 · lost 1000');
    expect(stdout).toContain('○ chat  not started\n');
    expect(stdout).toContain('● match  ready  drained  2 instances\n');
    expect(stdout).toContain('  instance 2  #4  pid 4712  up ');
  });

  it('with --json is what the API answers', async () => {
    const fixture = await Fixture.open();
    const { code, stdout } = await fixture.run('status', '--json');
    expect(code).toBe(0);
    expect(JSON.parse(stdout)).toEqual(fixture.api.session.status());
    expect(stdout.split('\n')).toHaveLength(2);
  });

  it('with --ready is a probe', async () => {
    const fixture = await Fixture.open();
    expect(await fixture.run('status', '--ready')).toEqual({ code: 0, stdout: 'ready\n', stderr: '' });
    fixture.api.session.isReady = false;
    fixture.api.session.services = [service(), service({ name: 'chat', isServing: false })];
    expect(await fixture.run('status', '--ready')).toEqual({
      code: 1,
      stdout: 'not ready: chat\n',
      stderr: '',
    });
    expect((await fixture.run('status')).code).toBe(0);
  });

  it('lets no text of others move the cursor', async () => {
    const fixture = await Fixture.open();
    const failure = { reason: 'exited', message: 'it \u001b[2J failed\nbadly' };
    fixture.api.session.services = [service({ state: 'failed', failure })];
    const { stdout } = await fixture.run('status');
    expect(stdout).not.toContain('\u001b');
    expect(stdout).toContain('  it  failed badly\n');
  });
});

describe('croupier functions', () => {
  it('is a table in 80 columns', async () => {
    const fixture = await Fixture.open();
    fixture.api.session.list = [
      functionOf('season.recalculate', {
        summary: 'Recalculates the ranks of a season, which takes some time and more words',
      }),
      functionOf('echo', { deprecated: true, version: '10.0.0' }),
    ];
    expect(await fixture.run('functions')).toEqual({
      code: 0,
      stderr: '',
      stdout: [
        'FUNCTION            VERSION  SERVICE',
        'echo                10.0.0   game     (deprecated)',
        'season.recalculate  1.0.0    game     Recalculates the ranks of a season, which…',
        '',
      ].join('\n'),
    });
    expect((await fixture.run('functions', 'gmae')).code).toBe(2);
    expect(JSON.parse((await fixture.run('functions', '--json')).stdout)).toEqual(fixture.api.session.list);
    fixture.api.session.list = [];
    expect((await fixture.run('functions')).stdout).toBe('no function is registered\n');
  });
});

describe('croupier reload', () => {
  it('prints how it ended, and fails where not all of it runs now', async () => {
    const fixture = await Fixture.open();
    const { session } = fixture.api;
    expect(await fixture.run('reload')).toEqual({
      code: 0,
      stderr: '',
      stdout:
        '✔ #2 swapped in 143 ms  asked for\n  build 0 · start 120 · drain 3 · stop 20   held 4 · drained 2 · lost 0\n',
    });
    const kept = report({
      outcome: 'kept-old',
      generation: 3,
      serving: 2,
      failure: 'the build failed with exit code 2',
    });
    session.reloads = ok({ ok: false, services: [kept], functions: [] });
    const failed = await fixture.run('reload', 'game', 'chat');
    expect(failed.code).toBe(1);
    expect(failed.stdout).toContain('▲ #3 given up after 143 ms, #2 keeps serving');
    expect(failed.stdout).toContain('\n  the build failed with exit code 2\n');
    expect(JSON.parse((await fixture.run('reload', '--json')).stdout)).toMatchObject({ ok: false });
    expect(session.asked).toEqual([{ reload: [] }, { reload: ['game', 'chat'] }, { reload: [] }]);
  });

  it('tells of functions one by one', async () => {
    const fixture = await Fixture.open();
    const nothing = { service: 'game', generation: 2, reloaded: [], failed: [], reason: null, ms: 12 };
    const reloaded = [
      { id: 'player.ban', oldVersion: '1.0.0', newVersion: '1.1.0' },
      { id: 'player.kick', oldVersion: '1.0.0', newVersion: '1.0.0' },
    ];
    const failed = [
      { id: 'player.mute', path: 'mute.js', error: 'SyntaxError: x\n  at mute.js:3', rolledBack: true },
    ];
    fixture.api.session.reloads = ok({
      ok: false,
      services: [],
      functions: [
        { ...nothing, outcome: 'failed', reloaded, failed },
        { ...nothing, service: 'chat', outcome: 'needs-restart', reason: 'it has no hot reload' },
      ],
    });
    expect(await fixture.run('reload', 'player.ban')).toEqual({
      code: 1,
      stderr: '',
      stdout: [
        '✔ player.ban reloaded (1.0.0 -> 1.1.0) in 12 ms',
        '✔ player.kick reloaded (1.0.0) in 12 ms',
        '✘ player.mute, mute.js not reloaded, the old one serves',
        '  SyntaxError: x',
        '    at mute.js:3',
        '▲ not reloaded: it has no hot reload',
        '  To restart it: croupier reload chat',
        '',
      ].join('\n'),
    });
  });

  it('of something that is not there is a mistake of usage, with what may have been meant', async () => {
    const fixture = await Fixture.open();
    fixture.api.session.reloads = err({
      code: 'unknown-target',
      message: 'there is no function ecko; did you mean echo?',
    });
    expect(await fixture.run('reload', 'ecko')).toEqual({
      code: 2,
      stdout: '',
      stderr: 'error: there is no function ecko; did you mean echo?\n',
    });
  });
});

describe('croupier rollback', () => {
  it('says what was rolled back, or why it cannot be', async () => {
    const fixture = await Fixture.open();
    const { session } = fixture.api;
    expect((await fixture.run('rollback')).stdout).toContain('✔ #2 swapped in 143 ms');
    const rolledBack = { id: 'player.ban', oldVersion: '1.1.0', newVersion: '1.0.0' };
    session.rollbacks = ok({ ok: true, service: 'game', function: rolledBack, reload: null });
    expect((await fixture.run('rollback', 'player.ban')).stdout).toBe(
      '✔ player.ban rolled back (1.1.0 -> 1.0.0)\n',
    );
    session.rollbacks = err({
      code: 'not-possible',
      message: 'an interpreted project has no build to go back to',
    });
    expect(await fixture.run('rollback')).toEqual({
      code: 1,
      stdout: '',
      stderr: 'error: an interpreted project has no build to go back to\n',
    });
    session.rollbacks = ok({
      ok: false,
      service: 'game',
      function: null,
      reload: report({ outcome: 'failed' }),
    });
    expect((await fixture.run('rollback')).code).toBe(1);
    expect(session.asked).toEqual([
      { rollback: null },
      { rollback: 'player.ban' },
      { rollback: null },
      { rollback: null },
    ]);
  });
});

describe('croupier logs', () => {
  function write(
    fixture: Fixture,
    line: string,
    stream: 'stdout' | 'stderr' = 'stdout',
    name = 'game',
  ): void {
    fixture.api.session.events.add(
      stamp({ type: 'process.output', service: name, generation: 1, stream, line }),
    );
  }

  it('prints each line where the process wrote it', async () => {
    const fixture = await Fixture.open();
    write(fixture, 'one');
    write(fixture, 'two', 'stderr');
    write(fixture, 'three');
    expect(await fixture.run('logs')).toEqual({ code: 0, stdout: 'one\nthree\n', stderr: 'two\n' });
    expect((await fixture.run('logs', '-n', '1')).stdout).toBe('three\n');
    const json = (await fixture.run('logs', '--json')).stdout
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line));
    expect(json).toMatchObject([{ line: 'one', service: 'game', generation: 1 }, { stream: 'stderr' }, {}]);
    expect((await fixture.run('logs', 'gmae')).code).toBe(2);
    expect((await fixture.run('logs', '-n', 'many')).stderr).toContain('--lines is "many"');
  });

  it('names the services where there are several', async () => {
    const fixture = await Fixture.open({ services: ['game', 'chat'] });
    write(fixture, 'one');
    write(fixture, 'two', 'stdout', 'chat');
    expect((await fixture.run('logs')).stdout).toBe('game | one\nchat | two\n');
  });

  it('with --follow goes on until the session ends, also over a broken connection', async () => {
    const fixture = await Fixture.open();
    write(fixture, 'before');
    const following = fixture.run('logs', '--follow');
    const connected = async () => {
      while (fixture.api.streams.size === 0) await new Promise((resolve) => setImmediate(resolve));
    };
    await connected();
    write(fixture, 'meanwhile');
    fixture.api.cutStreams();
    while (fixture.api.streams.size > 0) await new Promise((resolve) => setImmediate(resolve));
    write(fixture, 'while it was away');
    await connected();
    write(fixture, 'afterwards', 'stderr');
    fixture.api.session.events.add(stamp(events.closed()));
    expect(await following).toEqual({
      code: 0,
      stdout: 'before\nmeanwhile\nwhile it was away\n',
      stderr: 'afterwards\n',
    });
  });
});

describe('croupier drain', () => {
  it('tells whether anything is left', async () => {
    const fixture = await Fixture.open();
    const { session } = fixture.api;
    expect(await fixture.run('drain')).toEqual({ code: 0, stdout: 'drained game in 266 ms\n', stderr: '' });
    const inFlight = { calls: 2, jobs: 1 };
    session.drains = ok({ isDrained: false, services: ['game'], inFlight, held: 0, ms: 5000 });
    expect(await fixture.run('drain', 'game', '--timeout', '5s')).toEqual({
      code: 1,
      stdout: 'not drained after 5 s: game has 2 calls and 1 job under way, 0 held\n',
      stderr: '',
    });
    expect((await fixture.run('drain', 'gmae')).code).toBe(2);
    expect(session.asked).toEqual([
      { drain: { timeoutMs: 60_000 } },
      { drain: { target: 'game', timeoutMs: 5000 } },
      { drain: { target: 'gmae', timeoutMs: 60_000 } },
    ]);
    expect(await fixture.run('drain', '--timeout', 'soon')).toMatchObject({ code: 2, stdout: '' });
  });
});

describe('croupier stop', () => {
  it('says that the session is still there when its time is up', async () => {
    const fixture = await Fixture.open();
    const { code, stdout, stderr } = await fixture.run('stop', '--timeout', '40ms');
    expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
    expect(stderr).toContain(`the session of process ${process.pid} still runs after 40 ms`);
    expect(stderr).toContain('croupier stop --force');
    await fixture.run('stop', '--force', '--timeout', '1ms');
    expect(fixture.api.session.asked).toEqual([{ stop: false }, { stop: true }]);
  });
});

describe('the help', () => {
  it.each(['status', 'functions', 'reload', 'rollback', 'logs', 'drain', 'stop'])(
    'croupier %s --help',
    async (command) => {
      const fixture = await Fixture.open();
      const { code, stdout } = await fixture.run(command, '--help');
      expect(code).toBe(0);
      expect(stdout).toContain('Examples:\n');
      expect(stdout).toContain('Exit codes:');
    },
  );
});
