import { createConnection } from 'node:net';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import type { SteadyCaller } from '../../standins/caller.js';
import { REPOSITORY, until } from '../../support/dev-process.js';
import { gameServer } from '../../support/project.js';
import { eventsOf, Scenario } from '../dev/scenario.js';
import {
  answeredBy,
  describeLosses,
  expectNothingLost,
  instancesOf,
  openAgent,
  openCaller,
  openDeveloper,
} from './world.js';

/** Where SDKs and callers with default settings go. */
const DEFAULT_PORT = 19_090;
const DEFAULT_ADDRESS = `127.0.0.1:${DEFAULT_PORT}`;

/** Within which clients of the default address have to be served again, ms. */
const SERVED_AGAIN_MS = 2000;

describe('two sessions of the same service on one agent', () => {
  it('have ids of their own, drain alone, and calls are answered all the time', async () => {
    const agent = await openAgent({ limitMs: 15_000 });
    const url = `agent://${agent.address}`;
    const config = { restart: { strategy: 'stop-first' }, drain: { policy: 'auto' } };
    const developers = [await openDeveloper(url, config), await openDeveloper(url, config)] as const;
    const ids = (await instancesOf(agent)).map(({ serviceId }) => serviceId);
    expect(new Set(ids).size).toBe(2);
    const caller = openCaller({ address: agent.address, perSecond: 100 });
    for (let save = 1; save <= 10; save++) {
      for (const [index, { scenario, dev }] of developers.entries()) {
        const mark = dev.mark();
        scenario.save(gameServer(`v${save}-${index}`));
        const finished = await dev.waitFor('reload.finished', () => true, mark);
        expect(finished).toMatchObject({ outcome: 'swapped', calls: { lost: 0 } });
      }
    }
    for (const { dev } of developers) {
      // Not in every swap: the other one may not be registered again yet, and then calls are held.
      const takenOut = eventsOf(dev, 'upstream.drained').filter(({ reason }) => reason === 'swap');
      expect(takenOut.length).toBeGreaterThan(0);
    }
    // One ends; the other has all the calls.
    const [first, second] = developers;
    await first.dev.stop();
    expect((await instancesOf(agent)).map(({ addr }) => addr)).toEqual([await second.dev.gateway()]);
    await until('the other answers', () => caller.answers.at(-1)?.payload.includes('v10-1') === true);
    await caller.stop();
    expect(describeLosses(caller.losses)).toEqual([]);
  });
});

describe('two sessions of the same service on one agent that are saved in the very same moment', () => {
  it.each(['auto', 'deregister'])(
    'with policy %s, leave one after the other: somebody answers at any time',
    async (policy) => {
      const agent = await openAgent({ limitMs: 15_000 });
      const url = `agent://${agent.address}`;
      const config = { restart: { strategy: 'stop-first' }, drain: { policy } };
      const developers = [await openDeveloper(url, config), await openDeveloper(url, config)] as const;
      const caller = openCaller({ address: agent.address, perSecond: 100 });
      for (let save = 1; save <= 20; save++) {
        const marks = developers.map(({ dev }) => dev.mark());
        for (const [index, { scenario }] of developers.entries())
          scenario.save(gameServer(`v${save}-${index}`));
        for (const [index, { dev }] of developers.entries()) {
          const finished = await dev.waitFor('reload.finished', () => true, marks[index]);
          expect(finished).toMatchObject({ outcome: 'swapped', calls: { lost: 0 } });
        }
      }
      await caller.stop();
      expectNothingLost(caller);
      // It is no way out that both stay and hold their calls.
      const takenOut = developers.flatMap(({ dev }) =>
        eventsOf(dev, 'upstream.drained').filter(({ reason }) => reason === 'swap'),
      );
      expect(takenOut.length).toBeGreaterThan(10);
      await until('both are registered', async () => (await instancesOf(agent)).length === 2);
    },
  );
});

describe('a game server that calls functions at its own agent address', () => {
  it('reaches those of other sessions on the same agent, and still learns what nobody serves', async () => {
    const agent = await openAgent({ limitMs: 15_000 });
    const url = `agent://${agent.address}`;
    const client = JSON.stringify(join(REPOSITORY, 'dist', 'protocol', 'client.js'));
    const relay = `
const { connectAgent } = await import(${client});
const others = connectAgent(process.env.CROUPIER_AGENT_ADDR);
service.registerFunction({ id: 'relay', version: '1.0.0' }, async ({ to }) => {
  const request = { functionId: to, idempotencyKey: '', payload: Buffer.from('{}'), metadata: {} };
  const answer = await others.invoke(request, { timeoutMs: 20000 });
  return answer.ok ? JSON.parse(answer.value.payload.toString()) : { error: answer.error.codeName };
});`;
    const who = `service.registerFunction({ id: 'other.who', version: '1.0.0' }, () => ({ who: 'other' }));`;
    const { scenario, dev } = await openDeveloper(
      url,
      { service: 'caller' },
      { parts: { beforeConnect: relay } },
    );
    await openDeveloper(url, { service: 'other' }, { parts: { beforeConnect: who } });
    const caller = await scenario.caller(dev);
    const ask = async (to: string) => (await caller.call('relay', { to }).outcome).answer;
    expect(await ask('other.who')).toEqual({ who: 'other' });
    expect(await ask('nobody.has.it')).toEqual({ error: 'NOT_FOUND' });
  });
});

