import { afterEach, beforeEach, expect, test } from 'vitest';
import { runCroupier } from '../../support/dev-process.js';
import { Scenario } from '../dev/scenario.js';
import { echoServer } from './check-project.js';
import { TextProcess } from './text-process.js';

const CI = ['dev', '--port', '0', '--ci'];

let scenario: Scenario;

beforeEach(() => {
  scenario = new Scenario();
  scenario.config();
});

afterEach(() => scenario.close());

test('a command runs when the services are ready, is told where they are, and decides the exit code', async () => {
  scenario.save(echoServer());
  // croupier invoke finds the gateway by CROUPIER_AGENT_ADDR.
  scenario.save(
    `import { spawnSync } from 'node:child_process';
     const words = ['node_modules/croupier-cli/bin/croupier.js', 'invoke', 'echo', '{"id":"from ci"}'];
     const { stdout } = spawnSync(process.execPath, words, { encoding: 'utf8' });
     console.log('answer ' + stdout + ' at ' + process.env.CROUPIER_AGENT_ADDR);
     process.exit(7);`,
    'client.js',
  );
  const { folder } = scenario.project;
  const finished = await runCroupier(folder, [...CI, '--', 'node', 'client.js'], scenario.environment);
  expect(finished.code, finished.stderr).toBe(7);
  expect(finished.stdout).toMatch(/answer \{"id":"from ci","generation":1\} at 127\.0\.0\.1:\d+\n/);
});

test('a service that does not start is a failure, and the command is not run', async () => {
  scenario.save("throw new Error('no database');");
  const words = [...CI, '--json', '--', 'node', '-e', "console.error('ran')"];
  const { code, stdout, stderr } = await runCroupier(scenario.project.folder, words, scenario.environment);
  expect(code).toBe(1);
  expect(stderr).toMatch(
    /^error: `node -e .*` was not run: game is not ready: the process exited with code 1$/m,
  );
  expect(stderr).not.toMatch(/^ran$/m);
  expect(() =>
    stdout
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line)),
  ).not.toThrow();
});

test('a signal is passed on to the command, and ends the session after it', async () => {
  scenario.save(echoServer());
  scenario.save(
    "process.on('SIGTERM', () => { console.log('finishing'); process.exit(0); }); console.log('testing'); setInterval(() => {}, 1000);",
    'tests.js',
  );
  const running = new TextProcess(
    scenario.project.folder,
    [...CI, '--', 'node', 'tests.js'],
    scenario.environment,
  );
  await running.says('testing');
  running.signal('SIGTERM');
  expect(await running.exited).toEqual({ code: 143, signal: null });
  expect(running.stdout).toContain('finishing');
});
