import { expect, test } from 'vitest';
import { err, ok, type Result } from '../../../src/core/result.js';
import type { ChannelState } from '../../../src/protocol/channel-state.js';
import type { AgentClient } from '../../../src/protocol/client.js';
import type {
  ListLocalResponse,
  RegisterLocalRequest,
} from '../../../src/protocol/gen/croupier/agent/local/v1/local.js';
import type { RpcFailure } from '../../../src/protocol/rpc.js';
import { STATUS_CODES, type StatusName } from '../../../src/protocol/status-codes.js';
import { AgentLink } from '../../../src/sdk/agent-link.js';
import type { RetryPolicy } from '../../../src/sdk/backoff.js';
import { toLocalDescriptor } from '../../../src/sdk/descriptor.js';
import { settle, VirtualClock } from '../../support/virtual-clock.js';

function failure(codeName: StatusName): { readonly ok: false; readonly error: RpcFailure } {
  return err({ code: STATUS_CODES[codeName], codeName, message: 'for the test', metadata: {} });
}

const HEARTBEAT_MS = 25_000;

const REGISTRATION: RegisterLocalRequest = {
  serviceId: 'game',
  version: '1.0.0',
  rpcAddr: '127.0.0.1:4711',
  functions: [toLocalDescriptor({ id: 'a' })],
};

function listOf(...instances: [serviceId: string, addr: string][]): ListLocalResponse {
  return {
    functions: [
      {
        id: 'a',
        instances: instances.map(([serviceId, addr]) => ({ serviceId, addr, version: '', lastSeen: '' })),
      },
    ],
  };
}

/** An agent that is scripted by the test, and a record of what reached it. */
class World {
  readonly clock = new VirtualClock();
  readonly log: string[] = [];
  readonly registrations: RegisterLocalRequest[] = [];
  heartbeats = 0;
  connections = 0;
  registration: RegisterLocalRequest = REGISTRATION;
  policy: RetryPolicy = {
    backoff: { initialMs: 100, maxMs: 5_000 },
    autoReconnect: true,
    maxRetryAttempts: 0,
    healthCheckInterval: HEARTBEAT_MS,
  };
  /** What the next registration waits for, and is answered with. */
  holdRegister: Promise<Result<{ sessionId: string }, RpcFailure>> | null = null;
  answerRegister: () => Result<{ sessionId: string }, RpcFailure> = () => ok({ sessionId: 's' });
  answerHeartbeat: () => Result<object, RpcFailure> = () => ok({});
  answerList: () => Result<ListLocalResponse, RpcFailure> = () => ok(listOf(['game', '127.0.0.1:4711']));
  #tell: (state: ChannelState) => void = () => {};

  readonly link = new AgentLink({
    address: '127.0.0.1:19090',
    connect: () => this.#connect(),
    registration: () => this.registration,
    policy: () => this.policy,
    clock: this.clock,
    random: () => 0.5,
    listener: {
      onConnected: () => this.log.push('connected'),
      onRegistered: () => this.log.push('registered'),
      onDisconnected: (_reason, retryInMs) => this.log.push(`disconnected, retry in ${retryInMs}`),
      onGaveUp: (failures) => this.log.push(`gave up after ${failures}`),
      onRefused: (message) => this.log.push(`refused: ${message}`),
    },
  });

  /** The channel of the present connection changes. */
  async tell(state: ChannelState): Promise<void> {
    this.#tell(state);
    await settle();
  }

  async start(): Promise<void> {
    void this.link.start();
    await this.tell('ready');
  }

  #connect(): AgentClient {
    this.connections++;
    const unused = () => Promise.reject(new Error('not used by a link'));
    return {
      registerLocal: async (request) => {
        this.registrations.push(request);
        return this.holdRegister ?? this.answerRegister();
      },
      heartbeat: async () => {
        this.heartbeats++;
        return this.answerHeartbeat();
      },
      listLocal: async () => this.answerList(),
      onStateChange: (listener) => {
        this.#tell = listener;
        return () => {};
      },
      close: () => {},
      getJobResult: unused,
      invoke: unused,
      startJob: unused,
      cancelJob: unused,
      describe: unused,
      waitForReady: unused,
      streamJob: () => {
        throw new Error('not used by a link');
      },
    };
  }
}

