import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync, readFileSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { afterEach, expect, it } from 'vitest';
import { GUARDIAN_SCRIPT } from '../../../src/process/guardian-script.js';
import { createSessionMarker } from '../../../src/process/marker.js';
import { processStartTime } from '../../../src/process/start-time.js';
import { fixture, runningWith, runs, specOf, start, until } from './support.js';

/** No process survives a runner that was killed for longer than this, in ms. */
const SURVIVAL_LIMIT_MS = 2000;

interface Family {
  readonly session: string;
  readonly leader: number;
  readonly child: number;
}

const leftovers: number[] = [];
afterEach(() => {
  for (const pid of leftovers.splice(0)) if (runs(pid)) process.kill(pid, 'SIGKILL');
});

async function startRunner(...args: string[]) {
  const runner = spawn(process.execPath, ['--import', 'tsx', fixture('runner.ts'), ...args], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const lines = createInterface(runner.stdout);
  const [line] = await once(lines, 'line');
  const family: Family = JSON.parse(String(line));
  if (runner.pid === undefined) throw new Error('no runner');
  leftovers.push(runner.pid, family.leader, family.child);
  const guardian = await findGuardian(family.session);
  return { runner, lines, family, guardian };
}

/** The one shell that has the session's marker among its arguments. */
async function findGuardian(session: string): Promise<number> {
  const find = () =>
    readdirSync('/proc')
      .map(Number)
      .filter(Number.isInteger)
      .filter((pid) => {
        try {
          return readFileSync(`/proc/${pid}/cmdline`, 'utf8').endsWith(`croupier-guardian\0${session}\0`);
        } catch {
          return false;
        }
      });
  await until('the guardian', () => find().length > 0);
  return find()[0] ?? 0;
}

it.each([
  ['a polite group', ['stay', 'group', 'polite', 'announced']],
  ['a stubborn group', ['stay', 'group', 'stubborn', 'announced']],
  ['a group whose leader has exited', ['exit', 'group', 'stubborn', 'announced']],
  ['a descendant that left the group', ['stay', 'escaped', 'stubborn', 'announced']],
  ['a polite group that only the announcement tells of', ['stay', 'group', 'polite', 'unmarked']],
  ['a stubborn group that only the announcement tells of', ['stay', 'group', 'stubborn', 'unmarked']],
  ['a process that the guardian was not told of yet', ['stay', 'group', 'stubborn', 'silent']],
])('nothing survives a runner that was killed: %s', async (_what, args) => {
  const { runner, family, guardian } = await startRunner(...args);
  expect(runs(family.child)).toBe(true);
  const killedAt = performance.now();
  runner.kill('SIGKILL');
  await until(
    'all to be gone',
    () => !runs(family.leader) && !runs(family.child) && runningWith(family.session).length === 0,
  );
  expect(performance.now() - killedAt).toBeLessThan(SURVIVAL_LIMIT_MS);
  await until('the guardian to be gone', () => !runs(guardian));
});

it('polite processes need not wait for the second to be over', async () => {
  const { runner, family } = await startRunner('stay', 'group', 'polite', 'announced');
  const killedAt = performance.now();
  runner.kill('SIGKILL');
  await until('all to be gone', () => !runs(family.leader) && !runs(family.child));
  expect(performance.now() - killedAt).toBeLessThan(900);
});

it('takes no notice of the signals of a terminal', async () => {
  const { runner, family, guardian } = await startRunner('stay', 'group', 'polite', 'announced');
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.kill(guardian, signal);
  runner.kill('SIGKILL');
  await until('all to be gone', () => !runs(family.leader) && !runs(family.child));
});

it('goes home when all is stopped, and keeps no runner from exiting', async () => {
  const { runner, lines, family, guardian } = await startRunner('stay', 'group', 'polite', 'announced');
  runner.kill('SIGUSR2');
  const [line] = await once(lines, 'line');
  expect(line).toBe('closed');
  expect(runs(guardian)).toBe(false);
  expect(runs(family.leader)).toBe(false);
  if (runner.exitCode === null) await once(runner, 'exit');
  expect(runner.exitCode).toBe(0);
});

it('leaves groups alone that were removed, and those whose number belongs to somebody else', async () => {
  const started = await start(specOf('lone.mjs', ['polite']));
  await started.says(/ready/);
  const session = createSessionMarker();
  const shell = spawn('/bin/sh', ['-c', GUARDIAN_SCRIPT, 'croupier-guardian', session], {
    detached: true,
    stdio: ['pipe', 'ignore', 'inherit'],
  });
  const { pid } = started.child;
  const startTime = (await processStartTime(pid)) ?? 0;
  shell.stdin.end(`add ${pid} ${startTime}\nremove ${pid}\nadd ${pid} ${startTime - 1}\n`);
  await once(shell, 'exit');
  expect(runs(pid)).toBe(true);
});

it('is replaced when somebody ends it, and is told of the groups again', async () => {
  const { runner, lines, family, guardian } = await startRunner('stay', 'group', 'stubborn', 'unmarked');
  process.kill(guardian, 'SIGKILL');
  await until('another guardian', async () => (await findGuardian(family.session)) !== guardian);
  // An answer means that the runner is done with what it does about it.
  runner.kill('SIGUSR1');
  await once(lines, 'line');
  runner.kill('SIGKILL');
  await until('all to be gone', () => !runs(family.leader) && !runs(family.child));
});
