import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { until } from '../../support/dev-process.js';
import { Load } from '../../support/load.js';
import { gameServer } from '../../support/project.js';
import { eventsOf, lastOf, reloaded, Scenario } from './scenario.js';

/** Copies the source to where it is told, or fails as a compiler does. */
const BUILD = `import { copyFileSync, readFileSync } from 'node:fs';
if (readFileSync('source.js', 'utf8').includes('MISTAKE')) {
  console.error('source.js:3: MISTAKE is not defined');
  process.exit(1);
}
copyFileSync('source.js', process.argv[2]);
`;

const SAYS_WHAT_RUNS = { beforeConnect: `console.log('runs ' + process.argv[1]);` };

let scenario: Scenario;

beforeEach(() => {
  scenario = new Scenario();
});

afterEach(() => scenario.close());

/** A project whose build makes one artifact for each generation. */
function withBuild(strategy: string): void {
  scenario.save(BUILD, 'build.mjs');
  scenario.save(gameServer('one', SAYS_WHAT_RUNS), 'source.js');
  scenario.config({
    command: 'node {artifact}',
    build: { command: 'node build.mjs {artifact}', artifact: '.croupier/build/{generation}/server.js' },
    restart: { strategy, keepOld: '100ms' },
  });
}

function artifactOf(generation: number): string {
  return scenario.project.path('.croupier', 'build', String(generation), 'server.js');
}

describe('a save that does not parse', () => {
  it('overlap: the old generation serves on, and the next good save takes over', async () => {
    scenario.save(gameServer('one'));
    scenario.config({ restart: { strategy: 'overlap' } });
    const { dev } = await scenario.running();
    const load = new Load(await dev.gateway(), { perSecond: 50, longestMs: 20 });
    load.start();

    let mark = dev.mark();
    scenario.save('const = broken;\n');
    const finished = await reloaded(dev, mark);
    expect(finished).toMatchObject({ outcome: 'kept-old', strategy: 'overlap', calls: { lost: 0 } });
    const failed = lastOf(dev, 'generation.failed', mark);
    expect(failed).toMatchObject({ reason: 'exited', exitCode: 1, serving: 1, retryMs: null });
    expect(failed.outputTail.join('\n')).toContain('SyntaxError');
    expect(eventsOf(dev, 'generation.draining')).toEqual([]);
    const answered = load.answers.length;
    await until('calls go on', () => load.answers.length > answered + 10);
    expect(load.answers.at(-1)).toMatchObject({ generation: 1, version: 'one' });

    mark = dev.mark();
    scenario.save(gameServer('two'));
    expect(await reloaded(dev, mark)).toMatchObject({ outcome: 'swapped' });
    await until('the new code answers', () => load.answers.at(-1)?.version === 'two');
    await load.stop();
    expect(load.losses).toEqual([]);
  });

  it('stop-first: the syntax check that was detected finds it, and nothing is stopped', async () => {
    scenario.save('{ "type": "module", "scripts": { "start": "node server.js" } }', 'package.json');
    scenario.save(gameServer('one'));
    const { dev, caller } = await scenario.running(['--strategy', 'stop-first']);

    const mark = dev.mark();
    scenario.save('const = broken;\n');
    const failed = await dev.waitFor('build.failed', () => true, mark);
    expect(failed).toMatchObject({ serving: 1, message: 'the build failed with exit code 1' });
    expect(failed.output).toContain('SyntaxError');
    expect(await reloaded(dev, mark)).toMatchObject({ outcome: 'kept-old', strategy: 'stop-first' });
    expect(eventsOf(dev, 'generation.draining')).toEqual([]);
    expect(eventsOf(dev, 'generation.stopped')).toEqual([]);
    expect(eventsOf(dev, 'generation.starting')).toHaveLength(1);
    expect(await caller.echo().outcome).toMatchObject({ status: 'OK', answer: { generation: 1 } });

    const fixed = dev.mark();
    scenario.save(gameServer('two'));
    expect(await reloaded(dev, fixed)).toMatchObject({ outcome: 'swapped', calls: { lost: 0 } });
    expect(await caller.echo().outcome).toMatchObject({ status: 'OK', answer: { version: 'two' } });
  });

  it('stop-first without a check and without an artifact: held calls are told at once, the next save is tried', async () => {
    scenario.save(gameServer('one'));
    scenario.config({ restart: { strategy: 'stop-first' } });
    const { dev, caller } = await scenario.running();

    const mark = dev.mark();
    const crash = `const { existsSync } = await import('node:fs');
      console.log('at broken');
      while (!existsSync(process.env.BARRIERS + '/broken')) await new Promise((resolve) => setTimeout(resolve, 5));
      throw new Error('no such level');`;
    scenario.save(crash);
    await scenario.reached(dev, 'broken');
    const held = caller.echo();
    await caller.roundTrips();
    expect(held.isPending).toBe(true);
    scenario.open('broken');
    expect(await held.outcome).toMatchObject({ status: 'UNAVAILABLE', reason: 'generation-failed' });
    expect(await reloaded(dev, mark)).toMatchObject({ outcome: 'failed', calls: { lost: 1 } });
    const failed = lastOf(dev, 'generation.failed', mark);
    expect(failed).toMatchObject({ serving: null, retryMs: null, exitCode: 1 });
    expect(failed.outputTail.join('\n')).toContain('no such level');
    expect(await caller.echo().outcome).toMatchObject({ reason: 'generation-failed' });

    const fixed = dev.mark();
    scenario.save(gameServer('two'));
    expect(await reloaded(dev, fixed)).toMatchObject({ outcome: 'swapped' });
    expect(await caller.echo().outcome).toMatchObject({ status: 'OK', answer: { version: 'two' } });
  });
});

