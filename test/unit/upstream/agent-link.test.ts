import { expect, test } from 'vitest';
import type { CroupierEvent } from '../../../src/core/events.js';
import { err, ok, type Result } from '../../../src/core/result.js';
import type { ChannelState } from '../../../src/protocol/channel-state.js';
import type { AgentClient } from '../../../src/protocol/client.js';
import type { ConnectionProblem } from '../../../src/protocol/explain-connection.js';
import type {
  HeartbeatRequest,
  LocalFunction,
  RegisterLocalRequest,
} from '../../../src/protocol/gen/croupier/agent/local/v1/local.js';
import type { RpcFailure } from '../../../src/protocol/rpc.js';
import { STATUS_CODES, type StatusName } from '../../../src/protocol/status-codes.js';
import { AgentLink } from '../../../src/upstream/agent-link.js';
import { settle, VirtualClock } from '../../support/virtual-clock.js';
import { service } from './agent-fixtures.js';
import { DESCRIBED } from './fake-agent.js';
import { offeredFunction as fn } from './server-fixtures.js';

const OURS = '127.0.0.1:1';
const GONE: ConnectionProblem = { kind: 'unreachable', text: 'nothing listens there' };
const SILENT: ConnectionProblem = { kind: 'silent', text: 'it says nothing' };

function failure(codeName: StatusName): { readonly ok: false; readonly error: RpcFailure } {
  return err({ code: STATUS_CODES[codeName], codeName, message: 'for the test', metadata: {} });
}

const never = (): Promise<never> => new Promise(() => undefined);

/** An agent without a network: what it answers is scripted, when it was asked is kept. */
class World {
  readonly clock = new VirtualClock();
  readonly events: CroupierEvent[] = [];
  readonly dials: number[] = [];
  readonly heartbeats: (HeartbeatRequest & { readonly at: number })[] = [];
  readonly lists: number[] = [];
  readonly portAsked: number[] = [];
  registry: RegisterLocalRequest[] = [];
  /** State of the channel right after a dial; null: none. */
  channel: ChannelState | null = 'ready';
  /** What a look at its address finds; null: nothing wrong. */
  problem: ConnectionProblem | null | 'hangs' = GONE;
  isSession = false;
  hangs = false;
  random = 0.5;
  answerHeartbeat: () => Promise<Result<object, RpcFailure>> = async () => ok({});
  #tell: (state: ChannelState) => void = () => {};
  readonly link: AgentLink;

  constructor(part: { readonly host?: string; readonly takesPort?: boolean } = {}) {
    const host = part.host ?? '127.0.0.1';
    this.link = new AgentLink(
      {
        config: {
          kind: 'agent',
          url: 'agent://x',
          host,
          port: 19_090,
          agentId: null,
          tls: null,
          reconnect: { delay: 1_000, max: 30_000 },
        },
        clock: this.clock,
        random: () => this.random,
        gatewayAddress: OURS,
        publish: (event) => this.events.push(event),
        onListed: () => undefined,
        takePort:
          part.takesPort === true
            ? async () => {
                this.portAsked.push(this.clock.now());
                return false;
              }
            : null,
        readTls: async () => ok(null),
        sessionId: 'this one',
        readGatewayTls: async () => ok(null),
      },
      {
        connect: () => this.#connect(),
        explain: () => (this.problem === 'hangs' ? never() : Promise.resolve(this.problem)),
        sight: async () => ({ seen: 'instance' }),
        dial: async () => ({ seen: 'instance' }),
      },
    );
  }

  get told(): readonly string[] {
    return this.events.map((event) => event.type);
  }

  async tell(state: ChannelState): Promise<void> {
    this.#tell(state);
    await settle();
  }

  #connect(): AgentClient {
    this.dials.push(this.clock.now());
    const unused = (): never => {
      throw new Error('not used by a link');
    };
    const { channel } = this;
    return {
      registerLocal: async (request) => {
        if (this.hangs) return never();
        this.registry = this.registry.filter((one) => one.serviceId !== request.serviceId);
        if (request.functions.length > 0) this.registry.push(request);
        return ok({ sessionId: 's' });
      },
      heartbeat: async (request) => {
        this.heartbeats.push({ ...request, at: this.clock.now() });
        return this.answerHeartbeat();
      },
      listLocal: async () => {
        this.lists.push(this.clock.now());
        return this.hangs ? never() : ok({ functions: this.#list() });
      },
      describe: async () => (this.isSession ? ok(DESCRIBED) : failure('UNIMPLEMENTED')),
      getJobResult: unused,
      invoke: unused,
      startJob: unused,
      streamJob: unused,
      cancelJob: unused,
      onStateChange: (listener) => {
        this.#tell = listener;
        if (channel !== null) queueMicrotask(() => listener(channel));
        return () => undefined;
      },
      waitForReady: unused,
      close: () => undefined,
    };
  }

  #list(): LocalFunction[] {
    return this.registry.flatMap(({ serviceId, rpcAddr, functions }) =>
      functions.map(({ id, version }) => ({
        id,
        instances: [{ serviceId, addr: rpcAddr, version, lastSeen: '' }],
      })),
    );
  }
}

