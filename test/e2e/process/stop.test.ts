import { expect, it } from 'vitest';
import { isGroupRunning, signalGroup } from '../../../src/process/group.js';
import { createSessionMarker, generationMarker } from '../../../src/process/marker.js';
import { recordOrigin } from '../../../src/process/origin.js';
import { runs, specOf, specOfScript, start, until } from './support.js';

it('a polite process: signal, its own exit code, no SIGKILL', async () => {
  const started = await start(specOf('lone.mjs', ['polite']));
  await started.says(/ready/);
  const outcome = await started.child.stop('SIGTERM', 10_000);
  expect(outcome).toMatchObject({ exit: { exitCode: 7, signal: null }, killed: false });
  expect(outcome.survivors).toBeUndefined();
  expect(runs(started.child.pid)).toBe(false);
});

it('a process that ignores the signal is killed after the grace, not before', async () => {
  const started = await start(specOf('lone.mjs', ['stubborn']));
  await started.says(/ready/);
  const outcome = await started.child.stop('SIGTERM', 300);
  expect(outcome).toMatchObject({ exit: { exitCode: null, signal: 'SIGKILL' }, killed: true });
  expect(outcome.ms).toBeGreaterThanOrEqual(299);
  expect(started.stdout.toString()).toContain('ignored SIGTERM');
});

it('a second stop with a shorter grace shortens the first; a longer one changes nothing', async () => {
  const started = await start(specOf('lone.mjs', ['stubborn']));
  await started.says(/ready/);
  const first = started.child.stop('SIGTERM', 60_000);
  await started.says(/ignored SIGTERM/);
  void started.child.stop('SIGTERM', 120_000);
  const second = await started.child.stop('SIGTERM', 0);
  expect(second.killed).toBe(true);
  expect(second.ms).toBeLessThan(30_000);
  expect(await first).toEqual(second);
});

it('the signal is the one that was asked for', async () => {
  const started = await start(
    specOfScript(
      `process.on('SIGINT', () => process.exit(21)); setInterval(() => {}, 1e6); process.stdout.write('ready')`,
    ),
  );
  await started.says(/ready/);
  expect((await started.child.stop('SIGINT', 10_000)).exit.exitCode).toBe(21);
});

it('a process that was stopped (SIGSTOP) still gets the signal', async () => {
  const started = await start(specOf('lone.mjs', ['polite']));
  await started.says(/ready/);
  process.kill(started.child.pid, 'SIGSTOP');
  expect(await started.child.stop('SIGTERM', 15_000)).toMatchObject({ exit: { exitCode: 7 }, killed: false });
});

it('waits for the whole group: a grandchild that ignores the signal is killed', async () => {
  const started = await start(specOf('family.mjs', ['stay', 'group', 'stubborn']));
  const grandchild = Number(await started.says(/child (\d+)/));
  const outcome = await started.child.stop('SIGTERM', 300);
  expect(outcome).toMatchObject({ exit: { exitCode: 0 }, killed: true });
  expect(runs(grandchild)).toBe(false);
});

it('ends a group whose leader has exited by itself', async () => {
  const started = await start(specOf('family.mjs', ['exit', 'group', 'polite']));
  const grandchild = Number(await started.says(/child (\d+)/));
  expect(await started.child.exited).toMatchObject({ exitCode: 3 });
  expect(runs(grandchild)).toBe(true);
  const outcome = await started.child.stop('SIGTERM', 10_000);
  expect(outcome).toMatchObject({ exit: { exitCode: 3 }, killed: false });
  expect(runs(grandchild)).toBe(false);
});

it.each(['polite', 'stubborn'])('ends a %s descendant that left the group', async (manner) => {
  const started = await start(specOf('family.mjs', ['stay', 'escaped', manner]));
  const escaped = Number(await started.says(/child (\d+)/));
  const outcome = await started.child.stop('SIGTERM', manner === 'polite' ? 10_000 : 200);
  expect(outcome.killed).toBe(manner === 'stubborn');
  expect(runs(escaped)).toBe(false);
});

it('a second stop shortens also the wait for a descendant that left the group', async () => {
  const started = await start(specOf('family.mjs', ['stay', 'escaped', 'stubborn']));
  const escaped = Number(await started.says(/child (\d+)/));
  const first = started.child.stop('SIGTERM', 60_000);
  await until('the leader to be gone', () => !runs(started.child.pid));
  await started.child.stop('SIGTERM', 0);
  expect(await first).toMatchObject({ exit: { exitCode: 0 }, killed: true });
  expect(runs(escaped)).toBe(false);
});

it('leaves alone who carries another marker', async () => {
  const session = createSessionMarker();
  const [first, second] = await Promise.all(
    [1, 11].map((generation) =>
      start(
        specOf('family.mjs', ['stay', 'escaped', 'polite'], {
          marker: generationMarker(session, 'game', generation),
        }),
      ),
    ),
  );
  if (first === undefined || second === undefined) throw new Error('not started');
  const pids = await Promise.all([first, second].map(async (one) => Number(await one.says(/child (\d+)/))));
  await first.child.stop('SIGTERM', 10_000);
  expect(pids.map(runs)).toEqual([false, true]);
  expect(runs(second.child.pid)).toBe(true);
});

it('a process that is gone already: at once, with its exit', async () => {
  const started = await start(specOfScript('process.exit(9)'));
  await started.child.exited;
  const outcome = await started.child.stop('SIGTERM', 60_000);
  expect(outcome).toMatchObject({ exit: { exitCode: 9, signal: null }, killed: false });
  expect(outcome.ms).toBeLessThan(30_000);
});

it('zombies do not count', async () => {
  const started = await start(specOf('family.mjs', ['stay', 'escaped', 'polite']));
  const leader = Number(await started.says(/child (\d+)/));
  const origin = recordOrigin(leader);
  expect(await isGroupRunning(origin)).toBe(true);
  // A parent that stands still does not take note of its child's end.
  process.kill(started.child.pid, 'SIGSTOP');
  process.kill(leader, 'SIGKILL');
  await until('the group not to count as running', async () => !(await isGroupRunning(origin)));
  expect(runs(leader)).toBe(false);
  // The zombie is still there.
  expect(() => process.kill(-leader, 0)).not.toThrow();
});

it('a group is not signalled when its number belongs to somebody else by now', async () => {
  const started = await start(specOf('lone.mjs', ['polite']));
  await started.says(/ready/);
  const origin = recordOrigin(started.child.pid);
  const outlived = { ...origin, startTime: (origin.startTime ?? 0) - 1 };
  signalGroup(outlived, 'SIGKILL');
  expect(await isGroupRunning(outlived)).toBe(false);
  expect(await started.child.stop('SIGTERM', 10_000)).toMatchObject({ exit: { exitCode: 7 } });
});
