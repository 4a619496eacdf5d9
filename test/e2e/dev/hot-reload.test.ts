import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { until } from '../../support/dev-process.js';
import { Load } from '../../support/load.js';
import { eventsOf, lastOf, reloaded, Scenario } from './scenario.js';

/** A server whose functions are modules in a folder; how often one ran is kept outside of them. */
const SERVER = `import { createService } from 'croupier-cli/sdk';
const context = { runs: 0 };
const service = createService({ serviceId: 'game', functions: 'functions', context });
await service.connect();
`;

/** `echo`, answering with the version of its code and of what it imports. */
function echo(version: string): string {
  return `import { defineFunction } from 'croupier-cli/sdk';
import { greeting } from '../lib/greeting.js';
const generation = Number(process.env.CROUPIER_GENERATION);
const sleep = (ms) => new Promise((resolve) => setTimeout(resolve, ms));
export default (context) => defineFunction({ id: 'echo', version: '${version}' }, async ({ id, delay = 0 }) => {
  await sleep(delay);
  return { id, generation, version: '${version}', greeting, runs: ++context.runs };
});
`;
}

const other = (version: string) => `import { defineFunction } from 'croupier-cli/sdk';
export default defineFunction({ id: 'other', version: '${version}' }, () => ({ version: '${version}' }));
`;

let scenario: Scenario;

beforeEach(() => {
  scenario = new Scenario();
});

afterEach(() => scenario.close());

function writeProject(config: object = {}): void {
  scenario.save(SERVER);
  scenario.save(`export const greeting = 'hello';\n`, 'lib/greeting.js');
  scenario.save(echo('1.0.0'), 'functions/echo.js');
  scenario.save(other('1.0.0'), 'functions/other.js');
  // What the process says about itself is known a moment after its start; a rule holds from the first save on.
  const rules = [{ match: 'functions/**', action: 'hot' }];
  scenario.config({ rules, restart: { strategy: 'overlap', keepOld: '100ms' }, ...config });
}

describe('functions that the process can load again', () => {
  it('are replaced in it under load: edited, added, removed, and what they import', async () => {
    writeProject();
    const { dev, caller } = await scenario.running();
    const load = new Load(await dev.gateway(), { perSecond: 100, longestMs: 20 });
    load.start();

    let mark = dev.mark();
    scenario.save(echo('1.1.0'), 'functions/echo.js');
    expect(await reloaded(dev, mark)).toMatchObject({
      outcome: 'hot',
      generation: 1,
      rule: 'functions/**',
      trigger: { kind: 'change', paths: ['functions/echo.js'] },
      calls: { held: 0, lost: 0 },
    });
    expect(lastOf(dev, 'functions.reloaded', mark)).toMatchObject({
      reloaded: [{ id: 'echo', oldVersion: '1.0.0', newVersion: '1.1.0' }],
      failed: [],
    });
    await until('the new code answers', () => load.answers.at(-1)?.version === '1.1.0');
    expect(
      await dev.waitFor('functions.changed', ({ updated }) => updated.includes('echo'), mark),
    ).toMatchObject({ generation: 1, added: [], removed: [] });

    const earlier = (await caller.echo().outcome).answer;
    mark = dev.mark();
    scenario.save(`export const greeting = 'good morning';\n`, 'lib/greeting.js');
    expect(await reloaded(dev, mark)).toMatchObject({ outcome: 'hot', generation: 1, rule: 'hot paths' });
    const outcome = await caller.echo().outcome;
    expect(outcome.answer).toMatchObject({ version: '1.1.0', greeting: 'good morning', generation: 1 });
    // What outlives a module is in the context: nothing has begun anew.
    expect(Number(outcome.answer?.runs)).toBeGreaterThan(Number(earlier?.runs));

    mark = dev.mark();
    scenario.save(other('1.0.0').replace("'other'", "'another'"), 'functions/another.js');
    await reloaded(dev, mark);
    await dev.waitFor('functions.changed', ({ added }) => added.includes('another'), mark);
    expect((await caller.call('another', {}).outcome).answer).toEqual({ version: '1.0.0' });

    await load.stop();
    expect(load.losses).toEqual([]);
    expect(eventsOf(dev, 'generation.starting')).toHaveLength(1);
  });

  it('that do not load leave the old ones serving, and the next good save is live', async () => {
    writeProject();
    const { dev, caller } = await scenario.running();
    let mark = dev.mark();
    scenario.save('export default = broken;\n', 'functions/echo.js');
    // The process keeps what it has, and a new one does not start either.
    expect(await reloaded(dev, mark)).toMatchObject({ outcome: 'kept-old' });
    expect(lastOf(dev, 'functions.reloaded', mark)).toMatchObject({
      generation: 1,
      reloaded: [],
      failed: [{ path: 'functions/echo.js', rolledBack: true }],
    });
    expect((await caller.echo().outcome).answer).toMatchObject({ generation: 1, version: '1.0.0' });
    mark = dev.mark();
    scenario.save(echo('1.2.0'), 'functions/echo.js');
    expect(await reloaded(dev, mark)).toMatchObject({ outcome: 'swapped' });
    expect((await caller.echo().outcome).answer).toMatchObject({ version: '1.2.0' });
  });

  it('together with a file that is no module: the process is replaced', async () => {
    writeProject();
    const { dev, caller } = await scenario.running();
    const mark = dev.mark();
    scenario.save(`${SERVER}// edited\n`);
    scenario.save(echo('1.1.0'), 'functions/echo.js');
    expect(await reloaded(dev, mark)).toMatchObject({ outcome: 'swapped', rule: 'default' });
    expect(eventsOf(dev, 'functions.reloaded')).toEqual([]);
    expect((await caller.echo().outcome).answer).toMatchObject({ version: '1.1.0' });
  });
});

describe('the rule `hot`', () => {
  it('for what the process cannot load replaces it, and says why once', async () => {
    writeProject({ rules: [{ match: '*.txt', action: 'hot' }] });
    const { dev } = await scenario.running();
    for (const text of ['one', 'two']) {
      const mark = dev.mark();
      scenario.save(text, 'data.txt');
      expect(await reloaded(dev, mark)).toMatchObject({ outcome: 'swapped', rule: '*.txt' });
    }
    const notices = eventsOf(dev, 'session.notice').filter(({ message }) => message.includes('by itself'));
    expect(notices).toHaveLength(1);
    expect(notices[0]?.message).toContain('data.txt');
  });

  it('is stronger than what the process says: other actions keep their files', async () => {
    writeProject({ rules: [{ match: 'functions/other.js', action: 'restart' }] });
    const { dev } = await scenario.running();
    const mark = dev.mark();
    scenario.save(other('1.1.0'), 'functions/other.js');
    expect(await reloaded(dev, mark)).toMatchObject({ outcome: 'swapped', rule: 'functions/other.js' });
  });
});
