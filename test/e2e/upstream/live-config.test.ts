import { describe, expect, it, onTestFinished } from 'vitest';
import { until } from '../../support/dev-process.js';
import { gameServer } from '../../support/project.js';
import { reloaded, Scenario } from '../dev/scenario.js';
import { expectNothingLost, instancesOf, openAgent, openCaller, openDeveloper } from './world.js';

describe('a configuration that changes while an agent is upstream', () => {
  it('what it says about the service is told there with the next generation, and no call is lost', async () => {
    const agent = await openAgent();
    const { scenario, dev } = await openDeveloper(`agent://${agent.address}`, { version: '1.0.0' });
    const [before] = await instancesOf(agent);
    const caller = openCaller({ address: agent.address, perSecond: 50 });
    const mark = dev.mark();
    scenario.config({ version: '2.0.0' });
    expect(await reloaded(dev, mark)).toMatchObject({ outcome: 'swapped', calls: { lost: 0 } });
    await until('the agent is told the version', async () => {
      const received = await agent.control('received');
      const last = received.flatMap((one) => (one.rpc === 'register' ? [one.request] : [])).at(-1);
      return last?.version === '2.0.0';
    });
    expect((await instancesOf(agent)).map(({ serviceId }) => serviceId)).toEqual([before?.serviceId]);
    const next = dev.mark();
    scenario.config({ service: 'lobby', version: '2.0.0' });
    expect(await reloaded(dev, next)).toMatchObject({ outcome: 'swapped', calls: { lost: 0 } });
    const told = ({ message }: { readonly message: string }) =>
      message.includes(`its id is lobby now`) && message.includes(`as ${before?.serviceId} until`);
    await dev.waitFor('session.notice', told, next);
    expect((await instancesOf(agent)).map(({ serviceId }) => serviceId)).toEqual([before?.serviceId]);
    await caller.stop();
    expectNothingLost(caller);
  });

  it('a service that is added is registered there, and one that is removed is taken out', async () => {
    const agent = await openAgent();
    const scenario = new Scenario();
    onTestFinished(() => scenario.close());
    for (const name of ['game', 'shop']) {
      scenario.save(gameServer('one').replace("id: 'echo'", `id: '${name}.echo'`), `${name}/server.js`);
    }
    const services = (...names: readonly string[]) =>
      scenario.project.config({
        services: Object.fromEntries(names.map((name) => [name, { cwd: name, command: 'node server.js' }])),
      });
    services('game');
    const dev = scenario.start([], { CROUPIER_UPSTREAM: `agent://${agent.address}` });
    await dev.waitFor('upstream.registered');
    const mark = dev.mark();
    services('game', 'shop');
    await dev.waitFor('upstream.registered', ({ service }) => service === 'shop', mark);
    expect(await instancesOf(agent, 'shop.echo')).toMatchObject([{ addr: await dev.gateway() }]);
    services('game');
    await until('the agent has it no more', async () => (await instancesOf(agent, 'shop.echo')).length === 0);
    expect(await instancesOf(agent, 'game.echo')).toHaveLength(1);
  });
});
