import { once } from 'node:events';
import { createServer } from 'node:net';
import { describe, expect, it, onTestFinished } from 'vitest';
import { processesWith, until } from '../../support/dev-process.js';
import { gameServer } from '../../support/project.js';
import { eventsOf } from '../dev/scenario.js';
import {
  answeredBy,
  instancesOf,
  openAgent,
  openCaller,
  openDeveloper,
  openUnconnected,
  saveAndSee,
} from './world.js';

describe('what an agent knows of us', () => {
  it('is the gateway under one id that stays the same, with the versions of the functions', async () => {
    const agent = await openAgent();
    const { scenario, dev } = await openDeveloper(`agent://${agent.address}`, { version: '1.2.3' });
    const [instance] = await instancesOf(agent);
    expect(instance).toMatchObject({ addr: await dev.gateway() });
    const registrations = (await agent.control('received')).flatMap((one) =>
      one.rpc === 'register' ? [one.request] : [],
    );
    expect(registrations.at(-1)).toMatchObject({ serviceId: instance?.serviceId, version: '1.2.3' });
    expect(instance?.serviceId).toMatch(/^game-[0-9a-f]{8}$/);
    await dev.stop();
    const again = scenario.start([], { CROUPIER_UPSTREAM: `agent://${agent.address}` });
    await again.waitFor('upstream.registered');
    expect((await instancesOf(agent)).map(({ serviceId }) => serviceId)).toEqual([instance?.serviceId]);
  });

  it('follows added, removed, changed and schema-broken functions, and so do the events', async () => {
    const agent = await openAgent();
    const withFunctions = (code: string) => ({ beforeConnect: code });
    const schema = (type: string) => JSON.stringify({ type: 'object', properties: { n: { type } } });
    const register = (id: string, version: string, input = schema('string')) =>
      `service.registerFunction({ id: '${id}', version: '${version}', inputSchema: ${input} }, () => ({}));`;
    const developer = await openDeveloper(
      `agent://${agent.address}`,
      {},
      {
        parts: withFunctions(
          [register('stays', '1.0.0'), register('goes', '1.0.0'), register('breaks', '1.0.0')].join('\n'),
        ),
      },
    );
    const { scenario, dev } = developer;
    const mark = dev.mark();
    scenario.save(
      gameServer(
        'v1',
        withFunctions(
          [
            register('stays', '1.1.0'),
            register('comes', '1.0.0'),
            register('breaks', '1.0.0', schema('number')),
          ].join('\n'),
        ),
      ),
    );
    const changed = await dev.waitFor('functions.changed', () => true, mark);
    expect(changed).toMatchObject({ added: ['comes'], removed: ['goes'] });
    expect(changed.updated).toEqual(['stays']);
    expect(changed.breaking).toEqual(['breaks']);
    const registered = await dev.waitFor(
      'upstream.registered',
      ({ functions }) => functions.some(({ id }) => id === 'comes'),
      mark,
    );
    expect(registered.functions).toContainEqual({ id: 'stays', version: '1.1.0' });
    expect(registered.functions.map(({ id }) => id)).not.toContain('goes');
    const ids = (await agent.control('registry')).map(({ id }) => id);
    expect(ids).toContain('comes');
    expect(ids).not.toContain('goes');
  });

  it.each(['SIGINT', 'SIGTERM'] as const)('is nothing after %s', async (signal) => {
    const agent = await openAgent();
    const { dev } = await openDeveloper(`agent://${agent.address}`, {});
    expect(await instancesOf(agent)).toHaveLength(1);
    await dev.stop(signal);
    expect(await agent.control('registry')).toEqual([]);
    expect(eventsOf(dev, 'upstream.drained')).toMatchObject([{ service: 'game', reason: 'exit' }]);
  });

  it('is a dead address after SIGKILL, which the next start replaces', async () => {
    const agent = await openAgent();
    const url = `agent://${agent.address}`;
    const { scenario, dev } = await openDeveloper(url, {});
    const dead = await instancesOf(agent);
    dev.signal('SIGKILL');
    await dev.exited;
    await until('every process is gone', () => processesWith(scenario.project.folder).length === 0);
    expect(await instancesOf(agent)).toEqual(dead);
    const again = scenario.start([], { CROUPIER_UPSTREAM: url });
    await again.waitFor('upstream.registered');
    const replaced = await instancesOf(agent);
    expect(replaced.map(({ addr }) => addr)).toEqual([await again.gateway()]);
    const caller = openCaller({ address: agent.address, perSecond: 50 });
    await until('an answer', () => caller.answers.length > 5);
    await caller.stop();
    expect(caller.losses).toEqual([]);
  });
});