test('registers once, and then sends heartbeats', async () => {
  const world = new World();
  await world.start();
  expect(world.registrations).toEqual([REGISTRATION]);
  expect(world.log).toEqual(['connected', 'registered']);
  await world.clock.advance(HEARTBEAT_MS * 3);
  expect(world.heartbeats).toBe(3);
  expect(world.registrations).toHaveLength(1);
});

test('a broken channel is left, and the new one registered on', async () => {
  const world = new World();
  await world.start();
  await world.tell('idle');
  expect(world.log.at(-1)).toBe('disconnected, retry in 100');
  await world.clock.advance(99);
  expect(world.connections).toBe(1);
  await world.clock.advance(1);
  expect(world.connections).toBe(2);
  expect(world.registrations).toHaveLength(2);
  expect(world.log.at(-1)).toBe('registered');
});

test('a failed heartbeat is a lost connection; one that is not implemented is none', async () => {
  const world = new World();
  world.answerHeartbeat = () => failure('UNIMPLEMENTED');
  await world.start();
  await world.clock.advance(HEARTBEAT_MS);
  expect(world.log.at(-1)).toBe('registered');
  world.answerHeartbeat = () => failure('DEADLINE_EXCEEDED');
  await world.clock.advance(HEARTBEAT_MS);
  expect(world.log.at(-1)).toMatch(/^disconnected/);
});

test('pauses double up to the longest, and begin anew after a time of health', async () => {
  const world = new World();
  world.answerRegister = () => failure('UNAVAILABLE');
  await world.start();
  await world.clock.advance(60_000);
  const pauses = world.log.filter((line) => line.startsWith('disconnected'));
  expect(pauses.slice(0, 8).map((line) => Number(line.split(' ').at(-1)))).toEqual([
    100, 200, 400, 800, 1600, 3200, 5000, 5000,
  ]);
  world.answerRegister = () => ok({ sessionId: 's' });
  await world.clock.advance(5_000);
  expect(world.log.at(-1)).toBe('registered');
  await world.tell('ready');
  await world.clock.advance(10_000);
  await world.tell('idle');
  expect(world.log.at(-1)).toBe('disconnected, retry in 100');
});

test('start() resolves when the first attempt has failed', async () => {
  const world = new World();
  world.answerRegister = () => failure('UNAVAILABLE');
  await world.link.start();
  expect(world.log).toEqual(['disconnected, retry in 100']);
});

test('a refusal is told, and tried again', async () => {
  const world = new World();
  world.answerRegister = () => failure('PERMISSION_DENIED');
  await world.start();
  expect(world.log[1]).toBe(
    'refused: the agent at 127.0.0.1:19090 refused the registration: PERMISSION_DENIED: for the test',
  );
  await world.clock.advance(100);
  expect(world.registrations).toHaveLength(2);
});

test('an agent that does not list us gets the registration again, and in the end that is told', async () => {
  const world = new World();
  world.answerList = () => ok({ functions: [] });
  await world.start();
  await world.clock.advance(20_000);
  expect(world.registrations).toHaveLength(4);
  expect(world.log.at(-1)).toContain('does not list it');
});

test('an agent that lists us the second time is left in peace', async () => {
  const world = new World();
  world.answerList = () =>
    world.registrations.length < 2 ? ok({ functions: [] }) : ok(listOf(['game', '127.0.0.1:4711']));
  await world.start();
  await world.clock.advance(20_000);
  expect(world.registrations).toHaveLength(2);
});

test.each([
  ['a successor has our place', () => ok(listOf(['game', '127.0.0.1:5000']))],
  ['there is no list', () => failure('UNIMPLEMENTED')],
])('nothing is registered again where %s', async (_what, answerList) => {
  const world = new World();
  world.answerList = answerList;
  await world.start();
  await world.clock.advance(20_000);
  expect(world.registrations).toHaveLength(1);
});

test('leave() registers an empty list, and nothing comes after it', async () => {
  const world = new World();
  await world.start();
  await world.link.leave(500);
  expect(world.registrations.at(-1)).toEqual({ ...REGISTRATION, functions: [] });
  const sent = world.registrations.length;
  await world.clock.advance(HEARTBEAT_MS * 2);
  await world.tell('idle');
  await world.clock.advance(60_000);
  expect(world.registrations).toHaveLength(sent);
  expect(world.heartbeats).toBe(0);
});

