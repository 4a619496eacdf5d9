import { afterEach, expect, test } from 'vitest';
import { ok } from '../../../src/core/result.js';
import type { AgentLinkOptions } from '../../../src/upstream/agent-link.js';
import { createAuthority, tlsMaterial } from '../../support/certificates.js';
import { Linked, listen, service } from './agent-fixtures.js';
import { FakeAgent, type FakeAgentOptions } from './fake-agent.js';
import { offeredFunction as fn, until } from './server-fixtures.js';

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

function link(agent: FakeAgent, part: Partial<AgentLinkOptions> = {}): Linked {
  const linked = new Linked(agent.port, part);
  cleanup.push(() => linked.upstream.close());
  return linked;
}

test('it connects with nothing to register, and registers what is offered later', async () => {
  const agent = await startAgent();
  const linked = link(agent);
  await linked.connected();
  expect(agent.registrations).toEqual([]);
  expect(linked.told).toEqual(['connected 1']);
  linked.upstream.offer([service()]);
  await until('told', () => linked.told.length === 2);
  expect(linked.told).toEqual(['connected 1', 'registered game a b']);
  expect(agent.registry).toEqual([`game-1234 a ${OURS}`, `game-1234 b ${OURS}`]);
});

test('what was offered before is registered with all that is known of it before it counts as connected', async () => {
  const agent = await startAgent();
  const linked = link(agent);
  const full = fn('a', {
    summary: 'Does a',
    tags: ['x'],
    inputSchema: '{"type":"object"}',
    operation: 'update',
  });
  linked.upstream.offer([service({ functions: [full], version: '2.0.0' })]);
  await linked.connected();
  expect(agent.registrations).toEqual([
    { serviceId: 'game-1234', version: '2.0.0', rpcAddr: OURS, functions: [full] },
  ]);
  expect(linked.told).toEqual(['connected 1', 'registered game a']);
});

test('only what changed is sent, and the latest offer wins', async () => {
  const agent = await startAgent();
  const linked = link(agent);
  const other = service({ name: 'shop', serviceId: 'shop-1', functions: [fn('s')] });
  linked.upstream.offer([service(), other]);
  await linked.connected();
  expect(agent.registrations).toHaveLength(2);
  for (const version of ['2.0.0', '3.0.0', '4.0.0', '5.0.0']) {
    linked.upstream.offer([service({ functions: [fn('a', { version })] }), other]);
  }
  await until('the last is there', () => linked.told.at(-1) === 'registered game a');
  const versions = agent.registrations.slice(2).map((one) => [one.serviceId, one.functions[0]?.version]);
  // The first was under way when the others came; those in between were never sent.
  expect(versions).toEqual([
    ['game-1234', '2.0.0'],
    ['game-1234', '5.0.0'],
  ]);
});

test('many services at once give no warning of a leak', async () => {
  const warnings: Error[] = [];
  const onWarning = (warning: Error): unknown => warnings.push(warning);
  process.on('warning', onWarning);
  cleanup.push(async () => process.off('warning', onWarning));
  const agent = await startAgent();
  const linked = link(agent);
  const names = Array.from({ length: 30 }, (_, index) => `s${index}`);
  linked.upstream.offer(names.map((name) => service({ name, serviceId: name, functions: [fn(name)] })));
  await linked.connected();
  expect(agent.registry).toHaveLength(30);
  await new Promise((resolve) => setImmediate(resolve));
  expect(warnings).toEqual([]);
});

test('a service without functions any more is taken out', async () => {
  const agent = await startAgent();
  const linked = link(agent);
  linked.upstream.offer([service()]);
  await linked.connected();
  linked.upstream.offer([service({ functions: [] })]);
  await until('gone', () => linked.lists.at(-1)?.length === 0);
  expect(agent.registry).toEqual([]);
  linked.upstream.offer([service()]);
  await until('back', () => linked.told.filter((one) => one === 'registered game a b').length === 2);
});

test('claims are registered under their own ids with our address', async () => {
  const agent = await startAgent();
  agent.add('sdk-id', '127.0.0.1:4711', 'c');
  const linked = link(agent);
  linked.upstream.offer([
    service({ claims: [{ serviceId: 'sdk-id', version: '1.0.0', functions: [fn('c')] }] }),
  ]);
  await linked.connected();
  expect(agent.registry).toEqual([`game-1234 a ${OURS}`, `game-1234 b ${OURS}`, `sdk-id c ${OURS}`]);
});

test('a swap that is over is told again, to an agent that replaces', async () => {
  const agent = await startAgent();
  const linked = link(agent);
  linked.upstream.offer([service()]);
  await linked.connected();
  linked.upstream.putBack('game');
  await until('told again', () => agent.registrations.length === 2);
  expect(agent.registrations[1]).toEqual(agent.registrations[0]);
  expect(linked.told).toEqual(['connected 1', 'registered game a b']);
});