async function connected(
  part: ConstructorParameters<typeof World>[0] = {},
  isSession = false,
): Promise<World> {
  const world = new World(part);
  world.isSession = isSession;
  world.link.offer([service()]);
  await settle();
  expect(world.link.status.state).toBe('connected');
  return world;
}

test('a heartbeat and a list every 15 s, whatever is offered meanwhile', async () => {
  const world = await connected();
  const lists = world.lists.length;
  await world.clock.advance(14_999);
  expect(world.heartbeats).toEqual([]);
  await world.clock.advance(1);
  expect(world.heartbeats).toEqual([{ serviceId: 'game-1234', sessionId: 's', at: 15_000 }]);
  expect(world.lists).toHaveLength(lists + 1);
  for (let version = 2; version < 40; version++) {
    world.link.offer([service({ functions: [fn('a', { version: `${version}` })] })]);
    await world.clock.advance(1_000);
    world.link.putBack('game');
  }
  await world.clock.advance(60_000 - world.clock.now());
  expect(world.heartbeats.map((one) => one.at)).toEqual([15_000, 30_000, 45_000, 60_000]);
});

test.each<StatusName>(['UNAVAILABLE', 'DEADLINE_EXCEEDED', 'NOT_FOUND'])(
  'a heartbeat that fails with %s is a loss, and everything is registered again',
  async (code) => {
    const world = await connected();
    world.answerHeartbeat = async () => failure(code);
    world.registry = [];
    await world.clock.advance(15_000);
    expect(world.told).toContain('upstream.lost');
    world.answerHeartbeat = async () => ok({});
    await world.clock.advance(500);
    expect(world.link.status).toMatchObject({ state: 'connected', reconnects: 1 });
    expect(world.registry).toHaveLength(1);
  },
);

test('an agent without heartbeats is not lost by that', async () => {
  const world = await connected();
  world.answerHeartbeat = async () => failure('UNIMPLEMENTED');
  await world.clock.advance(60_000);
  expect(world.told).not.toContain('upstream.lost');
  expect(world.heartbeats).toHaveLength(4);
});

test('heartbeats end with the connection, and begin anew with the next', async () => {
  const world = await connected();
  await world.clock.advance(10_000);
  await world.tell('idle');
  expect(world.link.status.state).toBe('lost');
  await world.clock.advance(500);
  expect(world.link.status.state).toBe('connected');
  const { length } = world.heartbeats;
  await world.clock.advance(14_000);
  expect(world.heartbeats).toHaveLength(length);
  await world.clock.advance(1_000);
  expect(world.heartbeats).toHaveLength(length + 1);
});

test('on loopback attempts are 500 ms apart at most, elsewhere further and further', async () => {
  const near = new World();
  near.channel = 'transient-failure';
  await near.clock.advance(3_000);
  expect(near.dials).toEqual([0, 500, 1_000, 1_500, 2_000, 2_500, 3_000]);
  const far = new World({ host: '10.0.0.1' });
  far.channel = 'transient-failure';
  await far.clock.advance(20_000);
  expect(far.dials).toEqual([0, 1_000, 3_000, 7_000, 15_000]);
});

test('a dial that nobody answers is given up after 1 s on loopback, and after 3 s elsewhere', async () => {
  const near = new World();
  near.channel = null;
  near.problem = null;
  await near.clock.advance(999);
  expect(near.told).toEqual([]);
  await near.clock.advance(1);
  expect(near.events).toMatchObject([{ type: 'upstream.lost', reason: 'it did not answer within 1 s' }]);
  const far = new World({ host: '10.0.0.1' });
  far.channel = null;
  far.problem = null;
  await far.clock.advance(3_000);
  expect(far.events).toMatchObject([{ type: 'upstream.lost', reason: 'it did not answer within 3 s' }]);
});

test('while it stays silent no further channel is opened, and nothing more is told', async () => {
  const world = new World();
  world.channel = null;
  world.problem = SILENT;
  await world.clock.advance(10_000);
  expect(world.dials).toEqual([0]);
  expect(world.events).toMatchObject([{ type: 'upstream.lost', reason: 'it says nothing' }]);
  // Of another one in its place nothing is known.
  world.channel = 'ready';
  world.problem = GONE;
  await world.clock.advance(500);
  expect(world.events.slice(1)).toMatchObject([{ type: 'upstream.lost', reason: 'nothing listens there' }]);
  await world.clock.advance(500);
  expect(world.link.status.state).toBe('connected');
});

test('one that accepts and speaks something else in silence is not dialled again and again, either', async () => {
  const world = new World();
  world.channel = null;
  world.problem = { kind: 'unusable', text: 'it speaks plain text' };
  await world.clock.advance(10_000);
  expect(world.dials).toEqual([0]);
  expect(world.told).toEqual(['upstream.lost']);
});

