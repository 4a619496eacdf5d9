import { status } from '@grpc/grpc-js';
import { expect, test } from 'vitest';
import { err, ok, type Result } from '../../../src/core/result.js';
import type { ChannelState } from '../../../src/protocol/channel-state.js';
import type { ControlClient } from '../../../src/protocol/control-client.js';
import type { ConnectionProblem } from '../../../src/protocol/explain-connection.js';
import type { RegisterRequest } from '../../../src/protocol/gen/croupier/server/v1/server.js';
import type { RpcFailure } from '../../../src/protocol/rpc.js';
import { ServerLink } from '../../../src/upstream/server-link.js';
import { Tunnel } from '../../../src/upstream/tunnel.js';
import { settle, VirtualClock } from '../../support/virtual-clock.js';
import { barrier, EventLog, linkOptions, offeredFunction, offeredService, until } from './server-fixtures.js';

const START = 1_700_000_000_000;

type Reply = 'ok' | 'hang' | Promise<void> | { readonly code: status; readonly name: string };

/** A server in virtual time, behind one client after the other. */
class VirtualServer {
  readonly clock = new VirtualClock();
  readonly registers: { readonly at: number; readonly request: RegisterRequest }[] = [];
  readonly heartbeats: number[] = [];
  manifests = 0;
  onCapabilities: Reply = 'ok';
  /** When an attempt to connect began. */
  readonly dials: number[] = [];
  readonly closed: number[] = [];
  onDial: ChannelState | 'hang' = 'ready';
  onRegister: Reply = 'ok';
  onHeartbeat: Reply = 'ok';
  beforeHeartbeat = (): void => undefined;
  /** In seconds from now; 0: not said. */
  ttl = 0;
  /** What a look at its address finds; null: nothing wrong. */
  problem: ConnectionProblem | null = null;
  listeners: ((state: ChannelState) => void)[] = [];
  /** The machine slept so long (ms), which the clock did not see. */
  slept = 0;

  get epoch(): number {
    return START + this.clock.now() + this.slept;
  }

  connect(): ControlClient {
    const number = this.dials.push(this.clock.now());
    const listeners: ((state: ChannelState) => void)[] = [];
    this.listeners = listeners;
    const { onDial } = this;
    if (onDial !== 'hang') setImmediate(() => this.tell(onDial));
    return {
      register: async (request, { timeoutMs }) => {
        this.registers.push({ at: this.clock.now(), request });
        const expireAt = this.ttl === 0 ? 0 : Math.floor(this.epoch / 1000) + this.ttl;
        return this.#reply(this.onRegister, { sessionId: 's', expireAt }, timeoutMs);
      },
      heartbeat: async (_request, { timeoutMs }) => {
        this.heartbeats.push(this.clock.now());
        this.beforeHeartbeat();
        return this.#reply(this.onHeartbeat, {}, timeoutMs);
      },
      registerCapabilities: async () => {
        this.manifests += 1;
        return this.#reply(this.onCapabilities, {}, 0);
      },
      // A stream that never ends by itself.
      openTunnel: () => ({ write: () => true, end: () => undefined, cancel: () => undefined }),
      onStateChange: (listener) => {
        listeners.push(listener);
        return () => listeners.splice(listeners.indexOf(listener), 1);
      },
      close: () => this.closed.push(number),
    };
  }

  /** Tells the client that was opened last of its channel's state. */
  tell(state: ChannelState): void {
    for (const listener of [...this.listeners]) listener(state);
  }

  #reply<T>(reply: Reply, value: T, timeoutMs: number): Promise<Result<T, RpcFailure>> {
    if (reply === 'ok') return Promise.resolve(ok(value));
    if (reply === 'hang') {
      return new Promise((resolve) => {
        this.clock.after(timeoutMs, () =>
          resolve(err(failure(status.DEADLINE_EXCEEDED, 'DEADLINE_EXCEEDED'))),
        );
      });
    }
    if (reply instanceof Promise) return reply.then(() => ok(value));
    return Promise.resolve(err(failure(reply.code, reply.name)));
  }
}

function failure(code: number, codeName: string): RpcFailure {
  return { code, codeName, message: 'said so', metadata: {} };
}

interface LinkChoice {
  readonly host?: string;
  readonly kind?: 'server' | 'edge';
  /** Ms of the first pause. */
  readonly delay?: number;
}

