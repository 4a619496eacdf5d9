import { isDeepStrictEqual } from 'node:util';
import { afterEach, expect, test } from 'vitest';
import type { AgentLinkOptions } from '../../../src/upstream/agent-link.js';
import { NO_DEPARTURES } from '../../../src/upstream/departures.js';
import { IGNORES_EMPTY } from '../../../src/upstream/take-out.js';
import { Linked, type Listener, listen, openSession, service } from './agent-fixtures.js';
import { DESCRIBED, FakeAgent, type FakeAgentOptions } from './fake-agent.js';
import { barrier, offeredFunction as fn, until } from './server-fixtures.js';

const OURS = '127.0.0.1:1';
const cleanup: (() => Promise<unknown>)[] = [];

afterEach(async () => {
  for (const one of cleanup.splice(0).reverse()) await one();
});

async function startAgent(options: FakeAgentOptions = {}): Promise<FakeAgent> {
  const agent = await new FakeAgent(options).start();
  cleanup.push(() => agent.stop());
  return agent;
}

async function startInstance(): Promise<Listener> {
  const instance = await listen();
  cleanup.push(() => instance.close());
  return instance;
}

async function connect(agent: FakeAgent, part: Partial<AgentLinkOptions> = {}): Promise<Linked> {
  const linked = new Linked(agent.port, part);
  cleanup.push(() => linked.upstream.close());
  linked.upstream.offer([service()]);
  await until('registered', () => linked.told.includes('registered game a b'));
  return linked;
}

test('where others serve every function it is taken out until the swap is over', async () => {
  const agent = await startAgent();
  const other = await startInstance();
  agent.add('other', other.address, 'a', 'b');
  const linked = await connect(agent);
  expect(await linked.upstream.takeOut('game')).toEqual({ outcome: 'taken-out' });
  expect(agent.registry).toEqual([`other a ${other.address}`, `other b ${other.address}`]);
  expect(linked.told.at(-1)).toBe('drained game swap');
  // What is offered meanwhile is remembered, and not sent.
  linked.upstream.offer([service({ functions: [fn('a'), fn('c')] })]);
  linked.upstream.look();
  const lists = linked.lists.length;
  await until('looked', () => linked.lists.length > lists);
  expect(agent.registrations).toHaveLength(2);
  linked.upstream.putBack('game');
  await until('back', () => linked.told.at(-1) === 'registered game a c');
  expect(agent.registry).toContain(`game-1234 c ${OURS}`);
});

test('its claims go with it, and come back with it', async () => {
  const agent = await startAgent();
  const other = await startInstance();
  agent.add('other', other.address, 'a', 'b', 'c');
  const linked = await connect(agent);
  const claims = [{ serviceId: 'sdk-id', version: '1', functions: [fn('c')] }];
  linked.upstream.offer([service({ claims })]);
  await until('claimed', () => agent.registry.includes(`sdk-id c ${OURS}`));
  expect(await linked.upstream.takeOut('game')).toEqual({ outcome: 'taken-out' });
  expect(agent.registry.filter((one) => one.includes(OURS))).toEqual([]);
  linked.upstream.putBack('game');
  await until('back', () => agent.registry.filter((one) => one.includes(OURS)).length === 3);
});

test.each([
  ['nobody else is there', () => undefined],
  [
    'another one serves only some of the functions',
    (agent: FakeAgent, live: string) => agent.add('o', live, 'a'),
  ],
  [
    'another one is dead',
    (agent: FakeAgent, live: string) => {
      agent.add('dead', '127.0.0.1:2', 'a', 'b');
      agent.add('o', live, 'a');
    },
  ],
  ['the other one has our own address', (agent: FakeAgent) => agent.add('o', 'localhost:1', 'a', 'b')],
  [
    'the other one has our own id',
    (agent: FakeAgent, live: string) =>
      agent.instances.push({ serviceId: 'game-1234', addr: live, version: '1', functionId: 'b' }),
  ],
  ['the address of the other one is none', (agent: FakeAgent) => agent.add('o', 'nonsense', 'a', 'b')],
])('it stays where %s', async (_, arrange) => {
  const agent = await startAgent();
  const other = await startInstance();
  const linked = await connect(agent);
  arrange(agent, other.address);
  const registrations = agent.registrations.length;
  const kept = await linked.upstream.takeOut('game');
  expect(kept).toMatchObject({
    outcome: 'kept',
    why: expect.stringMatching(/^no other live instance serves [ab]$/),
  });
  expect(agent.registrations).toHaveLength(registrations);
  expect(linked.told).not.toContain('drained game swap');
});

