import { status } from '@grpc/grpc-js';
import { expect, onTestFinished, test } from 'vitest';
import { ok } from '../../../src/core/result.js';
import type { ServerLinkOptions } from '../../../src/upstream/server-link.js';
import { openServerUpstream } from '../../../src/upstream/server-upstream.js';
import type { Upstream } from '../../../src/upstream/types.js';
import { createAuthority, tlsMaterial } from '../../support/certificates.js';
import { listen } from './agent-fixtures.js';
import { FakeServer, type FakeServerOptions } from './fake-server.js';
import { barrier, EventLog, linkOptions, offeredFunction, offeredService, until } from './server-fixtures.js';

interface Setup {
  readonly server: FakeServer;
  readonly upstream: Upstream;
  readonly log: EventLog;
}

const GAME = offeredService('game', [offeredFunction('player.ban')]);

async function serve(options: FakeServerOptions = {}): Promise<FakeServer> {
  const server = await new FakeServer({ tunnel: null, ...options }).start();
  onTestFinished(() => server.stop());
  return server;
}

function connect(server: FakeServer, more: Partial<ServerLinkOptions> = {}): Setup {
  const log = new EventLog();
  const upstream = openServerUpstream(linkOptions('server', server.port, log, more));
  onTestFinished(() => upstream.close());
  return { server, upstream, log };
}

async function connected(server: FakeServer, more: Partial<ServerLinkOptions> = {}): Promise<Setup> {
  const setup = connect(server, more);
  setup.upstream.offer([GAME]);
  await until('it is connected', () => setup.upstream.status.state === 'connected');
  return setup;
}

test('the whole session is registered as one agent, with everything that its functions said', async () => {
  const server = await serve();
  const { log, upstream } = connect(server);
  upstream.offer([
    offeredService(
      'game',
      [
        offeredFunction('player.ban', {
          version: '1.2.0',
          category: 'player',
          risk: 'high',
          entity: 'player',
          operation: 'update',
          tags: ['moderation'],
          inputSchema: '{"type":"object"}',
          outputSchema: '{"type":"string"}',
          deprecated: true,
        }),
      ],
      { version: '2.0.0' },
    ),
    offeredService('chat', [offeredFunction('chat.mute')], { gameId: 'demo', env: 'dev' }),
    offeredService('idle', []),
  ]);
  await until('it is connected', () => upstream.status.state === 'connected');
  const before = Math.floor(Date.now() / 1000);
  expect(server.registers).toHaveLength(1);
  const [request] = server.registers;
  expect(request).toMatchObject({
    agentId: 'agent-1',
    version: '9.8.7',
    rpcAddr: '127.0.0.1:29090',
    gameId: 'demo',
    env: 'dev',
    ttlSeconds: 60,
    functions: [
      {
        id: 'player.ban',
        version: '1.2.0',
        category: 'player',
        risk: 'high',
        entity: 'player',
        operation: 'update',
        enabled: true,
        tags: ['moderation'],
        inputSchema: '{"type":"object"}',
        outputSchema: '{"type":"string"}',
      },
      { id: 'chat.mute', enabled: true },
    ],
    processes: [
      { serviceId: 'game-1a2b', addr: '127.0.0.1:29090', version: '2.0.0', functionIds: ['player.ban'] },
      { serviceId: 'chat-1a2b', functionIds: ['chat.mute'] },
    ],
  });
  expect(Math.abs((request?.processes[0]?.lastSeenUnix ?? 0) - before)).toBeLessThan(60);
  expect(log.all).toEqual([
    { type: 'upstream.connected', url: `server://127.0.0.1:${server.port}`, attempt: 1 },
    expect.objectContaining({
      type: 'upstream.registered',
      service: 'game',
      functions: [{ id: 'player.ban', version: '1.2.0' }],
    }),
    expect.objectContaining({ type: 'upstream.registered', service: 'chat' }),
  ]);
});

test('nothing is registered before the first offer, and an empty one is enough to be connected', async () => {
  const server = await serve();
  const { upstream, log } = connect(server);
  await new Promise((resolve) => setImmediate(resolve));
  expect(server.registers).toEqual([]);
  upstream.offer([offeredService('game', [])]);
  await until('it is connected', () => upstream.status.state === 'connected');
  expect(server.registers).toMatchObject([{ functions: [], processes: [] }]);
  expect(log.story).toEqual(['upstream.connected']);
});

test('a server under the older name alone is found', async () => {
  const server = await serve({ control: 'croupier.control.v1' });
  const { log, upstream } = await connected(server);
  expect(server.registers).toMatchObject([{ agentId: 'agent-1', functions: [{ id: 'player.ban' }] }]);
  await until('the manifest has come', () => server.manifests.length === 1);
  await upstream.close();
  expect(server.registers.at(-1)).toMatchObject({ functions: [] });
  expect(log.of('session.notice')).toEqual([]);
});