function open(server = new VirtualServer(), choice: LinkChoice = {}) {
  const { host = 'server.example', kind = 'server', delay = 1_000 } = choice;
  const log = new EventLog();
  const options = linkOptions(kind, 8443, log, { clock: server.clock });
  const link = new ServerLink(
    {
      ...options,
      config: { ...options.config, host, reconnect: { delay, max: 30_000 } },
    },
    {
      kind,
      tunnel: kind === 'edge' ? new Tunnel(options.calls, server.clock) : null,
      epochMs: () => server.epoch,
      network: { connect: () => server.connect(), explain: async () => server.problem },
    },
  );
  link.offer([offeredService('game', [offeredFunction('player.ban')])]);
  return { server, log, link };
}

async function connected(server?: VirtualServer) {
  const setup = open(server);
  await setup.server.clock.advance(0);
  expect(setup.link.status.state).toBe('connected');
  return setup;
}

test('a heartbeat goes out every 15 s', async () => {
  const { server } = await connected();
  await server.clock.advance(60_000);
  expect(server.heartbeats).toEqual([15_000, 30_000, 45_000, 60_000]);
  expect(server.registers).toHaveLength(1);
});

test('a registration that expires is renewed before it does, and heartbeats come in thirds of its time', async () => {
  const server = new VirtualServer();
  server.ttl = 12;
  await connected(server);
  await server.clock.advance(30_000);
  expect(server.registers.map(({ at }) => at)).toEqual([0, 8_000, 16_000, 24_000]);
  expect(server.heartbeats).toEqual([4_000, 12_000, 20_000, 28_000]);
});

test('a registration of 60 s is renewed after 45 s', async () => {
  const server = new VirtualServer();
  server.ttl = 60;
  await connected(server);
  await server.clock.advance(60_000);
  expect(server.heartbeats).toEqual([15_000, 30_000, 60_000]);
  expect(server.registers.map(({ at }) => at)).toEqual([0, 45_000]);
});

test('however short the time, nothing is sent more often than once a second', async () => {
  const server = new VirtualServer();
  server.ttl = 1;
  await connected(server);
  await server.clock.advance(5_000);
  expect(server.registers.map(({ at }) => at)).toEqual([0, 1_000, 2_000, 3_000, 4_000, 5_000]);
});

test('a server whose clock is behind is believed in nothing but its answers', async () => {
  const server = new VirtualServer();
  server.ttl = -3_600;
  await connected(server);
  await server.clock.advance(60_000);
  expect(server.registers).toHaveLength(1);
  expect(server.heartbeats).toHaveLength(4);
});

test('after a sleep in which the server dropped us, which a heartbeat does not show, everything is registered again', async () => {
  const { server } = await connected();
  await server.clock.advance(15_000);
  server.slept = 60_000;
  await server.clock.advance(15_000);
  expect(server.heartbeats).toEqual([15_000]);
  expect(server.registers.map(({ at }) => at)).toEqual([0, 30_000]);
});

test('a heartbeat that hangs is a loss after 3 s, told once, and the way back has growing pauses', async () => {
  const { server, log } = await connected();
  server.onHeartbeat = 'hang';
  server.onDial = 'transient-failure';
  server.problem = { kind: 'unreachable', text: 'nothing listens there' };
  await server.clock.advance(17_999);
  expect(log.of('upstream.lost')).toEqual([]);
  await server.clock.advance(1);
  expect(log.of('upstream.lost')).toEqual([
    {
      type: 'upstream.lost',
      url: 'server://127.0.0.1:8443',
      attempt: 1,
      reason: 'the server at server.example:8443 did not answer the heartbeat within 3 s',
    },
  ]);
  expect(server.closed).toEqual([1]);
  await server.clock.advance(130_000);
  // Pauses of 1, 2, 4, 8, 16, 30, 30 ... s, the jitter being 0 here.
  expect(server.dials.map((at) => (at - 18_000) / 1000)).toEqual([-18, 1, 3, 7, 15, 31, 61, 91, 121]);
  expect(log.of('upstream.lost').map(({ reason, attempt }) => [reason, attempt])).toEqual([
    ['the server at server.example:8443 did not answer the heartbeat within 3 s', 1],
    ['nothing listens there', 1],
  ]);
});

test('a heartbeat that is refused is a loss', async () => {
  const { server, log } = await connected();
  server.onHeartbeat = { code: status.INTERNAL, name: 'INTERNAL' };
  await server.clock.advance(15_000);
  expect(log.of('upstream.lost')[0]?.reason).toBe(
    'the server at server.example:8443 refused the heartbeat: INTERNAL: said so',
  );
  server.onHeartbeat = 'ok';
  await server.clock.advance(1_000);
  expect(log.story).toEqual([
    'upstream.connected',
    'upstream.registered',
    'upstream.lost',
    'upstream.connected',
    'upstream.registered',
  ]);
});

