import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { StampedEvent } from '../../../src/core/events.js';
import { type DevProcess, runCroupier, until } from '../../support/dev-process.js';
import { executedTwice, Load } from '../../support/load.js';
import { gameServer } from '../../support/project.js';
import { Scenario } from '../dev/scenario.js';

const INSTANCES = Number(process.env.INSTANCES ?? 3);
/** Rolling reloads in the test under load, one of which fails, and calls each second. More of all: INSTANCES=4 ROLLS=20 CALLS_PER_SECOND=300. */
const ROLLS = Number(process.env.ROLLS ?? 2);
const CALLS_PER_SECOND = Number(process.env.CALLS_PER_SECOND ?? 100);

let scenario: Scenario;

beforeEach(() => {
  scenario = new Scenario();
});

afterEach(() => scenario.close());

type Finished = Extract<StampedEvent, { type: 'reload.finished' }>;

/** A compiled project: the build copies the source, and fails where that says so. */
function compiled(config: object = {}): void {
  scenario.save(
    `import { copyFileSync, readFileSync } from 'node:fs';
     if (readFileSync('server.js', 'utf8').includes('does not compile')) throw new Error('does not compile');
     copyFileSync('server.js', process.argv[2]);`,
    'build.js',
  );
  scenario.config({
    command: 'node {artifact}',
    build: { command: 'node build.js {artifact}', artifact: '.croupier/build/{generation}/server.js' },
    ...config,
  });
}

function startRun(args: readonly string[] = []): DevProcess {
  return scenario.startCommand(['run', '--json', '--port', '0', '--instances', String(INSTANCES), ...args]);
}

/** All of the first processes have the calls. */
async function allActive(dev: DevProcess, instances = INSTANCES): Promise<void> {
  for (let instance = 1; instance <= instances; instance++)
    await dev.waitFor('generation.active', (event) => event.instance === instance);
}

/** Asks for a reload; resolves with what is told of all instances together. */
async function roll(dev: DevProcess): Promise<Finished> {
  const mark = dev.mark();
  dev.signal('SIGHUP');
  return dev.waitFor('reload.finished', ({ instance }) => instance === undefined, mark);
}

function count(dev: DevProcess, type: StampedEvent['type'], from = 0): number {
  return dev.events.slice(from).filter((event) => event.type === type).length;
}

describe('several instances', () => {
  it('are replaced one after the other without a lost call, and go back when one of them fails', async () => {
    compiled({ restart: { strategy: 'overlap' } });
    scenario.save(gameServer('v0'));
    const dev = startRun();
    await allActive(dev);
    expect(count(dev, 'build.started')).toBe(1);
    const load = new Load(await dev.gateway(), { perSecond: CALLS_PER_SECOND, longestMs: 50 });
    load.start();
    const answeredBy = (version: string) =>
      load.answers.filter((answer) => answer.version === version).length;
    await until('the first version answers', () => answeredBy('v0') >= 2 * INSTANCES);

    const bad = Math.ceil(ROLLS / 2);
    for (let number = 1; number <= ROLLS; number++) {
      const version = `v${number}`;
      const mark = dev.mark();
      const breaksThird = "if (process.env.CROUPIER_INSTANCE === '3') process.exit(7);";
      scenario.save(gameServer(version, number === bad ? { beforeConnect: breaksThird } : {}));
      const finished = await roll(dev);
      expect(count(dev, 'build.started', mark)).toBe(1);
      if (number === bad) {
        expect(finished.outcome).toBe('kept-old');
        expect(finished.reason).toBe('instance 3: the process exited with code 7');
        const before = answeredBy(`v${number - 1}`);
        const wrong = answeredBy(version);
        await until('the version before answers again', () => answeredBy(`v${number - 1}`) >= before + 20);
        expect(answeredBy(version) - wrong).toBeLessThanOrEqual(20);
      } else {
        expect({ outcome: finished.outcome, reason: finished.reason }).toEqual({ outcome: 'swapped' });
        await until(`${version} answers`, () => answeredBy(version) > 0);
      }
      expect(finished.calls.lost).toBe(0);
    }

    scenario.save('does not compile');
    const broken = await roll(dev);
    expect(broken.outcome).toBe('kept-old');
    expect(broken.reason).toBe('instance 1: the build failed with exit code 1');
    // The last roll that went well took the place of what ran before it.
    const back = await runCroupier(scenario.project.folder, ['rollback']);
    expect(back).toMatchObject({ code: 0 });
    const earlier = `v${ROLLS === bad + 1 ? bad - 1 : ROLLS - 1}`;
    const answered = answeredBy(earlier);
    await until(`${earlier} answers again`, () => answeredBy(earlier) > answered);

    await load.stop();
    expect(load.losses).toEqual([]);
    expect(load.answers.length).toBe(load.sent);
    expect(executedTwice(scenario.environment.EXECUTIONS ?? '')).toEqual([]);
    expect((await dev.stop()).code).toBe(143);
  });
});
