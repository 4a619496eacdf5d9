import { readdirSync, readFileSync } from 'node:fs';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type DevProcess, processesWith, until } from '../../support/dev-process.js';
import { gameServer } from '../../support/project.js';
import { eventsOf, runs, Scenario } from './scenario.js';

/** The guardian ends what is left 1 s after its request to end; the rest is for a busy machine, in ms. */
const ENDED_WITHIN_MS = 4_000;

let scenario: Scenario;

beforeEach(() => {
  scenario = new Scenario();
});

afterEach(() => scenario.close());

/** Ignores SIGTERM, and so does what it starts in its group and in a session of its own. */
const DEAF_FAMILY = {
  options: 'handleSignals: false',
  beforeConnect: `process.on('SIGTERM', () => {});
const { spawn } = await import('node:child_process');
const deaf = ['-e', "process.on('SIGTERM', () => {}); setInterval(() => {}, 1000); console.log('deaf')"];
spawn(process.execPath, deaf, { stdio: 'inherit' });
spawn(process.execPath, deaf, { stdio: 'inherit', detached: true }).unref();`,
};

/** Waits until the two processes that a generation of DEAF_FAMILY started ignore SIGTERM. */
async function familyIsDeaf(dev: DevProcess, generation: number): Promise<void> {
  const lines = () =>
    eventsOf(dev, 'process.output').filter(
      (event) => event.generation === generation && event.line === 'deaf',
    );
  await until('two deaf processes', () => lines().length === 2);
}

/** The shell that ends what a killed runner left. */
function guardianOf(runner: number): number {
  const found = readdirSync('/proc').filter((name) => {
    if (!/^\d+$/.test(name)) return false;
    try {
      const isChild = new RegExp(`^PPid:\\s+${runner}$`, 'm').test(
        readFileSync(`/proc/${name}/status`, 'utf8'),
      );
      return isChild && readFileSync(`/proc/${name}/cmdline`, 'utf8').includes('croupier-guardian');
    } catch {
      return false;
    }
  });
  expect(found).toHaveLength(1);
  return Number(found[0]);
}

describe('a signal', () => {
  it.each([
    ['SIGINT', 130],
    ['SIGTERM', 143],
    ['SIGHUP', 129],
  ] as const)('%s drains the call in flight, then ends with %i', async (signal, code) => {
    scenario.save(gameServer('one'));
    scenario.config();
    const { dev, caller } = await scenario.running();
    const inFlight = caller.echo({ barrier: 'slow' });
    await scenario.reached(dev, 'slow');

    dev.signal(signal);
    await dev.waitFor('generation.draining');
    await caller.roundTrips();
    expect(inFlight.isPending).toBe(true);
    expect(eventsOf(dev, 'generation.stopped')).toEqual([]);
    scenario.open('slow');
    expect(await inFlight.outcome).toMatchObject({ status: 'OK', answer: { generation: 1 } });
    expect(await dev.exited).toEqual({ code, signal: null });
    expect(dev.events.at(-1)).toMatchObject({ type: 'session.closed', reason: signal });
    expect(dev.stderr).toEqual([]);
  });

  it('during a build ends the build and what it started', async () => {
    const build = `const { spawn } = await import('node:child_process');
const helper = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)'], { stdio: 'ignore' });
const { writeFileSync } = await import('node:fs');
writeFileSync(process.env.BARRIERS + '/building', process.pid + ' ' + helper.pid + ' ');
setInterval(() => {}, 1000);
`;
    scenario.save(build, 'build.mjs');
    scenario.config({ build: { command: 'node build.mjs' } });
    const dev = scenario.start();
    const building = (await scenario.written('building', / \d+ $/)).trim().split(' ').map(Number);
    expect(building.map(runs)).toEqual([true, true]);
    expect(await dev.stop('SIGINT')).toEqual({ code: 130, signal: null });
    await until('the build is gone', () => !building.some(runs));
    expect(eventsOf(dev, 'generation.starting')).toEqual([]);
  });

  it('during the first start answers the calls that wait', async () => {
    scenario.save(gameServer('one', { beforeConnect: `await passed('never');` }));
    scenario.config();
    const dev = scenario.start();
    const caller = await scenario.caller(dev);
    await scenario.reached(dev, 'never');
    const held = caller.echo();
    await caller.roundTrips();
    expect(held.isPending).toBe(true);
    dev.signal('SIGTERM');
    expect(await held.outcome).toMatchObject({ status: 'UNAVAILABLE', reason: 'generation-failed' });
    expect(await dev.exited).toEqual({ code: 143, signal: null });
    expect(eventsOf(dev, 'generation.failed')).toEqual([]);
  });

  it('that comes twice at once, as under npm, is one', async () => {
    scenario.save(gameServer('one'));
    scenario.config();
    const { dev, caller } = await scenario.running();
    const inFlight = caller.echo({ barrier: 'slow' });
    await scenario.reached(dev, 'slow');

    // Two different signals: the kernel makes one of two equal ones that were not taken yet.
    dev.signal('SIGINT');
    dev.signal('SIGTERM');
    await dev.waitFor('generation.draining');
    await caller.roundTrips();
    expect(inFlight.isPending).toBe(true);
    scenario.open('slow');
    expect(await inFlight.outcome).toMatchObject({ status: 'OK' });
    const { code } = await dev.exited;
    expect([130, 143]).toContain(code);
  });

  it('SIGINT a second time ends at once, without waiting for the call', async () => {
    scenario.save(gameServer('one', DEAF_FAMILY));
    scenario.config({ drain: { calls: '10m' }, restart: { stopTimeout: '10m' } });
    const { dev, caller } = await scenario.running();
    await familyIsDeaf(dev, 1);
    const inFlight = caller.echo({ barrier: 'never' });
    await scenario.reached(dev, 'never');

    dev.signal('SIGINT');
    await dev.waitFor('generation.draining');
    const drainingAt = performance.now();
    // Signals that come closer together than 300 ms are one keystroke.
    await until('it is another keystroke', () => performance.now() - drainingAt > 350);
    expect(dev.hasExited).toBe(false);
    dev.signal('SIGINT');
    expect(await dev.exited).toEqual({ code: 130, signal: null });
    expect(await inFlight.outcome).toMatchObject({ status: 'UNAVAILABLE' });
    expect(processesWith(scenario.project.folder)).toEqual([]);
  });
});

