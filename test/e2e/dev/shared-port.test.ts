import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { until } from '../../support/dev-process.js';
import { Load } from '../../support/load.js';
import { gameServer } from '../../support/project.js';
import { eventsOf, pickPort, reloaded, Scenario } from './scenario.js';

let scenario: Scenario;

beforeEach(() => {
  scenario = new Scenario();
});

afterEach(() => scenario.close());

describe('a program that knows only the shared port', () => {
  it.each(['overlap', 'stop-first'])(
    'is taken for the generation that it is, and reloads without loss (%s)',
    async (strategy) => {
      const port = await pickPort();
      scenario.save(gameServer('one'));
      // As an SDK does that has its agent's address fixed in the code.
      scenario.config({
        environment: { CROUPIER_AGENT_ADDR: `127.0.0.1:${port}` },
        restart: { strategy, keepOld: 0 },
      });
      const { dev } = await scenario.running(['--port', String(port)]);
      const first = await dev.waitFor('generation.active');
      expect(await dev.gateway()).toBe(`127.0.0.1:${port}`);
      expect(first.functions.map(({ id }) => id).sort()).toEqual(['count', 'echo']);
      const load = new Load(await dev.gateway(), { perSecond: 50, longestMs: 50 });
      load.start();

      for (const version of ['two', 'three']) {
        const mark = dev.mark();
        scenario.save(gameServer(version));
        const { generation, outcome, calls } = await reloaded(dev, mark);
        expect([outcome, calls.lost]).toEqual(['swapped', 0]);
        // The old one takes itself out when it ends, which must not touch its successor.
        await dev.waitFor('generation.stopped', (event) => event.generation < generation, mark);
        const answered = load.answers.length;
        await until('calls go on', () => load.answers.length > answered + 5);
        expect(load.answers.at(-1)).toMatchObject({ generation, version });
      }
      await load.stop();
      expect(load.losses).toEqual([]);
      expect(load.answers).toHaveLength(load.sent);
      expect(eventsOf(dev, 'functions.changed').map(({ added, removed }) => [added, removed])).toEqual([
        [['count', 'echo'], []],
      ]);
    },
  );

  it('is an external service when nobody here started it, and stays callable through reloads', async () => {
    scenario.save(gameServer('one'));
    scenario.config({ restart: { keepOld: 0 } });
    const { dev, caller } = await scenario.running();
    const bank = gameServer('bank')
      .replace("serviceId: 'game'", "serviceId: 'bank'")
      .replaceAll("id: 'echo'", "id: 'pay'");
    scenario.save(bank, 'node_modules/bank/server.js');
    const started = scenario.startByHand('node_modules/bank/server.js', {
      CROUPIER_AGENT_ADDR: await dev.gateway(),
    });
    const pay = () => caller.call('pay', { id: 'a payment' }).outcome;
    await until('the bank is registered', async () => (await pay()).status === 'OK');
    expect(await pay()).toMatchObject({ answer: { version: 'bank', pid: started.pid } });
    expect(await caller.echo().outcome).toMatchObject({ answer: { version: 'one' } });

    const mark = dev.mark();
    scenario.save(gameServer('two'));
    await reloaded(dev, mark);
    expect(await pay()).toMatchObject({ status: 'OK', answer: { version: 'bank' } });
    expect(await caller.echo().outcome).toMatchObject({ answer: { version: 'two' } });
    expect(eventsOf(dev, 'functions.changed')).toHaveLength(1);
  });
});