test('an agent that appends is found out by the duplicates, and spared them from then on', async () => {
  const agent = await startAgent({ kind: 'appending' });
  const linked = link(agent);
  linked.upstream.offer([service()]);
  await linked.connected();
  linked.upstream.putBack('game');
  await until('found out', () => agent.registrations.length === 2 && linked.lists.length >= 3);
  linked.upstream.putBack('game');
  const changed = [fn('a'), fn('b', { version: '2.0.0' })];
  linked.upstream.offer([service({ functions: changed })]);
  await until('told', () => linked.told.length === 3);
  expect(agent.registrations).toHaveLength(3);
  // Only what is new to it.
  expect(agent.registrations[2]?.functions).toEqual([fn('b', { version: '2.0.0' })]);
});

test('an agent that was restarted has everything again within a second after its port accepts', async () => {
  const agent = await startAgent();
  const linked = link(agent, {
    config: {
      kind: 'agent',
      url: 'agent://x',
      host: '127.0.0.1',
      port: agent.port,
      agentId: null,
      tls: null,
      // On loopback attempts are never so far apart.
      reconnect: { delay: 10_000, max: 30_000 },
    },
  });
  linked.upstream.offer([service()]);
  await linked.connected();
  const tookMs: number[] = [];
  for (let restart = 0; restart < 3; restart++) {
    await agent.stop();
    await until('lost', () => linked.upstream.status.state === 'lost');
    await agent.start();
    const startedAt = performance.now();
    await linked.connected();
    tookMs.push(performance.now() - startedAt);
    expect(agent.registry).toEqual([`game-1234 a ${OURS}`, `game-1234 b ${OURS}`]);
  }
  // The median, since the machine is shared.
  expect(tookMs.sort((a, b) => a - b)[1]).toBeLessThan(1_000);
  expect(linked.upstream.status.reconnects).toBe(3);
});

test('an agent that ends is told to be lost once, with why it cannot be reached', async () => {
  const agent = await startAgent();
  const linked = link(agent);
  linked.upstream.offer([service()]);
  await linked.connected();
  const { port } = agent;
  await agent.stop();
  const refused = `lost: nothing listens on port ${port} of 127.0.0.1`;
  await until('refused', () => linked.told.includes(refused));
  const lostAt = performance.now();
  // Several attempts fail meanwhile.
  await until('some time passed', () => performance.now() - lostAt > 1_000);
  expect(linked.told).toEqual(['connected 1', 'registered game a b', refused]);
  expect(linked.upstream.status).toMatchObject({ state: 'lost', reason: refused.slice('lost: '.length) });
});

test('what an agent still shows after a broken connection is not registered again, but heard of at once', async () => {
  const agent = await startAgent({ kind: 'appending' });
  const linked = link(agent);
  linked.upstream.offer([service()]);
  await linked.connected();
  agent.drop();
  await until('back', () => linked.upstream.status.reconnects === 1);
  expect(agent.registrations).toHaveLength(1);
  await until('heard', () => agent.heartbeats.length === 1);
  expect(agent.heartbeats).toEqual([{ serviceId: 'game-1234', sessionId: 'session-1' }]);
  // A list that shows an older version does not count as showing it.
  agent.drop();
  linked.upstream.offer([service({ version: '2.0.0', functions: [fn('a', { version: '2.0.0' })] })]);
  await until('sent', () => agent.registrations.length === 2);
});

test('an agent that forgot, or where somebody took our place, gets it again as soon as a list shows it', async () => {
  const agent = await startAgent();
  const linked = link(agent);
  linked.upstream.offer([service()]);
  await linked.connected();
  agent.instances = [];
  linked.upstream.look();
  await until('again', () => agent.registrations.length === 2 && linked.lists.at(-1)?.length === 2);
  agent.remove('game-1234');
  agent.add('game-1234', '127.0.0.1:9', 'a', 'b');
  linked.upstream.look();
  await until('ours again', () => agent.registry.join() === `game-1234 a ${OURS},game-1234 b ${OURS}`);
  expect(linked.upstream.status).toMatchObject({ state: 'connected', reconnects: 0 });
});

test('an agent that takes registrations and does not show them is told to be lost, with words', async () => {
  const agent = await startAgent();
  agent.onRegister = 'deaf';
  const linked = link(agent);
  linked.upstream.offer([service({ functions: [fn('a')] })]);
  await until('lost', () => linked.told.length > 0);
  expect(linked.told[0]).toMatch(/^lost: it took the registration of game-1234, but does not list a /);
  expect(agent.registrations.length).toBeGreaterThanOrEqual(2);
  agent.onRegister = 'take';
  await linked.connected();
});

test('an agent that refuses says why, and is tried again', async () => {
  const agent = await startAgent();
  agent.onRegister = 'refuse';
  const linked = link(agent);
  linked.upstream.offer([service()]);
  await until('lost', () => linked.told.length > 0);
  expect(linked.told[0]).toBe('lost: it refused the registration of game-1234: PERMISSION_DENIED: not here');
  agent.onRegister = 'take';
  await linked.connected();
});

