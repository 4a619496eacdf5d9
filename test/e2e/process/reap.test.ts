import { expect, it } from 'vitest';
import { endStale, type StaleGroup } from '../../../src/process/reap.js';
import { isAlive, processStartTime } from '../../../src/process/start-time.js';
import { runs, type StartedChild, specOf, start } from './support.js';

async function record({ child, marker }: StartedChild): Promise<StaleGroup> {
  return { pid: child.pid, startTime: (await processStartTime(child.pid)) ?? 0, marker };
}

it.each(['polite', 'stubborn'])(
  'ends a %s survivor with all that descends from it, and names it',
  async (manner) => {
    const started = await start(specOf('family.mjs', ['stay', 'escaped', manner]));
    const escaped = Number(await started.says(/child (\d+)/));
    const ended = await endStale([await record(started)]);
    expect(ended.map(({ pid }) => pid)).toEqual([started.child.pid, escaped]);
    expect(ended[0]?.command).toMatch(/^node .*family\.mjs stay escaped/);
    expect(ended[1]?.command).toMatch(/^node .*lone\.mjs/);
    expect([started.child.pid, escaped].map(runs)).toEqual([false, false]);
  },
);

it('ends a group whose leader is gone', async () => {
  const started = await start(specOf('family.mjs', ['exit', 'group', 'stubborn']));
  const group = { ...(await record(started)), startTime: 1 };
  const grandchild = Number(await started.says(/child (\d+)/));
  await started.child.exited;
  expect(await endStale([group])).toMatchObject([{ pid: grandchild }]);
  expect(runs(grandchild)).toBe(false);
});

it('does not touch a process that has the pid but another start time', async () => {
  const started = await start(specOf('lone.mjs', ['polite']));
  await started.says(/ready/);
  const group = await record(started);
  expect(await endStale([{ ...group, startTime: group.startTime - 1 }])).toEqual([]);
  expect(runs(group.pid)).toBe(true);
});

it('does not touch a process that has the pid and start time but not the marker', async () => {
  const started = await start(specOf('lone.mjs', ['polite']));
  await started.says(/ready/);
  expect(await endStale([{ ...(await record(started)), marker: 'another.game.1' }])).toEqual([]);
  expect(runs(started.child.pid)).toBe(true);
});

it('has nothing to do for groups that are gone', async () => {
  const started = await start(specOf('lone.mjs', ['polite']));
  await started.says(/ready/);
  const group = await record(started);
  await started.child.stop('SIGTERM', 10_000);
  expect(await endStale([group])).toEqual([]);
});

it('knows by pid and start time whether a process still runs', async () => {
  const started = await start(specOf('lone.mjs', ['polite']));
  await started.says(/ready/);
  const { pid, startTime } = await record(started);
  expect(await isAlive(pid, startTime)).toBe(true);
  expect(await isAlive(pid, startTime + 1)).toBe(false);
  await started.child.stop('SIGTERM', 10_000);
  expect(await isAlive(pid, startTime)).toBe(false);
  expect(await processStartTime(pid)).toBeNull();
});