test('a server that says that it forgot the session gets it again over the same connection', async () => {
  const { server, log } = await connected();
  await until('it has the manifest', () => server.manifests === 1);
  server.onHeartbeat = { code: status.NOT_FOUND, name: 'NOT_FOUND' };
  await server.clock.advance(15_000);
  expect(server.registers.map(({ at }) => at)).toEqual([0, 15_000]);
  expect(server.dials).toHaveLength(1);
  expect(log.of('upstream.lost')).toEqual([]);
  await until('it has the manifest again', () => server.manifests === 2);
});

test('a server without heartbeats is not lost', async () => {
  const { server, log } = await connected();
  server.onHeartbeat = { code: status.UNIMPLEMENTED, name: 'UNIMPLEMENTED' };
  await server.clock.advance(60_000);
  expect(server.heartbeats).toHaveLength(4);
  expect(log.of('upstream.lost')).toEqual([]);
});

test('a registration that is not answered is not waited for', async () => {
  const server = new VirtualServer();
  server.onRegister = 'hang';
  const { log, link } = open(server);
  await server.clock.advance(3_000);
  expect(log.of('upstream.lost')[0]?.reason).toBe(
    'the server at server.example:8443 did not answer the registration within 3 s',
  );
  server.onRegister = 'ok';
  await server.clock.advance(1_000);
  expect(link.status.state).toBe('connected');
  expect(log.of('upstream.connected')).toMatchObject([{ attempt: 2 }]);
});

test('a broken channel is a loss at once, told once', async () => {
  const { server, log } = await connected();
  await server.clock.advance(5_000);
  server.tell('idle');
  server.tell('transient-failure');
  await settle();
  expect(log.of('upstream.lost').map((event) => event.reason)).toEqual([
    'the connection to the server at server.example:8443 was lost',
  ]);
});

test('a port that accepts and says nothing is left after 3 s, on this machine after 1 s', async () => {
  for (const [host, ms] of [
    ['server.example', 3_000],
    ['127.0.0.1', 1_000],
  ] as const) {
    const server = new VirtualServer();
    server.onDial = 'hang';
    const { log, link } = open(server, { host });
    await server.clock.advance(ms - 1);
    expect(log.all).toEqual([]);
    await server.clock.advance(1);
    expect(log.of('upstream.lost')[0]?.reason).toBe(
      `the server at ${host}:8443 accepted no connection within ${ms / 1000} s`,
    );
    expect(server.closed).toEqual([1]);
    await link.close();
  }
});

test('while it stays silent no further channel is opened, and nothing more is told', async () => {
  const server = new VirtualServer();
  server.onDial = 'hang';
  server.problem = { kind: 'silent', text: 'it says nothing' };
  const { log, link } = open(server, { host: '127.0.0.1' });
  await server.clock.advance(10_000);
  expect(server.dials).toEqual([0]);
  expect(log.all).toMatchObject([{ type: 'upstream.lost', reason: 'it says nothing' }]);
  server.onDial = 'ready';
  server.problem = null;
  await server.clock.advance(500);
  expect(link.status.state).toBe('connected');
});

test('a server that freezes is told to be lost once', async () => {
  const { server, log } = await connected();
  server.onHeartbeat = 'hang';
  server.onDial = 'hang';
  server.problem = { kind: 'silent', text: 'it says nothing' };
  await server.clock.advance(60_000);
  expect(log.of('upstream.lost')).toMatchObject([
    { reason: 'the server at server.example:8443 did not answer the heartbeat within 3 s' },
  ]);
});

test('the loss of a connection is told once, with what a look at the address shows', async () => {
  const { server, log } = await connected();
  server.problem = { kind: 'unreachable', text: 'nothing listens there' };
  server.onDial = 'transient-failure';
  server.tell('idle');
  await server.clock.advance(60_000);
  expect(server.dials.length).toBeGreaterThan(4);
  expect(log.of('upstream.lost')).toMatchObject([{ reason: 'nothing listens there' }]);
});

test('a call that fails because the channel is gone is not told as a refusal', async () => {
  const { server, log } = await connected();
  server.problem = { kind: 'unreachable', text: 'nothing listens there' };
  server.onHeartbeat = { code: status.UNAVAILABLE, name: 'UNAVAILABLE' };
  server.beforeHeartbeat = () => server.tell('idle');
  await server.clock.advance(15_000);
  expect(log.of('upstream.lost')).toMatchObject([{ reason: 'nothing listens there' }]);
});