test('an agent without ListLocal is taken at its word', async () => {
  const agent = await startAgent();
  agent.canList = false;
  const linked = link(agent);
  linked.upstream.offer([service()]);
  await linked.connected();
  await until('told', () => linked.told.length === 2);
  expect(linked.told).toEqual(['connected 1', 'registered game a b']);
  expect(await linked.upstream.takeOut('game')).toEqual({
    outcome: 'kept',
    why: 'the agent cannot say who else serves the functions',
  });
  await linked.upstream.close();
  expect(agent.registry).toEqual([]);
  expect(linked.told.at(-1)).toBe('drained game exit');
});

test('at the end everything is taken out, told, and the connection closed', async () => {
  const agent = await startAgent();
  const linked = link(agent);
  linked.upstream.offer([
    service({ claims: [{ serviceId: 'sdk-id', version: '1', functions: [fn('c')] }] }),
    service({ name: 'shop', serviceId: 'shop-1', functions: [fn('s')] }),
  ]);
  await linked.connected();
  await linked.upstream.withdraw();
  expect(agent.registry).toEqual([]);
  expect(linked.told.slice(-2)).toEqual(['drained game exit', 'drained shop exit']);
  expect(linked.upstream.status.state).toBe('closed');
  await linked.upstream.close();
  await until('closed', () => agent.connections.size === 0);
  linked.upstream.offer([service()]);
  linked.upstream.putBack('game');
  expect(await linked.upstream.takeOut('game')).toMatchObject({ outcome: 'kept' });
  expect(agent.registry).toEqual([]);
});

test('an agent that ignores the empty list at the end is not told to have done it', async () => {
  const agent = await startAgent({ kind: 'appending' });
  const linked = link(agent);
  linked.upstream.offer([service()]);
  await linked.connected();
  await linked.upstream.close();
  expect(agent.registrations.at(-1)?.functions).toEqual([]);
  expect(linked.told).toEqual(['connected 1', 'registered game a b']);
});

test('without a connection closing takes no time', async () => {
  const port = await listen();
  await port.close();
  const linked = new Linked(port.port);
  const startedAt = performance.now();
  await linked.upstream.close();
  expect(performance.now() - startedAt).toBeLessThan(500);
});

test('an agent that hangs is not waited for longer than 3 s by anything', { timeout: 60_000 }, async () => {
  const agent = await startAgent();
  const linked = link(agent);
  const other = await listen();
  cleanup.push(() => other.close());
  agent.add('other', other.address, 'a', 'b');
  linked.upstream.offer([service()]);
  await linked.connected();
  agent.hangs = true;
  const startedAt = performance.now();
  const kept = await linked.upstream.takeOut('game');
  expect(kept.outcome).toBe('kept');
  expect(performance.now() - startedAt).toBeLessThan(6_000);
  const closingAt = performance.now();
  await linked.upstream.close();
  expect(performance.now() - closingAt).toBeLessThan(6_000);
});

test('an agent that hangs at the first question is lost, and taken again when it answers', {
  timeout: 60_000,
}, async () => {
  const agent = await startAgent();
  agent.hangs = true;
  const linked = link(agent);
  linked.upstream.offer([service()]);
  await until('lost', () => linked.told.length > 0);
  expect(linked.told[0]).toMatch(/^lost: it did not answer .* within 3 s$/);
  agent.hangs = false;
  await linked.connected();
});

test('a port that accepts and says nothing is tried again soon, and not one connection after the other is left there', async () => {
  const silent = await listen();
  const linked = new Linked(silent.port);
  cleanup.push(() => linked.upstream.close());
  // One of the first attempt, two that look into it, and two of each attempt after it.
  await until('two attempts more', () => silent.accepted >= 7);
  expect(linked.told).toEqual(['lost: it accepts connections but did not answer within 300 ms']);
  // That of the first attempt is left, and one of the present attempt.
  expect(silent.sockets.size).toBeLessThanOrEqual(2);
  await silent.close();
  const agent = await new FakeAgent({ port: silent.port }).start();
  cleanup.push(() => agent.stop());
  await linked.connected();
});

test('with TLS, certificates are read anew at each attempt', async () => {
  const [old, renewed] = [createAuthority(), createAuthority()];
  const agent = await startAgent({ tls: old.issue({ names: ['127.0.0.1'] }) });
  let authority = old;
  const linked = link(agent, { readTls: async () => ok(tlsMaterial({ caPem: authority.caPem })) });
  await linked.connected();
  await agent.stop();
  agent.tls = renewed.issue({ names: ['127.0.0.1'] });
  await agent.start();
  await until('refused', () => linked.told.some((one) => one.includes('authority')));
  authority = renewed;
  await linked.connected();
});

test('an agent with TLS where plain text was configured is told as such', async () => {
  const agent = await startAgent({ tls: createAuthority().issue({ names: ['127.0.0.1'] }) });
  const linked = link(agent);
  await until('lost', () => linked.told.length > 0);
  expect(linked.told).toEqual([expect.stringMatching(/^lost: it speaks TLS/)]);
});

test('certificates that cannot be read are the reason of the loss', async () => {
  const agent = await startAgent();
  const linked = link(agent, {
    readTls: async () => ({ ok: false, error: '"ca" (/x/ca.pem) is not there' }),
  });
  await until('lost', () => linked.told.length > 0);
  expect(linked.told).toEqual(['lost: "ca" (/x/ca.pem) is not there']);
});
