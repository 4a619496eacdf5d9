import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { DevProcess } from '../../support/dev-process.js';
import { gameServer } from '../../support/project.js';
import { eventsOf, reloaded, runs, Scenario } from './scenario.js';

let scenario: Scenario;

beforeEach(() => {
  scenario = new Scenario();
});

afterEach(() => scenario.close());

const DEAF = {
  options: 'handleSignals: false',
  beforeConnect: `process.on('SIGTERM', () => console.log('SIGTERM heard'));`,
};

/** Starts two processes of its own: one in its group, one in a session of its own. Neither is told when it ends. */
const FAMILY = {
  beforeConnect: `const { spawn } = await import('node:child_process');
const forever = ['-e', 'setInterval(() => {}, 1000)'];
const helper = spawn(process.execPath, forever, { stdio: 'inherit' });
const daemon = spawn(process.execPath, forever, { stdio: 'ignore', detached: true });
daemon.unref();
console.log('helper ' + helper.pid);
console.log('daemon ' + daemon.pid);`,
};

/** The pids that a generation printed after a word. */
async function printedPid(dev: DevProcess, generation: number, word: string): Promise<number> {
  const { line } = await dev.waitFor(
    'process.output',
    (event) => event.generation === generation && event.line.startsWith(`${word} `),
  );
  return Number(line.slice(word.length + 1));
}

describe('a process that ignores SIGTERM', () => {
  it('is killed after stopTimeout at a reload, and that is said', async () => {
    scenario.save(gameServer('one', DEAF));
    scenario.config({ restart: { strategy: 'overlap', stopTimeout: '400ms', keepOld: 0 } });
    const { dev } = await scenario.running();
    const { pid } = await dev.waitFor('generation.active');

    scenario.save(gameServer('two'));
    const stopped = await dev.waitFor('generation.stopped', (event) => event.generation === 1);
    expect(stopped).toMatchObject({ pid, exitCode: null, signal: 'SIGKILL' });
    expect(stopped.ms).toBeGreaterThanOrEqual(400);
    await dev.waitFor(
      'process.output',
      ({ line, generation }) => line === 'SIGTERM heard' && generation === 1,
    );
    expect(runs(pid)).toBe(false);
    const notice = await dev.waitFor('session.notice', ({ message }) => message.includes('SIGKILL'));
    expect(notice).toMatchObject({
      level: 'warn',
      message: 'generation 1 was still there 400 ms after SIGTERM and was ended by SIGKILL',
    });
  });

  it('is killed after stopTimeout at the end', async () => {
    scenario.save(gameServer('one', DEAF));
    scenario.config({ restart: { stopTimeout: '400ms' } });
    const { dev } = await scenario.running();
    expect(await dev.stop()).toEqual({ code: 143, signal: null });
    expect(eventsOf(dev, 'generation.stopped')).toMatchObject([{ generation: 1, signal: 'SIGKILL' }]);
    expect(dev.events.at(-1)).toMatchObject({ type: 'session.closed', reason: 'SIGTERM' });
  });
});

describe('processes that a game server started', () => {
  it.each(['overlap', 'stop-first'])(
    'are gone with their generation and with the session (%s)',
    async (strategy) => {
      scenario.save(gameServer('one', FAMILY));
      scenario.config({ restart: { strategy, keepOld: 0, stopTimeout: '2s' } });
      const { dev } = await scenario.running();
      const first = [await printedPid(dev, 1, 'helper'), await printedPid(dev, 1, 'daemon')];
      expect(first.map(runs)).toEqual([true, true]);

      const mark = dev.mark();
      scenario.save(gameServer('two', FAMILY));
      const { generation } = await reloaded(dev, mark);
      await dev.waitFor('generation.stopped', (event) => event.generation === 1);
      expect(first.map(runs)).toEqual([false, false]);

      const second = [
        await printedPid(dev, generation, 'helper'),
        await printedPid(dev, generation, 'daemon'),
      ];
      expect(second.map(runs)).toEqual([true, true]);
      await dev.stop();
      expect(second.map(runs)).toEqual([false, false]);
    },
  );
});
