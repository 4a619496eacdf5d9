import { mkdirSync, utimesSync, writeFileSync } from 'node:fs';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { until } from '../../support/dev-process.js';
import { gameServer } from '../../support/project.js';
import { eventsOf, reloaded, runs, Scenario } from './scenario.js';

let scenario: Scenario;

beforeEach(() => {
  scenario = new Scenario();
});

afterEach(() => scenario.close());

describe('a save while a reload is under way', () => {
  it('during a build: the build and what it started are ended, and there is one reload', async () => {
    // A source that says so keeps the build waiting, and the build has a helper in its group.
    scenario.save(
      `import { spawn } from 'node:child_process';
import { copyFileSync, readFileSync, writeFileSync } from 'node:fs';
if (readFileSync('source.js', 'utf8').includes('WAIT HERE')) {
  const helper = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)'], { stdio: 'ignore' });
  writeFileSync(process.env.BARRIERS + '/building', process.pid + ' ' + helper.pid + ' ');
  setInterval(() => {}, 1000);
} else {
  copyFileSync('source.js', process.argv[2]);
}
`,
      'build.mjs',
    );
    scenario.save(gameServer('one'), 'source.js');
    scenario.config({
      command: 'node {artifact}',
      build: { command: 'node build.mjs {artifact}', artifact: '.croupier/build/{generation}/server.js' },
      restart: { strategy: 'overlap' },
    });
    const { dev, caller } = await scenario.running();

    const mark = dev.mark();
    scenario.save(`// WAIT HERE\n${gameServer('two')}`, 'source.js');
    const building = (await scenario.written('building', / \d+ $/)).trim().split(' ').map(Number);
    expect(building.map(runs)).toEqual([true, true]);
    scenario.save(gameServer('three'), 'source.js');
    expect(await reloaded(dev, mark)).toMatchObject({
      outcome: 'swapped',
      trigger: { paths: ['source.js'] },
    });
    await until('the first build is gone', () => !building.some(runs));
    expect(await caller.echo().outcome).toMatchObject({ status: 'OK', answer: { version: 'three' } });

    const next = dev.mark();
    scenario.save(gameServer('four'), 'source.js');
    await reloaded(dev, next);
    expect(eventsOf(dev, 'reload.finished', mark)).toHaveLength(2);
    expect(eventsOf(dev, 'build.failed', mark)).toEqual([]);
  });

  it('during a drain: the call that is drained is answered, and the newest code starts, once', async () => {
    scenario.save(gameServer('one'));
    scenario.config({ restart: { strategy: 'stop-first' } });
    const { dev, caller } = await scenario.running();
    const slow = caller.echo({ id: 'slow', barrier: 'slow' });
    await scenario.reached(dev, 'slow');

    const mark = dev.mark();
    scenario.save(gameServer('two'));
    await dev.waitFor('generation.draining', ({ generation }) => generation === 1, mark);
    const held = caller.echo({ id: 'held' });
    const changed = dev.mark();
    scenario.save(gameServer('three'));
    await dev.waitFor('files.changed', () => true, changed);
    await caller.roundTrips();
    expect([slow.isPending, held.isPending]).toEqual([true, true]);
    expect(eventsOf(dev, 'generation.stopped')).toEqual([]);
    scenario.open('slow');
    expect(await slow.outcome).toMatchObject({ status: 'OK', answer: { generation: 1, version: 'one' } });
    expect(await held.outcome).toMatchObject({ status: 'OK', answer: { version: 'three' } });
    expect(await reloaded(dev, mark)).toMatchObject({ outcome: 'swapped', calls: { drained: 1, lost: 0 } });

    const next = dev.mark();
    scenario.save(gameServer('four'));
    await reloaded(dev, next);
    expect(eventsOf(dev, 'reload.finished', mark)).toHaveLength(2);
    expect(eventsOf(dev, 'generation.active', mark)).toHaveLength(2);
  });

  it('during a start: the candidate is ended without ever having a call, and there is one reload', async () => {
    scenario.save(gameServer('one'));
    scenario.config({ restart: { strategy: 'overlap' } });
    const { dev, caller } = await scenario.running();

    const mark = dev.mark();
    scenario.save(gameServer('two', { beforeConnect: `await passed('start');` }));
    const { generation } = await scenario.reached(dev, 'start');
    const starting = await dev.waitFor('generation.starting', (event) => event.generation === generation);
    expect(await caller.echo().outcome).toMatchObject({ status: 'OK', answer: { generation: 1 } });
    scenario.save(gameServer('three'));
    const finished = await reloaded(dev, mark);
    expect(finished).toMatchObject({ outcome: 'swapped', calls: { lost: 0 } });
    expect(finished.generation).toBeGreaterThan(generation);
    await dev.waitFor('generation.stopped', (event) => event.generation === generation);
    expect(runs(starting.pid)).toBe(false);
    expect(await caller.echo().outcome).toMatchObject({ status: 'OK', answer: { version: 'three' } });

    const next = dev.mark();
    scenario.save(gameServer('four'));
    await reloaded(dev, next);
    expect(eventsOf(dev, 'reload.finished', mark)).toHaveLength(2);
    expect(eventsOf(dev, 'generation.active', mark).map((event) => event.generation)).not.toContain(
      generation,
    );
    expect(eventsOf(dev, 'generation.failed', mark)).toEqual([]);
  });
});

describe('what counts as a change', () => {
  it('takes 1,000 files that change at once as one reload', async () => {
    scenario.save(gameServer('one'));
    scenario.config();
    mkdirSync(scenario.project.path('levels'));
    const levels = Array.from({ length: 1000 }, (_, index) =>
      scenario.project.path('levels', `${index}.json`),
    );
    for (const level of levels) writeFileSync(level, '{ "size": 1 }');
    const { dev } = await scenario.running();

    const mark = dev.mark();
    for (const level of levels) writeFileSync(level, '{ "size": 2 }');
    expect(await reloaded(dev, mark)).toMatchObject({ outcome: 'swapped', trigger: { kind: 'change' } });
    const next = dev.mark();
    scenario.save(gameServer('two'));
    expect((await reloaded(dev, next)).trigger.paths).toEqual(['server.js']);
    expect(eventsOf(dev, 'reload.finished', mark)).toHaveLength(2);
    expect(eventsOf(dev, 'files.changed', mark)[0]?.paths).toHaveLength(20);
  });

  it('ignores a save that changes nothing', async () => {
    const server = gameServer('one');
    scenario.save(server);
    scenario.config();
    const { dev, caller } = await scenario.running();

    const mark = dev.mark();
    scenario.save(server);
    utimesSync(scenario.project.path('server.js'), new Date(), new Date());
    // What comes after it in the same folder is seen later.
    scenario.save('after', 'after.txt');
    const { generation } = await reloaded(dev, mark);
    expect(eventsOf(dev, 'files.changed', mark).map(({ paths }) => paths)).toEqual([['after.txt']]);
    expect(eventsOf(dev, 'reload.finished', mark)).toHaveLength(1);
    expect(await caller.echo().outcome).toMatchObject({ status: 'OK', answer: { generation } });
  });
});
