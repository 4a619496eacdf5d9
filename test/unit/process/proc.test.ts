import { describe, expect, it } from 'vitest';
import { listPossibleDescendants, recordOrigin } from '../../../src/process/origin.js';
import { isRunning, parseStat, pickProcesses } from '../../../src/process/proc.js';

const REST = '4711 4711 0 -1 4194560 1 2 3 4 5 6 7 8 20 0 11 0 987654 1000 2000';

describe('parseStat', () => {
  it('reads state, group and start time', () => {
    expect(parseStat(`4712 (node) S 1 ${REST}`)).toEqual({
      pid: 4712,
      state: 'S',
      group: 4711,
      threads: 11,
      startTime: 987_654,
    });
  });

  it('is not led astray by a name that looks like fields', () => {
    expect(parseStat(`4712 (a) Z 9 9\n(b) R 1 ${REST}`)).toMatchObject({ state: 'R', group: 4711 });
  });

  it('of something else is nothing', () => {
    expect(parseStat('')).toBeNull();
    expect(parseStat('4712 (node) S 1')).toBeNull();
  });
});

it('the dead do not run', () => {
  const stat = { pid: 1, group: 1, threads: 1, startTime: 1 };
  expect(['R', 'S', 'D', 'T', 'Z', 'X'].map((state) => isRunning({ ...stat, state }))).toEqual([
    true,
    true,
    true,
    true,
    false,
    false,
  ]);
  expect(isRunning({ ...stat, state: 'Z', threads: 2 })).toBe(true);
  expect(isRunning(null)).toBe(false);
});

it('a long scan lets the event loop turn', async () => {
  let turns = 0;
  const timer = setInterval(() => turns++, 0);
  const busy = (pid: number) => {
    const end = performance.now() + 3;
    while (performance.now() < end);
    return pid % 2 === 0;
  };
  const picked = await pickProcesses([1, 2, 3, 4, 5, 6], busy);
  clearInterval(timer);
  expect(picked).toEqual([2, 4, 6]);
  expect(turns).toBeGreaterThan(1);
});

describe('possible descendants', () => {
  it('are the process itself and those with higher pids', () => {
    const pids = listPossibleDescendants(recordOrigin(process.pid));
    expect(pids).toContain(process.pid);
    expect(Math.min(...pids)).toBe(process.pid);
  });

  it('are all processes when pids may have started again from the low end, or when that is not known', () => {
    const origin = recordOrigin(process.pid);
    for (const forks of [(origin.forks ?? 0) - 2 ** 22, null]) {
      expect(listPossibleDescendants({ ...origin, forks })).toContain(1);
    }
  });
});
