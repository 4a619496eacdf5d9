import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { DevProcess, until } from '../../support/dev-process.js';
import { CheckedProject, echoCall, echoServer, firstFailure } from './check-project.js';
import { TextProcess } from './text-process.js';

/** A child outside of the group that is told to end and not waited for: it is not left behind. */
const ENDS_ITS_CHILD = `
import { spawn } from 'node:child_process';
const child = spawn('sleep', ['300'], { detached: true, stdio: 'ignore' });
child.unref();
process.on('SIGTERM', () => child.kill());
`;

let checked: CheckedProject;

beforeEach(() => {
  checked = new CheckedProject();
});

afterEach(() => checked.close());

test('two checks at once, beside a running session, disturb nobody; each builds for itself', async () => {
  checked.config({
    command: 'node {artifact}',
    build: { command: 'node build.mjs {artifact}', artifact: '.croupier/build/{generation}/app.mjs' },
    gateway: { listen: '127.0.0.1:0' },
    proxy: [{ listen: 0 }],
    // A report in the project is a new file there like any other.
    watch: { ignore: ['reports/'] },
    check: { functions: ['echo'], invoke: [echoCall()] },
  });
  checked.server(echoServer(ENDS_ITS_CHILD));
  checked.project.write(
    'build.mjs',
    "import { copyFileSync } from 'node:fs'; copyFileSync('server.js', process.argv[2]);",
  );
  const dev = DevProcess.start(checked.project.folder, [], checked.environment);
  try {
    await dev.waitFor('generation.active');
    const session = readFileSync(checked.project.path('.croupier', 'session.json'), 'utf8');
    const junit = checked.project.path('reports', 'check.xml');
    const [one, other] = await Promise.all([checked.check(), checked.check(['--junit', junit])]);
    for (const told of [one, other]) {
      expect(told.steps.filter(({ result }) => result !== 'passed')).toEqual([]);
      expect(told.steps.map(({ step }) => step)).toHaveLength(11);
      expect(told.code).toBe(0);
      const reload = told.steps.find(({ step }) => step === 'reload');
      expect(reload?.remarks[0]?.text).toMatch(/^[1-9]\d* calls answered, none lost$/);
    }
    expect(readFileSync(junit, 'utf8')).toContain('tests="11" failures="0" errors="0"');
    // The running session has noticed nothing.
    expect(dev.events.filter(({ type }) => type === 'reload.finished')).toHaveLength(1);
    expect(dev.events.filter(({ type }) => type === 'generation.stopped')).toEqual([]);
    expect(readFileSync(checked.project.path('.croupier', 'session.json'), 'utf8')).toBe(session);
  } finally {
    await dev.stop();
  }
});

test('a snapshot is written, holds as long as callers are right, and a change that breaks them is shown at its file', async () => {
  checked.config({ check: { functions: ['echo'] } });
  checked.server(echoServer());
  const only = ['--only', 'registrations'];
  const file = checked.project.path('croupier.snapshot.json');
  expect((await checked.check([...only, '--update'])).code).toBe(0);
  const written = readFileSync(file, 'utf8');
  expect(JSON.parse(written).services.game).toMatchObject([{ id: 'echo', version: '1.0.0' }]);

  checked.server(
    echoServer("service.registerFunction({ id: 'ping', version: '1.0.0' }, async () => 'pong');"),
  );
  const grown = await checked.check(only);
  expect(grown.code).toBe(0);
  expect(JSON.stringify(grown.steps)).toContain('ping is new');

  // The function of the snapshot is gone.
  writeFileSync(file, written.replaceAll('"echo"', '"ecco"'));
  const { code, stdout } = await checked.run(only, {
    GITHUB_ACTIONS: 'true',
    GITHUB_WORKSPACE: checked.project.folder,
  });
  expect(code).toBe(1);
  expect(stdout).toMatch(
    /^::error file=croupier\.snapshot\.json,title=croupier check%3A registrations of game::callers break:%0Aecco is gone/m,
  );
  expect(stdout.split('\n').filter((line) => line.length > 80 && !line.startsWith('::'))).toEqual([]);
});

test('a build alone starts nothing', async () => {
  checked.config({
    command: 'node {artifact}',
    build: { command: 'cp server.js {artifact}', artifact: '.croupier/build/{generation}/app.mjs' },
  });
  checked.server("import { writeFileSync } from 'node:fs'; writeFileSync('started', '');");
  const told = await checked.check(['--only', 'build']);
  expect(told.steps.find(({ step }) => step === 'build')).toMatchObject({ result: 'passed' });
  expect(told.code).toBe(0);
  expect(existsSync(checked.project.path('started'))).toBe(false);
});

test('each service is checked; one that needs a service which is not ready is skipped', async () => {
  checked.project.config({
    services: {
      world: { command: 'node server.js', check: { invoke: [echoCall()] } },
      broken: { command: 'node broken.js' },
      lobby: { command: 'node server.js', dependsOn: ['broken'] },
    },
  });
  checked.server(echoServer());
  checked.project.write('broken.js', 'process.exit(3);');
  const told = await checked.check(['--skip', 'drain']);
  expect(told.code).toBe(1);
  expect(firstFailure(told)).toMatchObject({ step: 'boot', service: 'broken' });
  const result = (step: string, service: string) =>
    told.steps.find((one) => one.step === step && one.service === service);
  for (const step of ['boot', 'ready', 'registrations', 'calls', 'reload', 'stop']) {
    expect(result(step, 'world')).toMatchObject({ result: 'passed' });
  }
  expect(result('boot', 'lobby')).toMatchObject({
    result: 'skipped',
    reason: 'broken, which it depends on, is not ready',
  });
});

test('Ctrl-C ends a check cleanly', async () => {
  checked.config({
    command: 'node {artifact}',
    build: { command: 'cp server.js {artifact}', artifact: '.croupier/build/{generation}/app.mjs' },
  });
  checked.server(
    "import { writeFileSync } from 'node:fs'; writeFileSync('started', ''); setInterval(() => {}, 1000);",
  );
  const running = new TextProcess(checked.project.folder, ['check'], checked.environment);
  await until('the process was started', () => existsSync(checked.project.path('started')));
  running.signal('SIGINT');
  expect(await running.exited).toEqual({ code: 130, signal: null });
  expect(running.stdout).toContain('interrupted');
});