describe('a build', () => {
  it('that fails leaves the old generation alone; one that succeeds makes the artifact of its own generation', async () => {
    withBuild('overlap');
    const { dev, caller } = await scenario.running();
    await dev.waitFor('process.output', ({ line }) => line === `runs ${artifactOf(1)}`);

    let mark = dev.mark();
    scenario.save(`// MISTAKE\n${gameServer('two')}`, 'source.js');
    const failed = await dev.waitFor('build.failed', () => true, mark);
    expect(failed).toMatchObject({ serving: 1, message: 'the build failed with exit code 1' });
    expect(failed.output).toContain('source.js:3: MISTAKE is not defined');
    expect(await reloaded(dev, mark)).toMatchObject({ outcome: 'kept-old' });
    expect(eventsOf(dev, 'generation.starting')).toHaveLength(1);
    expect(await caller.echo().outcome).toMatchObject({ answer: { generation: 1, version: 'one' } });

    mark = dev.mark();
    scenario.save(gameServer('three', SAYS_WHAT_RUNS), 'source.js');
    const { generation, outcome, ms } = await reloaded(dev, mark);
    expect(outcome).toBe('swapped');
    expect(ms.build).toBeGreaterThan(0);
    await dev.waitFor('process.output', ({ line }) => line === `runs ${artifactOf(generation)}`, mark);
    expect(await caller.echo().outcome).toMatchObject({ answer: { generation, version: 'three' } });
  });

  it('stop-first: when what was built does not start, the last good artifact does', async () => {
    withBuild('stop-first');
    const { dev, caller } = await scenario.running();

    let mark = dev.mark();
    scenario.save(
      gameServer('two', { beforeConnect: `await passed('start'); throw new Error('no level');` }),
      'source.js',
    );
    await scenario.reached(dev, 'start');
    const held = caller.echo();
    await caller.roundTrips();
    expect(held.isPending).toBe(true);
    scenario.open('start');
    const finished = await reloaded(dev, mark);
    expect(finished).toMatchObject({
      outcome: 'kept-old',
      strategy: 'stop-first',
      calls: { held: 1, lost: 0 },
    });
    const failed = lastOf(dev, 'generation.failed', mark);
    expect(failed.outputTail.join('\n')).toContain('no level');
    await dev.waitFor('process.output', ({ line }) => line === `runs ${artifactOf(1)}`, mark);
    const { generation } = finished;
    expect(generation).toBeGreaterThan(failed.generation);
    expect(await held.outcome).toMatchObject({ status: 'OK', answer: { generation, version: 'one' } });

    mark = dev.mark();
    scenario.save(gameServer('three'), 'source.js');
    expect(await reloaded(dev, mark)).toMatchObject({ outcome: 'swapped' });
    expect(await caller.echo().outcome).toMatchObject({ answer: { version: 'three' } });
  });
});
