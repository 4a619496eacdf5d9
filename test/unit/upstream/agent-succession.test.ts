import { afterEach, expect, test } from 'vitest';
import { Linked, service } from './agent-fixtures.js';
import { FakeAgent } from './fake-agent.js';
import { until } from './server-fixtures.js';

const cleanup: (() => Promise<unknown>)[] = [];

afterEach(async () => {
  for (const one of cleanup.splice(0).reverse()) await one();
});

async function startAgent(isSession: boolean): Promise<FakeAgent> {
  const agent = await new FakeAgent({ isSession }).start();
  cleanup.push(() => agent.stop());
  return agent;
}

test('the port of a session that is gone is taken over, once, and nothing is linked any more', async () => {
  const agent = await startAgent(true);
  let asked = 0;
  const linked = new Linked(agent.port, {
    takePort: async () => {
      asked += 1;
      return true;
    },
  });
  cleanup.push(() => linked.upstream.close());
  linked.upstream.offer([service()]);
  await linked.connected();
  expect(asked).toBe(0);
  await agent.stop();
  await until('succeeded', () => linked.upstream.status.state === 'succeeded');
  expect(asked).toBe(1);
  expect(linked.told.slice(-2)).toEqual([
    `lost: nothing listens on port ${agent.port} of 127.0.0.1`,
    `the session that served agent://127.0.0.1:${agent.port} is gone: this one serves its address now`,
  ]);
  expect(await linked.upstream.takeOut('game')).toMatchObject({ outcome: 'kept' });
  await agent.start();
  linked.upstream.offer([]);
  linked.upstream.look();
  await linked.upstream.close();
  expect(agent.connections.size).toBe(0);
});

test('who comes too late connects to whoever took it', async () => {
  const agent = await startAgent(true);
  let asked = 0;
  const linked = new Linked(agent.port, {
    takePort: async () => {
      asked += 1;
      if (asked === 2) await agent.start();
      return false;
    },
  });
  cleanup.push(() => linked.upstream.close());
  linked.upstream.offer([service()]);
  await linked.connected();
  await agent.stop();
  await until('connected to the next one', () => linked.upstream.status.reconnects === 1);
  // Before each attempt.
  expect(asked).toBe(2);
  expect(agent.instances).toHaveLength(2);
});

test('the port of a real agent is never taken', async () => {
  const agent = await startAgent(false);
  let asked = 0;
  const linked = new Linked(agent.port, {
    takePort: async () => {
      asked += 1;
      return true;
    },
  });
  cleanup.push(() => linked.upstream.close());
  await linked.connected();
  await agent.stop();
  await until('tried again', () => linked.told.some((one) => one.startsWith('lost: nothing listens')));
  await agent.start();
  await until('connected', () => linked.upstream.status.reconnects === 1);
  expect(asked).toBe(0);
});

test('an agent in the place of a session keeps its port from then on', async () => {
  const agent = await startAgent(true);
  let asked = 0;
  const linked = new Linked(agent.port, {
    takePort: async () => {
      asked += 1;
      if (asked === 1) {
        agent.isSession = false;
        await agent.start();
      }
      return false;
    },
  });
  cleanup.push(() => linked.upstream.close());
  await linked.connected();
  await agent.stop();
  await until('connected', () => linked.upstream.status.reconnects === 1);
  expect(asked).toBe(1);
  await agent.stop();
  await until('tried', () => linked.told.some((one) => one.startsWith('lost: nothing listens')));
  await agent.start();
  await until('connected again', () => linked.upstream.status.reconnects === 2);
  expect(asked).toBe(1);
});

test('the port of a session is not taken where the upstream was asked for', async () => {
  const agent = await startAgent(true);
  const linked = new Linked(agent.port);
  cleanup.push(() => linked.upstream.close());
  await linked.connected();
  await agent.stop();
  await until('tried', () => linked.told.some((one) => one.startsWith('lost: nothing listens')));
  expect(linked.upstream.status.state).toBe('lost');
});