test('a wildcard address of another instance is dialled on loopback', async () => {
  const agent = await startAgent();
  const other = await startInstance();
  agent.add('other', `[::]:${other.port}`, 'a');
  agent.add('third', `:${other.port}`, 'b');
  const linked = await connect(agent);
  expect(await linked.upstream.takeOut('game')).toEqual({ outcome: 'taken-out' });
});

test('an agent that ignores the empty list is found out, asked no more, and registers nothing twice', async () => {
  const agent = await startAgent({ kind: 'appending' });
  const other = await startInstance();
  agent.add('other', other.address, 'a', 'b');
  const linked = await connect(agent);
  expect(await linked.upstream.takeOut('game')).toEqual({ outcome: 'kept', why: IGNORES_EMPTY });
  expect(agent.registrations).toHaveLength(2);
  linked.upstream.putBack('game');
  expect(await linked.upstream.takeOut('game')).toEqual({ outcome: 'kept', why: IGNORES_EMPTY });
  linked.upstream.putBack('game');
  linked.upstream.look();
  const lists = linked.lists.length;
  await until('looked', () => linked.lists.length > lists);
  expect(agent.registrations).toHaveLength(2);
  expect(agent.registry.filter((one) => one.startsWith('game-1234'))).toHaveLength(2);
});

/** A session of a service with functions a and b, whose gateway answers Describe. */
async function startSession(agent: FakeAgent, sessionId: string): Promise<Linked> {
  let linked: Linked | null = null;
  const gateway = await openSession(() => {
    const { leaving, takenOut } = linked?.upstream.departures ?? NO_DEPARTURES;
    return { ...DESCRIBED, sessionId, leaving: [...leaving], takenOut: [...takenOut] };
  });
  cleanup.push(async () => gateway.close());
  const session = new Linked(agent.port, { gatewayAddress: gateway.address, sessionId });
  linked = session;
  cleanup.push(() => session.upstream.close());
  session.upstream.offer([service({ serviceId: `game-${sessionId}` })]);
  await until('registered', () => session.told.includes('registered game a b'));
  return session;
}

test('of sessions that swap in the same moment one stays at any time', async () => {
  const agent = await startAgent();
  const sessions = [
    await startSession(agent, 'one'),
    await startSession(agent, 'two'),
    await startSession(agent, 'three'),
  ];
  let fewest = Number.POSITIVE_INFINITY;
  agent.onEmpty = async () => {
    fewest = Math.min(fewest, agent.instances.length);
  };
  for (let round = 0; round < 5; round++) {
    const results = await Promise.all(sessions.map(({ upstream }) => upstream.takeOut('game')));
    expect(results.filter(({ outcome }) => outcome === 'kept')).toEqual([
      { outcome: 'kept', why: 'whoever else serves a is in a swap as well' },
    ]);
    expect(agent.instances).toHaveLength(2);
    for (const { upstream } of sessions) upstream.putBack('game');
    await until('all are back', () => agent.instances.length === 6);
    await until('nobody is leaving', () =>
      sessions.every(({ upstream }) => isDeepStrictEqual(upstream.departures, NO_DEPARTURES)),
    );
  }
  expect(fewest).toBe(2);
});

test('a session is seen to leave from the first moment on, and is out until it is registered again', async () => {
  const agent = await startAgent();
  const { upstream } = await startSession(agent, 'one');
  await startSession(agent, 'two');
  const taking = upstream.takeOut('game');
  expect(upstream.departures).toEqual({ leaving: ['game-one'], takenOut: [] });
  expect(await taking).toEqual({ outcome: 'taken-out' });
  expect(upstream.departures).toEqual({ leaving: [], takenOut: ['game-one'] });
  upstream.putBack('game');
  expect(upstream.departures).toEqual({ leaving: [], takenOut: ['game-one'] });
  await until('it is over', () => isDeepStrictEqual(upstream.departures, NO_DEPARTURES));
  expect(agent.instances).toHaveLength(4);
});

test('one that has to stay is not seen to leave any more', async () => {
  const agent = await startAgent();
  const { upstream } = await startSession(agent, 'one');
  expect(await upstream.takeOut('game')).toMatchObject({ outcome: 'kept' });
  expect(upstream.departures).toEqual(NO_DEPARTURES);
});