test('the loss of a connection is told once, with what a look at the address shows', async () => {
  const world = await connected();
  world.channel = 'transient-failure';
  await world.tell('idle');
  await world.clock.advance(5_000);
  expect(world.dials.length).toBeGreaterThan(5);
  expect(world.events.slice(-1)).toMatchObject([{ type: 'upstream.lost', reason: 'nothing listens there' }]);
  expect(world.told.filter((type) => type === 'upstream.lost')).toHaveLength(1);
});

test('an agent that freezes is told to be lost once', async () => {
  const world = await connected();
  world.answerHeartbeat = async () => failure('DEADLINE_EXCEEDED');
  world.channel = null;
  world.problem = SILENT;
  await world.clock.advance(60_000);
  const lost = world.events.filter((event) => event.type === 'upstream.lost');
  expect(lost).toMatchObject([{ reason: 'it did not answer the heartbeat of game-1234 within 3 s' }]);
});

test.each<[string, ConnectionProblem | null | 'hangs']>([
  ['is there', null],
  ['is silent', SILENT],
  ['cannot be looked at in time', 'hangs'],
])(
  'where a look shows that somebody %s, the connection was lost, and that is told within 0.3 s',
  async (_, problem) => {
    const world = await connected();
    world.problem = problem;
    await world.tell('idle');
    await world.clock.advance(300);
    expect(world.events.slice(-1)).toMatchObject([
      { type: 'upstream.lost', reason: 'the connection to it was lost' },
    ]);
  },
);

test('a peer that is about to end is looked at until it has', async () => {
  const world = await connected();
  world.problem = { kind: 'unusable', text: 'it ends connections' };
  world.channel = 'transient-failure';
  await world.tell('idle');
  expect(world.told).not.toContain('upstream.lost');
  world.problem = GONE;
  await world.clock.advance(5_000);
  const lost = world.events.filter((event) => event.type === 'upstream.lost');
  expect(lost).toMatchObject([{ reason: 'nothing listens there' }]);
});

test('one that goes on like that is told as such after 0.3 s', async () => {
  const world = await connected();
  world.problem = { kind: 'unusable', text: 'it ends connections' };
  world.channel = 'transient-failure';
  await world.tell('idle');
  await world.clock.advance(299);
  expect(world.told).not.toContain('upstream.lost');
  await world.clock.advance(5_000);
  const lost = world.events.filter((event) => event.type === 'upstream.lost');
  expect(lost).toMatchObject([{ reason: 'it ends connections' }]);
});

test('a call that fails because the connection broke is not told as a refusal', async () => {
  const world = await connected();
  world.answerHeartbeat = async () => {
    void world.tell('idle');
    return failure('UNAVAILABLE');
  };
  await world.clock.advance(15_000);
  expect(world.events.slice(-1)).toMatchObject([{ type: 'upstream.lost', reason: 'nothing listens there' }]);
});

test('looks are 250 ms apart at least, and the last one is not forgotten', async () => {
  const world = await connected();
  const before = world.lists.length;
  for (let at = 0; at < 1_000; at += 10) {
    world.link.look();
    await world.clock.advance(10);
  }
  await world.clock.advance(250);
  const times = world.lists.slice(before);
  expect(times.length).toBeGreaterThanOrEqual(4);
  expect(times.length).toBeLessThanOrEqual(5);
  const gaps = times.slice(1).map((at, index) => at - (times[index] ?? 0));
  expect(Math.min(...gaps)).toBeGreaterThanOrEqual(250);
});

test.each([
  [0, 0],
  [0.5, 75],
  [0.99, 148.5],
])(
  'the first try for the port of a session that is gone comes after a random time: %d',
  async (random, at) => {
    const world = await connected({ takesPort: true }, true);
    world.random = random;
    world.channel = 'transient-failure';
    await world.tell('idle');
    await world.clock.advance(150);
    expect(world.portAsked).toEqual([at]);
  },
);

test('closing takes 3 s at most, whatever the agent does', async () => {
  const world = await connected();
  world.hangs = true;
  let isClosed = false;
  void world.link.close().then(() => {
    isClosed = true;
  });
  await world.clock.advance(2_999);
  expect(isClosed).toBe(false);
  await world.clock.advance(1);
  expect(isClosed).toBe(true);
  expect(world.told).not.toContain('upstream.drained');
  expect(world.clock.pending).toBe(0);
});

test('taking out takes 3 s at most, whatever the agent does', async () => {
  const world = await connected();
  world.hangs = true;
  let result: unknown = null;
  void world.link.takeOut('game').then((one) => {
    result = one;
  });
  await world.clock.advance(2_999);
  expect(result).toBe(null);
  await world.clock.advance(1);
  expect(result).toEqual({ outcome: 'kept', why: 'the agent did not answer in time' });
});

test.each<[string, (world: World) => Promise<void>]>([
  ['connected', async () => undefined],
  ['lost', (world) => world.tell('idle')],
])('no timer is left when it is closed while %s', async (_, arrange) => {
  const world = await connected();
  await arrange(world);
  world.link.look();
  await world.link.close();
  expect(world.clock.pending).toBe(0);
  expect(world.link.status.state).toBe('closed');
});