describe('a runner that is killed', () => {
  it('leaves no process of any generation, and the next start says so', async () => {
    scenario.save(gameServer('one', DEAF_FAMILY));
    scenario.config({ restart: { strategy: 'overlap', keepOld: '10m', stopTimeout: '100ms' } });
    const { dev } = await scenario.running();
    await familyIsDeaf(dev, 1);
    scenario.save(gameServer('two', DEAF_FAMILY));
    const { generation } = await dev.waitFor('generation.active', (event) => event.generation > 1);
    await familyIsDeaf(dev, generation);
    const guardian = guardianOf(dev.pid);

    dev.signal('SIGKILL');
    expect(await dev.exited).toEqual({ code: null, signal: 'SIGKILL' });
    const left = () => processesWith(scenario.project.folder).length;
    await until('no process of a generation is left', () => left() === 0, ENDED_WITHIN_MS);
    await until('the guardian is gone', () => !runs(guardian));

    const next = scenario.start();
    const notice = await next.waitFor('session.notice', ({ message }) =>
      message.includes('not ended properly'),
    );
    expect(notice).toMatchObject({ level: 'warn' });
    expect(notice.message).toContain('nothing of it was left');
    await next.waitFor('generation.active');
  });

  it('and whose guardian could do nothing has its processes ended by the next start', async () => {
    scenario.save(gameServer('one', DEAF_FAMILY));
    scenario.config();
    const { dev } = await scenario.running();
    await familyIsDeaf(dev, 1);
    const { pid } = await dev.waitFor('generation.active');
    const survivors = () => processesWith(scenario.project.folder).filter((one) => one !== dev.pid);
    const family = survivors();
    expect(family).toHaveLength(3);

    const guardian = guardianOf(dev.pid);
    process.kill(guardian, 'SIGSTOP');
    try {
      dev.signal('SIGKILL');
      await dev.exited;
      expect(survivors()).toEqual(family);
      scenario.save(gameServer('two'));
      const next = scenario.start();
      const notice = await next.waitFor('session.notice', ({ message }) =>
        message.includes('not ended properly'),
      );
      for (const one of family) expect(notice.message).toContain(`(pid ${one})`);
      expect(notice.message).toContain(`server.js (pid ${pid})`);
      expect(family.filter(runs)).toEqual([]);
      await next.waitFor('generation.active');
    } finally {
      process.kill(guardian, 'SIGKILL');
    }
  });
});
