import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { until } from '../../support/dev-process.js';
import { gameServer } from '../../support/project.js';
import { payloadOf } from './caller.js';
import { eventsOf, reloaded, Scenario } from './scenario.js';

const TWO_STEPS = { steps: 2, pause: 1 };

let scenario: Scenario;

beforeEach(() => {
  scenario = new Scenario();
});

afterEach(() => scenario.close());

describe('a job that runs while its generation is replaced', () => {
  it('overlap: ends well on its own generation, which stays until then', async () => {
    scenario.save(gameServer('one'));
    scenario.config({ restart: { strategy: 'overlap', keepOld: 0 } });
    const { dev, caller } = await scenario.running();
    const job = await caller.job('count', { ...TWO_STEPS, barrier: 'job' });
    const events = caller.jobEvents(job);
    await scenario.reached(dev, 'job');

    const mark = dev.mark();
    scenario.save(gameServer('two'));
    const { generation } = await reloaded(dev, mark);
    expect(await caller.echo().outcome).toMatchObject({ status: 'OK', answer: { generation } });
    const later = await caller.job('count', TWO_STEPS);
    expect(payloadOf((await caller.jobEvents(later)).at(-1))).toEqual({ generation, steps: 2 });
    expect(eventsOf(dev, 'generation.stopped')).toEqual([]);

    scenario.open('job');
    const all = await events;
    expect(all.map(({ type, message }) => `${type} ${message}`.trim())).toEqual([
      'started',
      'progress step 1',
      'progress step 2',
      'done',
    ]);
    expect(payloadOf(all.at(-1))).toEqual({ generation: 1, steps: 2 });
    await dev.waitFor('generation.stopped', (event) => event.generation === 1);
    // What was kept answers whoever asks later.
    expect(await caller.jobEvents(job)).toEqual(all);
  });

  it('stop-first: is awaited; calls still reach the old generation, new jobs wait for the new one', async () => {
    scenario.save(gameServer('one'));
    scenario.config({ restart: { strategy: 'stop-first' } });
    const { dev, caller } = await scenario.running();
    const events = caller.jobEvents(await caller.job('count', { ...TWO_STEPS, barrier: 'job' }));
    await scenario.reached(dev, 'job');

    const mark = dev.mark();
    scenario.save(gameServer('two'));
    await dev.waitFor('generation.draining', () => true, mark);
    let isTaken = false;
    const later = caller.job('count', TWO_STEPS).then((id) => {
      isTaken = true;
      return id;
    });
    expect(await caller.echo().outcome).toMatchObject({ status: 'OK', answer: { generation: 1 } });
    await caller.roundTrips();
    expect(isTaken).toBe(false);
    expect(eventsOf(dev, 'generation.stopped')).toEqual([]);

    scenario.open('job');
    expect(payloadOf((await events).at(-1))).toEqual({ generation: 1, steps: 2 });
    const finished = await reloaded(dev, mark);
    expect(finished).toMatchObject({ outcome: 'swapped', calls: { held: 1, lost: 0 } });
    const { generation } = finished;
    const last = (await caller.jobEvents(await later)).at(-1);
    expect(last?.type).toBe('done');
    expect(payloadOf(last)).toEqual({ generation, steps: 2 });
  });

  it('is cancelled when it takes longer than drain.jobs, and ends in a terminal event whether it listens or not', async () => {
    // `count` looks at its signal at each step; `deaf` never does.
    const deaf = {
      beforeConnect: `service.registerJob({ id: 'deaf', version: '1.0.0' }, () => new Promise(() => {}));`,
    };
    scenario.save(gameServer('one', deaf));
    scenario.config({ restart: { strategy: 'stop-first', stopTimeout: '200ms' }, drain: { jobs: '300ms' } });
    const { dev, caller } = await scenario.running();
    const jobs = [await caller.job('count', { steps: 1_000_000, pause: 5 }), await caller.job('deaf', {})];
    const events = jobs.map((job) => caller.jobEvents(job));
    await until('both jobs run', async () => (await caller.echo().outcome).status === 'OK');

    const mark = dev.mark();
    scenario.save(gameServer('two'));
    for (const all of await Promise.all(events)) {
      expect(all[0]?.type).toBe('started');
      expect(all.at(-1)?.type).toBe('error');
      expect(all.at(-1)?.message).toContain('drain-timeout');
      expect(all.filter(({ type }) => type === 'done' || type === 'error')).toHaveLength(1);
    }
    expect(await reloaded(dev, mark)).toMatchObject({ outcome: 'swapped' });
    const notices = eventsOf(dev, 'session.notice', mark).map(({ message }) => message);
    expect(notices.join('\n')).toContain('2 jobs of generation 1 did not end within 300 ms and were cut');
    expect(await caller.echo().outcome).toMatchObject({ status: 'OK', answer: { version: 'two' } });
  });

  it('whose process dies ends in a terminal event', async () => {
    scenario.save(gameServer('one'));
    scenario.config({ restart: { backoff: { initial: '50ms' } } });
    const { dev, caller } = await scenario.running();
    const events = caller.jobEvents(await caller.job('count', { ...TWO_STEPS, barrier: 'job' }));
    await scenario.reached(dev, 'job');
    process.kill((await dev.waitFor('generation.active')).pid, 'SIGKILL');
    const last = (await events).at(-1);
    expect(last?.type).toBe('error');
    expect(last?.message).toContain('child-lost');
  });
});