test('a peer that is no server is said to be none', async () => {
  const server = await serve({ control: null });
  const { log, upstream } = connect(server);
  upstream.offer([GAME]);
  await until('it is lost', () => log.of('upstream.lost').length > 0);
  expect(log.of('upstream.lost')[0]?.reason).toMatch(
    /^the server at 127\.0\.0\.1:\d+ serves no croupier\.server\.v1 or croupier\.control\.v1; for an agent, "upstream\.url" begins with agent:\/\/$/,
  );
});

test('of several changes while a registration is under way only the last one follows it', async () => {
  const server = await serve();
  const { log, upstream } = await connected(server);
  const gate = barrier();
  server.onRegister = async () => {
    await gate.opened;
    return { sessionId: 's2', expireAt: 0 };
  };
  for (const version of ['2', '3', '4', '5']) {
    upstream.offer([offeredService('game', [offeredFunction('player.ban', { version })])]);
  }
  await until('the first change is under way', () => server.registers.length === 2);
  upstream.putBack('game');
  gate.open();
  await until('the last version is told', () =>
    log.of('upstream.registered').some((event) => event.functions[0]?.version === '5'),
  );
  expect(server.registers.map((request) => request.functions[0]?.version)).toEqual(['1.0.0', '2', '5']);
  upstream.offer([offeredService('game', [offeredFunction('player.ban', { version: '5' })])]);
  await new Promise((resolve) => setImmediate(resolve));
  expect(server.registers).toHaveLength(3);
});

test('after a swap the server is told again, and people are not', async () => {
  const server = await serve();
  const { log, upstream } = await connected(server);
  upstream.putBack('game');
  await until('it is registered again', () => server.registers.length === 2);
  expect(server.registers[1]?.functions).toEqual(server.registers[0]?.functions);
  await until('the server answered', () => upstream.status.state === 'connected');
  expect(log.story).toEqual(['upstream.connected', 'upstream.registered']);
});

test('a swap never takes the registration out, because a server cannot say who else is there', async () => {
  const { upstream, server } = await connected(await serve());
  expect(await upstream.takeOut('game')).toEqual({
    outcome: 'kept',
    why: 'a server cannot say whether other instances serve the functions',
  });
  expect(server.registers).toHaveLength(1);
});

test('an unknown game is told once with the key to correct, and tried again until it is known', async () => {
  const server = await serve();
  server.onRegister = () => ({ refuse: status.PERMISSION_DENIED, message: 'unknown game_id' });
  const { log, upstream } = connect(server);
  upstream.offer([offeredService('game', [offeredFunction('a')], { gameId: 'wrong' })]);
  await until('it was tried three times', () => server.registers.length >= 3);
  expect(log.of('upstream.lost')).toEqual([
    {
      type: 'upstream.lost',
      url: `server://127.0.0.1:${server.port}`,
      attempt: 1,
      reason: `the server at 127.0.0.1:${server.port} refused the registration: PERMISSION_DENIED: unknown game_id; check "gameId" ("wrong") in the configuration`,
    },
  ]);
  expect(upstream.status).toMatchObject({ state: 'lost', reason: log.of('upstream.lost')[0]?.reason });
  server.onRegister = () => ({ sessionId: '', expireAt: 0 });
  await until('it is connected', () => upstream.status.state === 'connected');
  expect(log.of('upstream.connected')[0]?.attempt).toBeGreaterThan(3);
});

test('a server that was restarted has everything again', async () => {
  const server = await serve();
  const { log, upstream } = await connected(server);
  await until('the manifest has come', () => server.manifests.length === 1);
  server.stop();
  await until('the loss is told', () => log.of('upstream.lost').length > 0);
  const lostAt = performance.now();
  // Several attempts fail meanwhile.
  await until('some time passed', () => performance.now() - lostAt > 500);
  await server.start();
  await until('it is registered again', () => log.of('upstream.registered').length === 2);
  expect(log.story.filter((type) => type !== 'upstream.lost')).toEqual([
    'upstream.connected',
    'upstream.registered',
    'upstream.connected',
    'upstream.registered',
  ]);
  expect(log.of('upstream.lost').map((event) => event.reason)).toEqual([
    `nothing listens on port ${server.port} of 127.0.0.1`,
  ]);
  expect(upstream.status).toMatchObject({ state: 'connected', reason: null, reconnects: 1 });
  // The new process got the manifest as well.
  await until('the manifest has come again', () => server.manifests.length === 2);
});

