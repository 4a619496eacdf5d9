import { describe, expect, test } from 'vitest';
import { processesWith } from '../../support/dev-process.js';
import { CheckedProject, echoCall, echoServer, firstFailure, type Told } from './check-project.js';

/** What a check of a broken project has to say. */
interface Broken {
  readonly what: string;
  readonly config: object;
  readonly server: string;
  readonly files?: Readonly<Record<string, string>>;
  readonly args?: readonly string[];
  readonly step: string;
  readonly exitCode: number;
  readonly reason: RegExp;
  /** In the output that is shown with it. */
  readonly output?: string;
  /** `file:line`, relative. */
  readonly position?: string;
}

const QUICK = ['--skip', 'reload,drain'];
const CALLS = { check: { functions: ['echo'], invoke: [echoCall()] } };

/** The second generation ends whoever wrote the pid file: a habit of scripts that start servers. */
const KILLS_ITS_PREDECESSOR = `
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
if (existsSync('server.pid')) process.kill(Number(readFileSync('server.pid', 'utf8')), 'SIGKILL');
writeFileSync('server.pid', String(process.pid));
`;

const LEAVES_A_CHILD = `
import { spawn } from 'node:child_process';
spawn('sleep', ['300'], { detached: true, stdio: 'ignore' }).unref();
`;

const BROKEN: readonly Broken[] = [
  {
    what: 'a configuration with a key that there is not',
    config: { comand: 'node server.js' },
    server: echoServer(),
    step: 'config',
    exitCode: 2,
    reason: /croupier\.config\.json:\d+:\d+: `comand`/,
    position: 'croupier.config.json:4',
  },
  {
    what: 'a tool that is missing',
    config: { command: 'no-such-tool server.js' },
    server: echoServer(),
    step: 'tools',
    exitCode: 3,
    reason: /no-such-tool \(command\) is not installed/,
  },
  {
    what: 'a build that fails',
    config: { build: { command: 'node build.js' } },
    server: echoServer(),
    files: { 'build.js': "console.error('build.js:1:1: no such thing'); process.exit(1);" },
    step: 'build',
    exitCode: 1,
    reason: /exit code 1/,
    output: 'build.js:1:1: no such thing',
    position: 'build.js:1',
  },
  {
    what: 'a crash on boot',
    config: {},
    server: "throw new Error('no database');",
    step: 'boot',
    exitCode: 1,
    reason: /exited with code 1/,
    output: 'no database',
    position: 'server.js:1',
  },
  {
    what: 'a process that never gets ready',
    config: { ready: { timeout: '600ms' } },
    server: "console.log('thinking'); setInterval(() => {}, 1000);",
    step: 'ready',
    exitCode: 1,
    reason: /not ready after 600 ms/,
    output: 'thinking',
  },
  {
    what: 'a function that is missing',
    config: { check: { functions: ['echo', 'ecco'] } },
    server: echoServer(),
    args: QUICK,
    step: 'registrations',
    exitCode: 1,
    reason: /ecco is not registered \(but echo is\)/,
  },
  {
    what: 'a schema that breaks callers',
    config: CALLS,
    server: echoServer(),
    files: {
      'croupier.snapshot.json': JSON.stringify({
        services: {
          game: [
            {
              id: 'echo',
              version: '1.0.0',
              inputSchema: { properties: { id: { type: ['string', 'null'] } } },
            },
          ],
        },
      }),
    },
    args: QUICK,
    step: 'registrations',
    exitCode: 1,
    reason: /echo: input: id takes no null any more/,
    position: 'croupier.snapshot.json:null',
  },
  {
    what: 'a wrong answer',
    config: { check: { invoke: [echoCall({ expect: { id: 'b' } })] } },
    server: echoServer(),
    args: QUICK,
    step: 'calls',
    exitCode: 1,
    reason: /echo: id is "a", expected "b"/,
  },
  {
    what: 'a slow answer',
    config: { check: { invoke: [echoCall({ payload: { id: 'a', delay: 1000 }, timeout: '200ms' })] } },
    server: echoServer(),
    args: QUICK,
    step: 'calls',
    exitCode: 1,
    reason: /echo: no answer within 200 ms/,
  },
  {
    what: 'a process that ends calls of its predecessor',
    config: { check: { invoke: [echoCall({ payload: { id: 'a', delay: 150 } })] } },
    server: echoServer(KILLS_ITS_PREDECESSOR),
    step: 'reload',
    exitCode: 1,
    reason: /calls were lost[\s\S]*child-lost/,
  },
  {
    what: 'a process that ignores its stop signal',
    config: { restart: { stopTimeout: '300ms' } },
    server: echoServer("process.on('SIGTERM', () => {}); setInterval(() => {}, 1000);"),
    args: ['--only', 'stop'],
    step: 'stop',
    exitCode: 1,
    reason: /generation 1 was still there 300 ms after SIGTERM and had to be killed/,
  },
  {
    what: 'a child that is left behind',
    config: {},
    server: echoServer(LEAVES_A_CHILD),
    args: ['--only', 'stop'],
    step: 'stop',
    exitCode: 1,
    reason: /generation 1 left sleep 300 \(pid \d+\) behind/,
  },
];

describe('a check', () => {
  test.for(BROKEN)('of $what fails at $step with exit code $exitCode', async (broken) => {
    const checked = new CheckedProject();
    try {
      await failsAsItShould(checked, broken);
    } finally {
      await checked.close();
    }
  });

  test('whose time is up fails, and ends what it started', async () => {
    const checked = new CheckedProject();
    try {
      checked.config({});
      checked.server('setInterval(() => {}, 1000);');
      const told = await checked.check(['--timeout', '900ms']);
      expect(told.code).toBe(1);
      expect(firstFailure(told).reason).toContain('the time for the whole check, 900 ms, was up');
    } finally {
      await checked.close();
    }
  });
});

async function failsAsItShould(checked: CheckedProject, broken: Broken): Promise<void> {
  const { config, server, files = {}, args, step, exitCode, reason, output, position } = broken;
  checked.config(config);
  checked.server(server);
  for (const [path, text] of Object.entries(files)) checked.project.write(path, text);
  const told = await checked.check(args);
  expect(told.code).toBe(exitCode);
  expect(told.result).toBe('failed');
  expect(failedSteps(told)).toEqual([step]);
  const failure = firstFailure(told);
  expect(failure.reason).toMatch(reason);
  expect(failure.wayOut).not.toBeNull();
  if (output !== undefined) expect(failure.output.join('\n')).toContain(output);
  if (position !== undefined) {
    expect(`${failure.position?.file}:${failure.position?.line}`).toBe(checked.project.path(position));
  }
  expect(processesWith(checked.project.folder)).toEqual([]);
}

function failedSteps({ steps }: Told): readonly string[] {
  return steps.filter(({ result }) => result === 'failed').map(({ step }) => step);
}
