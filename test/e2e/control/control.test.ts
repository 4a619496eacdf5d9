import { spawn } from 'node:child_process';
import { readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { DevProcess, processesWith, REPOSITORY, runCroupier, until } from '../../support/dev-process.js';
import { gameServer, Project } from '../../support/project.js';

let project: Project;
let dev: DevProcess | null;

beforeEach(() => {
  project = new Project();
  dev = null;
});

afterEach(async () => {
  await dev?.stop();
  project.remove();
});

const croupier = (...words: readonly string[]) => runCroupier(project.folder, words);

function start(config: object): DevProcess {
  project.write('package.json', '{"type":"module"}');
  project.config({ service: 'game', drain: { calls: '5s', jobs: '5s' }, ...config });
  dev = DevProcess.start(project.folder, [], { BARRIERS: project.folder });
  return dev;
}

interface Door {
  readonly control: string;
  readonly token: string;
}

function door(): Door {
  return JSON.parse(readFileSync(project.path('.croupier', 'session.json'), 'utf8'));
}

async function ask(path: string, body?: object): Promise<Response> {
  const { control, token } = door();
  return fetch(control + path, {
    ...(body === undefined ? {} : { method: 'POST', body: JSON.stringify(body) }),
    headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
  });
}

describe('a session and the commands that talk to it', () => {
  it('status, reload, logs, metrics, drain, stop', async () => {
    project.write('server.js', gameServer('one'));
    const session = start({ command: 'node server.js' });
    const ready = await session.waitFor('session.ready');
    expect(statSync(project.path('.croupier', 'session.json')).mode & 0o777).toBe(0o600);
    expect(ready.control).toBe(door().control);
    await session.waitFor('generation.active');

    const status = JSON.parse((await croupier('status', '--json')).stdout);
    expect(status).toMatchObject({ pid: session.pid, isReady: true, upstream: null, root: project.folder });
    expect(status.services).toMatchObject([
      {
        name: 'game',
        state: 'ready',
        active: [{ generation: 1, state: 'active' }],
        functions: [
          { id: 'echo', version: '1.0.0' },
          { id: 'count', version: '1.0.0' },
        ],
        lastReload: { outcome: 'swapped', trigger: { kind: 'start' } },
      },
    ]);

    // A new version, asked for before the watcher is: the answer comes when it runs.
    const reloaded = await croupier('reload', '--json');
    expect(reloaded).toMatchObject({ code: 0, stderr: '' });
    expect(JSON.parse(reloaded.stdout)).toMatchObject({
      ok: true,
      services: [{ generation: 2, outcome: 'swapped' }],
    });
    const called = await ask('/v1/functions/echo/invoke', { payload: { id: 'a' } });
    expect(await called.json()).toMatchObject({ payload: { id: 'a', generation: 2 } });

    const following = spawn(process.execPath, [join(REPOSITORY, 'bin', 'croupier.js'), 'logs', '-f'], {
      cwd: project.folder,
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let followed = '';
    following.stdout.setEncoding('utf8').on('data', (text: string) => {
      followed += text;
    });

    // What does not start leaves the old one, and says so.
    const beforeConnect = `throw new Error('broken on purpose');`;
    project.write('server.js', gameServer('two', { beforeConnect }));
    const broken = await croupier('reload');
    expect(broken.code).toBe(1);
    expect(broken.stdout).toContain('#2 keeps serving');
    expect(broken.stdout).toContain('the process exited with code 1');
    expect((await croupier('status')).stdout).toMatch(/● game {2}failed, the old one serves {2}#2 /);
    expect((await croupier('status', '--ready')).code).toBe(0);
    expect((await croupier('logs')).stderr).toContain('broken on purpose');

    const rollback = await croupier('rollback');
    expect(rollback).toMatchObject({ code: 1, stdout: '' });
    expect(rollback.stderr).toContain('an interpreted project has no build to go back to');
    expect((await croupier('reload', 'ecko')).stderr).toContain('did you mean echo?');

    // A drain waits for what is under way, and answers what still comes.
    const held = ask('/v1/functions/echo/invoke', { payload: { id: 'b', barrier: 'gate' } });
    await session.waitFor('process.output', ({ line }) => line === 'at gate');
    const tooShort = await croupier('drain', '--timeout', '50ms');
    expect(tooShort).toMatchObject({ code: 1 });
    expect(tooShort.stdout).toContain('1 call and 0 jobs under way');
    const draining = croupier('drain');
    project.write('gate', '');
    expect(await (await held).json()).toMatchObject({ payload: { id: 'b' } });
    expect(await draining).toMatchObject({ code: 0, stderr: '' });
    await until('the follower has seen the barrier', () => followed.includes('at gate\n'));

    const metrics = await (await fetch(`${door().control}/metrics`)).text();
    expect(metrics).toMatch(
      /^croupier_reloads_total\{service="game",outcome="swapped",trigger="manual"\} 1$/m,
    );
    expect(metrics).toMatch(
      /^croupier_reloads_total\{service="game",outcome="kept-old",trigger="\w+"\} [1-9]/m,
    );
    expect(metrics).toMatch(/^croupier_calls_lost_total\{service="game"\} 0$/m);
    expect(metrics).toMatch(/^croupier_generation\{service="game"\} 2$/m);

    // The same events as on stdout, to their end.
    const streamed = await ask('/v1/events?after=start');
    const text = streamed.text();
    const stopped = await croupier('stop');
    expect(stopped).toMatchObject({ code: 0, stderr: '' });
    expect(session.hasExited || (await session.exited)).toBeTruthy();
    expect(await session.exited).toEqual({ code: 0, signal: null });
    const data = (await text).split('\n').filter((line) => line.startsWith('data: '));
    expect(data.map((line) => JSON.parse(line.slice('data: '.length)))).toEqual(session.events);
    expect(session.events.at(-1)).toMatchObject({ type: 'session.closed', reason: 'asked' });
    await until('the follower has ended', () => following.exitCode !== null);
    expect(following.exitCode).toBe(0);
    expect(await croupier('status')).toMatchObject({ code: 3, stdout: '' });
    expect(processesWith(project.folder)).toEqual([]);
  });

  it('rolls a build back: the artifact before runs again', async () => {
    project.write('server.js', gameServer('one'));
    const session = start({
      command: 'node {artifact}',
      build: { command: 'cp server.js {artifact}', artifact: '.croupier/build/{generation}/server.mjs' },
    });
    await session.waitFor('generation.active');
    const version = async () => {
      const answer = await ask('/v1/functions/echo/invoke', { payload: {} });
      return JSON.parse(await answer.text()).payload.version;
    };
    const none = await croupier('rollback');
    expect(none).toMatchObject({ code: 1, stdout: '' });
    expect(none.stderr).toContain('no other build has served in this session');

    project.write('server.js', gameServer('two'));
    await session.waitFor('generation.active', ({ generation }) => generation > 1);
    expect(await version()).toBe('two');
    const rolledBack = await croupier('rollback');
    expect(rolledBack).toMatchObject({ code: 0, stderr: '' });
    expect(rolledBack.stdout).toContain('swapped in');
    expect(await version()).toBe('one');
    expect((await croupier('stop')).code).toBe(0);
  });
});