test.each([
  ['in plain text', null],
  ['with TLS', tlsMaterial({ caPem: createAuthority().caPem })],
])(
  'a port that accepts and says nothing is told once %s, and not one connection after the other is left there',
  async (_, tls) => {
    const silent = await listen();
    onTestFinished(() => silent.close());
    const log = new EventLog();
    const upstream = openServerUpstream(
      linkOptions('server', silent.port, log, { readTls: async () => ok(tls) }),
    );
    onTestFinished(() => upstream.close());
    // One of the first attempt, two that look into it, and two of each attempt after it.
    await until('two attempts more', () => silent.accepted >= 7);
    expect(log.all).toMatchObject([
      { type: 'upstream.lost', reason: expect.stringMatching(/^it accepts connections but did not answer/) },
    ]);
    // That of the first attempt is left, and one of the present attempt.
    expect(silent.sockets.size).toBeLessThanOrEqual(2);
    await silent.close();
    const server = new FakeServer({ tunnel: null });
    server.port = silent.port;
    await server.start();
    onTestFinished(() => server.stop());
    if (tls !== null) return;
    upstream.offer([GAME]);
    await until('it is connected', () => upstream.status.state === 'connected');
  },
);

test('nothing that listens is a loss in words', async () => {
  const server = await serve();
  server.stop();
  const { log, upstream } = connect(server);
  await until('the loss is told', () => log.of('upstream.lost').length === 1);
  expect(log.of('upstream.lost')[0]?.reason).toContain(`${server.port}`);
  expect(upstream.status.state).toBe('lost');
});

test('certificates that cannot be read are a loss in words', async () => {
  const { log } = connect(await serve(), {
    readTls: async () => ({ ok: false, error: '/tls/ca.pem is not there' }),
  });
  await until('the loss is told', () => log.of('upstream.lost').length === 1);
  expect(log.of('upstream.lost')[0]?.reason).toBe('/tls/ca.pem is not there');
});

test('the manifest follows the registration and is sent again only when it changed', async () => {
  const server = await serve();
  const { upstream } = await connected(server);
  await until('the manifest has come', () => server.manifests.length === 1);
  expect(server.manifests[0]).toEqual({
    provider: { id: 'agent-1', version: '9.8.7', lang: 'node', sdk: 'croupier-cli' },
    manifest: {
      provider: { id: 'agent-1', version: '9.8.7', lang: 'node', sdk: 'croupier-cli' },
      functions: [
        {
          id: 'player.ban',
          version: '1.0.0',
          request: { json_schema: '{}' },
          response: { json_schema: '{}' },
        },
      ],
    },
  });
  upstream.putBack('game');
  await until('it is registered again', () => server.registers.length === 2);
  upstream.offer([offeredService('game', [offeredFunction('player.ban', { summary: 'Bans a player' })])]);
  await until('the changed manifest has come', () => server.manifests.length === 2);
  expect(server.manifests[1]?.manifest).toMatchObject({
    functions: [{ summary: { en: 'Bans a player' } }],
  });
});

test('a server without RegisterCapabilities is no failure, and is asked once', async () => {
  const server = await serve();
  server.onCapabilities = () => ({ refuse: status.UNIMPLEMENTED, message: '' });
  const { upstream, log } = await connected(server);
  await until('it was asked', () => server.manifests.length === 1);
  upstream.offer([offeredService('game', [offeredFunction('player.kick')])]);
  await until('the change is registered', () => log.of('upstream.registered').length === 2);
  expect(server.manifests).toHaveLength(1);
  expect(log.of('upstream.lost')).toEqual([]);
  expect(log.of('session.notice')).toEqual([]);
});

test('a manifest that is refused is told once, and the registration stays', async () => {
  const server = await serve();
  server.onCapabilities = () => ({ refuse: status.INVALID_ARGUMENT, message: 'no such field' });
  const { log, upstream } = await connected(server);
  await until('it is told', () => log.of('session.notice').length === 1);
  expect(log.of('session.notice')[0]?.message).toContain('INVALID_ARGUMENT: no such field');
  upstream.offer([offeredService('game', [offeredFunction('player.kick')])]);
  await until('the other manifest was refused', () => server.manifests.length === 2);
  expect(log.of('session.notice')).toHaveLength(1);
  expect(upstream.status.state).toBe('connected');
});

test('at the end everything is taken out, once, and nothing is offered any more', async () => {
  const server = await serve();
  const { log, upstream } = await connected(server);
  await upstream.withdraw();
  expect(server.registers).toHaveLength(2);
  expect(server.registers[1]).toMatchObject({ agentId: 'agent-1', functions: [], processes: [] });
  expect(log.all.at(-1)).toEqual({
    type: 'upstream.drained',
    url: `server://127.0.0.1:${server.port}`,
    service: 'game',
    reason: 'exit',
  });
  upstream.offer([offeredService('game', [offeredFunction('player.kick')])]);
  upstream.putBack('game');
  await upstream.close();
  expect(server.registers).toHaveLength(2);
  expect(upstream.status.state).toBe('closed');
});

test('closing while nothing can be reached takes no time', async () => {
  const server = await serve();
  server.stop();
  const { upstream, log } = connect(server);
  await until('the loss is told', () => log.of('upstream.lost').length === 1);
  const since = Date.now();
  await upstream.close();
  expect(Date.now() - since).toBeLessThan(1_000);
});