test('leave() does not touch a successor', async () => {
  const world = new World();
  await world.start();
  world.answerList = () => ok(listOf(['game', '127.0.0.1:5000']));
  await world.link.leave(500);
  expect(world.registrations).toHaveLength(1);
});

test('leave() without a connection does nothing', async () => {
  const world = new World();
  world.answerRegister = () => failure('UNAVAILABLE');
  await world.start();
  await world.link.leave(500);
  expect(world.registrations).toHaveLength(1);
});

test('close() leaves no timer behind', async () => {
  const world = new World();
  await world.start();
  await world.link.leave(500);
  world.link.close();
  await settle();
  expect(world.clock.pending).toBe(0);
});

test('after so many failures in a row it gives up once, and tries at each health check', async () => {
  const world = new World();
  world.policy = { ...world.policy, maxRetryAttempts: 3 };
  world.answerRegister = () => failure('UNAVAILABLE');
  await world.start();
  await world.clock.advance(300 + 2 * HEARTBEAT_MS);
  expect(world.log.filter((line) => line.startsWith('gave up'))).toEqual(['gave up after 3']);
  expect(world.log.slice(-2)).toEqual([
    `disconnected, retry in ${HEARTBEAT_MS}`,
    `disconnected, retry in ${HEARTBEAT_MS}`,
  ]);
  expect(world.registrations).toHaveLength(5);
  world.answerRegister = () => ok({ sessionId: 's' });
  await world.clock.advance(HEARTBEAT_MS);
  expect(world.log.at(-1)).toBe('registered');
  world.answerRegister = () => failure('UNAVAILABLE');
  await world.tell('ready');
  await world.clock.advance(10_000);
  await world.tell('idle');
  await world.clock.advance(1_000);
  expect(
    world.log.filter((line) => line.startsWith('gave up')),
    'counted anew',
  ).toHaveLength(2);
});

test('without autoReconnect a lost connection stays lost until one is asked for', async () => {
  const world = new World();
  world.policy = { ...world.policy, autoReconnect: false };
  await world.start();
  await world.tell('idle');
  expect(world.log.at(-1)).toBe('disconnected, retry in null');
  await world.clock.advance(600_000);
  expect(world.connections).toBe(1);
  const reconnected = world.link.reconnect();
  await world.clock.advance(0);
  await reconnected;
  expect(world.log.at(-1)).toBe('registered');
  expect(world.connections).toBe(2);
});

test('a policy that changes is followed at once', async () => {
  const world = new World();
  world.policy = { ...world.policy, autoReconnect: false };
  await world.start();
  await world.clock.advance(20_000);
  world.policy = { ...world.policy, healthCheckInterval: 1_000 };
  world.link.policyChanged();
  await world.clock.advance(3_000);
  expect(world.heartbeats).toBe(3);
  await world.tell('idle');
  await world.clock.advance(60_000);
  expect(world.connections).toBe(1);
  world.policy = { ...world.policy, autoReconnect: true };
  world.link.policyChanged();
  await world.clock.advance(100);
  expect(world.connections).toBe(2);
});

test('reconnect() leaves the present connection, and resolves when the next one is registered or has failed', async () => {
  const world = new World();
  await world.start();
  const reconnected = world.link.reconnect();
  await world.clock.advance(0);
  await reconnected;
  expect(world.log.slice(2)).toEqual(['disconnected, retry in 0', 'registered']);
  world.answerRegister = () => failure('UNAVAILABLE');
  await world.link.reconnect();
  expect(world.log.at(-1)).toBe('disconnected, retry in 100');
});

test('functions that are added while the registration is on its way are registered', async () => {
  const world = new World();
  let answer = (_: Result<{ sessionId: string }, RpcFailure>) => {};
  world.holdRegister = new Promise((resolve) => {
    answer = resolve;
  });
  void world.link.start();
  await settle();
  world.registration = { ...REGISTRATION, functions: [toLocalDescriptor({ id: 'b' })] };
  const again = world.link.registerAgain();
  world.holdRegister = null;
  answer(ok({ sessionId: 's' }));
  await again;
  expect(world.registrations.map((one) => one.functions[0]?.id)).toEqual(['a', 'b']);
});