test('two of which nobody can tell that they leave, in the same moment, are both back', async () => {
  const agent = await startAgent();
  const [first, second] = [await startInstance(), await startInstance()];
  const one = await connect(agent, { gatewayAddress: first.address });
  const two = new Linked(agent.port, { gatewayAddress: second.address });
  cleanup.push(() => two.upstream.close());
  two.upstream.offer([service({ serviceId: 'game-5678' })]);
  await until('registered', () => two.told.includes('registered game a b'));
  // Both have seen the other one before either is out.
  let empty = 0;
  const both = barrier();
  agent.onEmpty = () => {
    empty += 1;
    if (empty === 2) both.open();
    return both.opened;
  };
  const results = await Promise.all([one.upstream.takeOut('game'), two.upstream.takeOut('game')]);
  const kept = results.filter((result) => result.outcome === 'kept');
  expect(kept.length).toBeGreaterThanOrEqual(1);
  for (const result of kept)
    expect(result).toMatchObject({ why: expect.stringMatching(/^no other live instance/) });
  await until(
    'somebody serves',
    () => new Set(agent.instances.map((instance) => instance.functionId)).size === 2,
  );
  await until('whoever was kept is back', () => agent.instances.length === kept.length * 2);
  agent.onEmpty = () => Promise.resolve();
});

test('one after the other goes and comes back', async () => {
  const agent = await startAgent();
  const [first, second] = [await startInstance(), await startInstance()];
  const one = await connect(agent, { gatewayAddress: first.address });
  const two = new Linked(agent.port, { gatewayAddress: second.address });
  cleanup.push(() => two.upstream.close());
  two.upstream.offer([service({ serviceId: 'game-5678' })]);
  await until('registered', () => two.told.includes('registered game a b'));
  for (const linked of [one, two, one]) {
    expect(await linked.upstream.takeOut('game')).toEqual({ outcome: 'taken-out' });
    expect(agent.instances).toHaveLength(2);
    linked.upstream.putBack('game');
    await until('back', () => agent.instances.length === 4);
  }
});

test('a swap that is over before the agent has answered leaves it registered', async () => {
  const agent = await startAgent();
  const other = await startInstance();
  agent.add('other', other.address, 'a', 'b');
  const linked = await connect(agent);
  const slow = barrier();
  agent.onEmpty = () => slow.opened;
  const taking = linked.upstream.takeOut('game');
  await until('under way', () => agent.registrations.length === 2);
  linked.upstream.putBack('game');
  slow.open();
  expect(await taking).toMatchObject({ outcome: 'kept' });
  await until('registered again', () => agent.registrations.length === 3);
  expect(agent.registrations[2]?.functions).toHaveLength(2);
  expect(linked.told).not.toContain('drained game swap');
});

test('one that is out stays out over a broken connection, until it is put back', async () => {
  const agent = await startAgent();
  const other = await startInstance();
  agent.add('other', other.address, 'a', 'b');
  const linked = await connect(agent);
  expect(await linked.upstream.takeOut('game')).toEqual({ outcome: 'taken-out' });
  agent.drop();
  await until('back', () => linked.upstream.status.reconnects === 1);
  expect(agent.instances).toHaveLength(2);
  linked.upstream.putBack('game');
  await until('registered', () => agent.instances.length === 4);
});

test('a connection that breaks meanwhile keeps it, and it is registered with the next one', async () => {
  const agent = await startAgent();
  const other = await startInstance();
  agent.add('other', other.address, 'a', 'b');
  const linked = await connect(agent);
  const slow = barrier();
  agent.onEmpty = () => slow.opened;
  const taking = linked.upstream.takeOut('game');
  await until('under way', () => agent.registrations.length === 2);
  agent.drop();
  expect(await taking).toEqual({ outcome: 'kept', why: 'the agent did not answer in time' });
  slow.open();
  await until('back', () => linked.upstream.status.reconnects === 1);
  await until('registered', () => agent.instances.length === 4);
});

test('what is not connected, not offered or has no functions is kept at once', async () => {
  const agent = await startAgent();
  const linked = await connect(agent);
  expect(await linked.upstream.takeOut('nobody')).toMatchObject({ outcome: 'kept' });
  await agent.stop();
  await until('lost', () => linked.upstream.status.state === 'lost');
  expect(await linked.upstream.takeOut('game')).toEqual({
    outcome: 'kept',
    why: 'the agent is not connected',
  });
});