describe('an agent that', () => {
  it('is not there at the start is found when it comes', async () => {
    const agent = await openAgent();
    await agent.kill();
    const developer = await openUnconnected(`agent://${agent.address}`, {});
    await developer.dev.waitFor('upstream.lost');
    await agent.start();
    await developer.dev.waitFor('upstream.registered');
    expect(Date.now() - agent.listeningSince).toBeLessThan(20_000);
    expect(await instancesOf(agent)).toHaveLength(1);
  });

  it('accepts and never answers holds up nobody: local callers, saves, the end', async () => {
    const server = createServer().listen(0, '127.0.0.1');
    await once(server, 'listening');
    const sockets = new Set<{ destroy(): void }>();
    server.on('connection', (socket) => sockets.add(socket));
    onTestFinished(() => {
      for (const socket of sockets) socket.destroy();
      server.close();
    });
    const address = server.address();
    if (address === null || typeof address === 'string') throw new Error('listens on no port');
    const developer = await openUnconnected(`agent://127.0.0.1:${address.port}`, {
      restart: { strategy: 'stop-first' },
      drain: { policy: 'deregister' },
    });
    const { dev } = developer;
    const caller = openCaller({ address: await dev.gateway(), perSecond: 50 });
    await saveAndSee(developer, caller, 'v1');
    await caller.stop();
    expect(caller.losses).toEqual([]);
    await dev.waitFor('upstream.lost');
    const asked = Date.now();
    await dev.stop();
    // The end has its own time for an upstream; this is far above that, for a slow machine.
    expect(Date.now() - asked).toBeLessThan(15_000);
  });

  it('is killed is told to be lost once, with why it cannot be reached', async () => {
    const agent = await openAgent();
    const { dev } = await openDeveloper(`agent://${agent.address}`, {});
    for (let kill = 0; kill < 3; kill++) {
      const mark = dev.mark();
      await agent.kill();
      const { time } = await dev.waitFor('upstream.lost', () => true, mark);
      // Attempts are half a second apart at most: some fail meanwhile.
      await until('it was tried again', () => Date.now() > Date.parse(time) + 1500);
      await agent.start();
      await dev.waitFor('upstream.registered', () => true, mark);
      expect(eventsOf(dev, 'upstream.lost', mark)).toMatchObject([
        { reason: expect.stringMatching(/^nothing listens on port \d+ of 127\.0\.0\.1$/) },
      ]);
    }
  });

  it('freezes while connected is lost, and everything is registered again when it thaws', async () => {
    const agent = await openAgent();
    const { dev } = await openDeveloper(`agent://${agent.address}`, {});
    const mark = dev.mark();
    agent.freeze();
    const { reason } = await dev.waitFor('upstream.lost', () => true, mark);
    expect(reason).not.toBe('');
    agent.thaw();
    await dev.waitFor('upstream.connected', () => true, mark);
    expect(await instancesOf(agent)).toHaveLength(1);
  });

  it('forgets everything with its connections in place is told again at the next heartbeat', async () => {
    const agent = await openAgent();
    const { dev } = await openDeveloper(`agent://${agent.address}`, {});
    await agent.control('forget');
    await until('it is registered again', async () => (await instancesOf(agent)).length === 1);
    expect(dev.hasExited).toBe(false);
  });

  it('calls in JSON gets answers and job events in JSON, with the game server unaware', async () => {
    const agent = await openAgent({ codec: 'json' });
    const developer = await openDeveloper(`agent://${agent.address}`, {});
    const caller = openCaller({ address: agent.address, perSecond: 50 });
    for (let save = 1; save <= 3; save++) await saveAndSee(developer, caller, `v${save}`);
    await caller.stop();
    expect(caller.losses).toEqual([]);
    expect(answeredBy(caller)).toContain('v3');
  });

  it('has its address fixed in a game server, which then is called through the gateway', async () => {
    const agent = await openAgent();
    const url = `agent://${agent.address}`;
    // As SDKs of the field have it: the agent's own address, whatever the runner says.
    const developer = await openDeveloper(url, { environment: { CROUPIER_AGENT_ADDR: agent.address } });
    const { dev } = developer;
    await dev.waitFor('session.notice', ({ message }) => message.includes('by itself'));
    const gateway = await dev.gateway();
    await until('its own entry is replaced', async () =>
      (await instancesOf(agent)).every(({ addr }) => addr === gateway),
    );
    const caller = openCaller({ address: agent.address, perSecond: 50 });
    for (let save = 1; save <= 3; save++) await saveAndSee(developer, caller, `v${save}`);
    await caller.stop();
    expect(caller.losses).toEqual([]);
    await dev.stop();
    expect(await agent.control('registry')).toEqual([]);
  });
});