describe.skipIf(await isTaken(DEFAULT_PORT))(
  `the default address (skipped where somebody listens at ${DEFAULT_ADDRESS})`,
  () => {
    const scenarios: Scenario[] = [];

    afterEach(async () => {
      await Promise.all(scenarios.splice(0).map((scenario) => scenario.close()));
    });

    /** A session that nobody told of an upstream, with a service and a function of its own. */
    async function startSession(name: string, command: readonly string[] = ['dev', '--json']) {
      const scenario = new Scenario();
      scenarios.push(scenario);
      scenario.save(
        gameServer(name, {
          beforeConnect: `service.registerFunction({ id: '${name}.who', version: '1.0.0' }, () => ({ version: '${name}' }));`,
        }),
      );
      scenario.config({ service: name });
      const dev = scenario.startCommand(command, { CROUPIER_UPSTREAM: '' });
      await dev.waitFor('reload.finished');
      return { scenario, dev };
    }

    it('belongs to the first session; the second registers there, and its functions are called there', async () => {
      const first = await startSession('first');
      expect(await first.dev.gateway()).toBe(DEFAULT_ADDRESS);
      const second = await startSession('second');
      expect(await second.dev.waitFor('session.ready')).toMatchObject({
        upstream: `agent://${DEFAULT_ADDRESS}`,
      });
      expect(await second.dev.gateway()).not.toBe(DEFAULT_ADDRESS);
      await second.dev.waitFor('upstream.registered');
      const caller = openCaller({ address: DEFAULT_ADDRESS, perSecond: 50, functionId: 'second.who' });
      await until('answers', () => caller.answers.length > 10);
      await caller.stop();
      expect(describeLosses(caller.losses)).toEqual([]);
      expect(answeredBy(caller)).toEqual(new Set(['second']));
    });

    it('is taken over when that session ends, by one of those left; the others follow, and callers are served again', async () => {
      const first = await startSession('first');
      const second = await startSession('second');
      const third = await startSession('third');
      for (const { dev } of [second, third]) await dev.waitFor('upstream.registered');
      const marks = [second.dev.mark(), third.dev.mark()] as const;
      await first.dev.stop();
      const endedAt = Date.now();
      const callers = ['second.who', 'third.who'].map((functionId) =>
        openCaller({ address: DEFAULT_ADDRESS, perSecond: 50, functionId, limitMs: 10_000 }),
      );
      for (const caller of callers) await until('an answer', () => caller.answers.length > 0);
      // Of the calls that were sent after the time was up, each is answered.
      await until('calls after that', () =>
        callers.every((caller) => (caller.answers.at(-1)?.sentAt ?? 0) > endedAt + SERVED_AGAIN_MS + 500),
      );
      await Promise.all(callers.map((caller) => caller.stop()));
      for (const caller of callers) expect(lateLosses(caller, endedAt)).toEqual([]);
      const taken = [second, third].map(
        ({ dev }, index) => eventsOf(dev, 'upstream.replaced', marks[index]).length > 0,
      );
      expect(taken.filter(Boolean)).toHaveLength(1);
      // And once more: the last one has it for itself.
      const heir = taken[0] === true ? second : third;
      const other = heir === second ? third : second;
      const mark = other.dev.mark();
      await heir.dev.stop();
      await other.dev.waitFor('upstream.replaced', () => true, mark);
      const last = openCaller({
        address: DEFAULT_ADDRESS,
        perSecond: 50,
        functionId: other === third ? 'third.who' : 'second.who',
      });
      await until('an answer', () => last.answers.length > 0);
      await last.stop();
    });

    it('of a real agent is never taken: it is waited for', async () => {
      const agent = await openAgent({ port: DEFAULT_PORT });
      const { dev } = await startSession('game');
      await dev.waitFor('upstream.registered');
      const mark = dev.mark();
      await agent.kill();
      await dev.waitFor('upstream.lost', () => true, mark);
      const lostAt = Date.now();
      // Long enough for a session to have taken it.
      await until('time passes', () => Date.now() > lostAt + SERVED_AGAIN_MS);
      expect(await isTaken(DEFAULT_PORT)).toBe(false);
      await agent.start();
      await dev.waitFor('upstream.registered', () => true, mark);
      expect(await instancesOf(agent)).toHaveLength(1);
      await dev.stop();
      expect(await agent.control('registry')).toEqual([]);
    });

    it('is left alone with --upstream none', async () => {
      const agent = await openAgent({ port: DEFAULT_PORT });
      const { dev } = await startSession('game', ['dev', '--json', '--upstream', 'none']);
      expect(await dev.waitFor('session.ready')).toMatchObject({ upstream: null });
      expect(await agent.control('registry')).toEqual([]);
    });
  },
);

/** Losses of calls that were sent when the time in which callers have to be served again was over. */
function lateLosses(caller: SteadyCaller, endedAt: number): readonly string[] {
  return describeLosses(caller.losses.filter(({ sentAt }) => sentAt > endedAt + SERVED_AGAIN_MS));
}

/** Whether somebody listens on a loopback port. */
function isTaken(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = createConnection({ host: '127.0.0.1', port });
    socket.once('connect', () => {
      socket.destroy();
      resolve(true);
    });
    socket.once('error', () => resolve(false));
  });
}