test('on this machine attempts are never more than half a second apart', async () => {
  const server = new VirtualServer();
  server.onDial = 'transient-failure';
  open(server, { host: '127.0.0.1' });
  await server.clock.advance(10_000);
  const pauses = server.dials.slice(1).map((at, index) => at - (server.dials[index] ?? 0));
  expect(Math.max(...pauses)).toBeLessThanOrEqual(500);
  expect(server.dials.length).toBeGreaterThan(15);
});

test('after a connection that held the pause is short again, after one that did not it grows', async () => {
  const { server } = await connected();
  await server.clock.advance(10_000);
  server.tell('idle');
  await server.clock.advance(1_000);
  expect(server.dials).toEqual([0, 11_000]);
  server.tell('idle');
  await server.clock.advance(2_000);
  expect(server.dials).toEqual([0, 11_000, 13_000]);
  server.tell('idle');
  await server.clock.advance(4_000);
  expect(server.dials).toEqual([0, 11_000, 13_000, 17_000]);
});

test('closing in the middle of an attempt ends it and leaves no timer', async () => {
  const server = new VirtualServer();
  server.onDial = 'hang';
  const { link, log } = open(server);
  await server.clock.advance(100);
  await link.close();
  await server.clock.advance(0);
  expect(server.closed).toEqual([1]);
  expect(server.clock.pending).toBe(0);
  await server.clock.advance(60_000);
  expect(server.dials).toHaveLength(1);
  expect(log.all).toEqual([]);
});

test('closing after a loss ends the pause', async () => {
  const { server, link } = await connected();
  server.tell('idle');
  await link.close();
  expect(server.clock.pending).toBe(0);
  expect(link.status).toMatchObject({ state: 'closed', reason: null });
});

test('a server that hangs at the end is waited for 2 s', async () => {
  const { server, link, log } = await connected();
  server.onRegister = 'hang';
  let closed = false;
  void link.close().then(() => {
    closed = true;
  });
  await server.clock.advance(1_999);
  expect(closed).toBe(false);
  await server.clock.advance(1);
  expect(closed).toBe(true);
  expect(log.all.at(-1)).toMatchObject({ type: 'session.notice', level: 'warn' });
  expect(server.clock.pending).toBe(0);
});

test('a registration under way is waited for before everything is taken out', async () => {
  const { server, link } = await connected();
  const gate = barrier();
  server.onRegister = gate.opened;
  link.offer([offeredService('game', [offeredFunction('player.kick')])]);
  await settle();
  const closed = link.close();
  await settle();
  expect(server.registers).toHaveLength(2);
  server.onRegister = 'ok';
  gate.open();
  await closed;
  expect(server.registers.map(({ request }) => request.functions.length)).toEqual([1, 1, 0]);
});

test('a connection that breaks after everything was taken out is not opened again', async () => {
  const { server, link, log } = await connected();
  await link.withdraw();
  server.tell('idle');
  await server.clock.advance(60_000);
  expect(server.dials).toHaveLength(1);
  expect(log.of('upstream.lost')).toEqual([]);
  expect(server.closed).toEqual([1]);
});

test('a manifest that could not be delivered is sent again at the next heartbeat', async () => {
  const server = new VirtualServer();
  server.onCapabilities = { code: status.UNAVAILABLE, name: 'UNAVAILABLE' };
  const { log } = await connected(server);
  await until('the manifest was tried', () => server.manifests === 1);
  await settle();
  server.onCapabilities = 'ok';
  await server.clock.advance(15_000);
  await until('the manifest was sent again', () => server.manifests === 2);
  await settle();
  await server.clock.advance(15_000);
  await settle();
  expect(server.manifests).toBe(2);
  expect(log.of('session.notice')).toEqual([]);
});

test('with an edge the next connection waits until the old tunnel has ended, or was cut', async () => {
  const server = new VirtualServer();
  const { link } = open(server, { kind: 'edge', delay: 10 });
  await server.clock.advance(249);
  expect(link.status.state).toBe('connecting');
  await server.clock.advance(1);
  expect(link.status.state).toBe('connected');
  server.onHeartbeat = { code: status.UNAVAILABLE, name: 'UNAVAILABLE' };
  await server.clock.advance(15_000);
  expect(link.status.state).toBe('lost');
  expect(server.closed).toEqual([]);
  await server.clock.advance(299);
  expect(server.dials).toEqual([0]);
  await server.clock.advance(1);
  expect(server.closed).toEqual([1]);
  expect(server.dials).toEqual([0, 15_550]);
});
