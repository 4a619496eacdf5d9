import { credentials } from '@grpc/grpc-js';
import { describe, expect, test } from 'vitest';
import type { Attribute, Caller as AttributedCaller } from '../../../src/gateway/types.js';
import { LocalControlServiceClient as AgentControlClient } from '../../../src/protocol/gen/croupier/agent/local/v1/local.js';
import {
  ClientServiceClient,
  LocalControlServiceClient as SdkControlClient,
} from '../../../src/protocol/gen/croupier/sdk/v1/sdk.js';
import { VirtualClock } from '../../support/virtual-clock.js';
import { answerStream, FaultServer } from '../protocol/fault-server.js';
import { startChild, startEcho } from './fake-child.js';
import { isLeft, startFaultChild } from './fault-child.js';
import {
  Caller,
  cleanUp,
  grpcStatus,
  heartbeat,
  listLocal,
  openService,
  register,
  startGateway,
  startGeneration,
  until,
} from './harness.js';

async function openOne(attribute?: Attribute) {
  const started = await startGateway(attribute === undefined ? {} : { attribute });
  const service = openService(started.gateway);
  const { agentAddress } = await service.gate.openGeneration(1);
  return { ...started, service, gate: service.gate, agentAddress };
}

describe("at a generation's own listener", () => {
  test.each([
    ['empty', ''],
    ['the name of another service', 'shop'],
    ['random', '4f0c1d3e'],
  ])('a registration is of that generation, with a service_id that is %s', async (_what, serviceId) => {
    const { service, gate, agentAddress, gateway } = await openOne();
    openService(gateway, { name: 'shop' });
    const child = await startEcho('ok');
    expect(await register(agentAddress, child.address, { serviceId })).not.toBe('');
    await until('the supervisor is told', () => service.registered.length === 1);
    expect(service.registered).toMatchObject([{ generation: 1, functions: [{ id: 'player.ban' }] }]);
    gate.route(1);
    expect((await new Caller(gateway.address).invoke('player.ban').result).payload).toBe('ok');
    expect(gateway.externals()).toEqual([]);
  });

  test('several service_ids of one process add up', async () => {
    const { service, gate, agentAddress, gateway } = await openOne();
    const [one, two] = [await startEcho('one'), await startEcho('two')];
    await register(agentAddress, one.address, { serviceId: 'a', functions: ['f', 'shared'] });
    await register(agentAddress, two.address, { serviceId: 'b', functions: ['g', 'shared'] });
    await until('the supervisor knows all', () => service.registered.at(-1)?.functions.length === 3);
    gate.route(1);
    const caller = new Caller(gateway.address);
    expect((await caller.invoke('f').result).payload).toBe('one');
    expect((await caller.invoke('g').result).payload).toBe('two');
    // Registered twice: the later one counts.
    expect((await caller.invoke('shared').result).payload).toBe('two');
    await register(agentAddress, '', { serviceId: 'b', functions: [] });
    expect(gate.functions(1).map((one_) => one_.id)).toEqual(['f', 'shared']);
  });

  test('everything that was said of a function is kept', async () => {
    const { service, gate, agentAddress, gateway } = await openOne();
    const child = await startEcho('ok');
    const whole = {
      id: 'player.ban',
      version: '2.0.0',
      tags: ['moderation', 'player'],
      summary: 'Bans',
      description: 'Bans a player',
      operationId: 'banPlayer',
      deprecated: true,
      inputSchema: '{"type":"object"}',
      outputSchema: '{}',
      category: 'player',
      risk: 'high',
      entity: 'player',
      operation: 'ban',
    };
    await register(agentAddress, child.address, { functions: [whole] });
    await until('the supervisor is told', () => service.registered.length === 1);
    expect(service.registered[0]?.functions).toEqual([whole]);
    expect(gate.functions(1)).toEqual([whole]);
    gate.route(1);
    expect(gateway.functions()).toEqual([{ ...whole, service: 'game', generation: 1 }]);
    // Whatever changes of it is a change.
    await register(agentAddress, child.address, { functions: [{ ...whole, risk: 'low' }] });
    await until('the change is told', () => service.registered.length === 2);
    await register(gateway.address, child.address, { serviceId: 'x', functions: [whole] });
    expect(gateway.externals()[0]?.functions).toEqual([whole]);
  });

  test('the same service_id again replaces its functions', async () => {
    const { service, gate, agentAddress } = await openOne();
    const child = await startEcho('ok');
    await register(agentAddress, child.address, { functions: ['a', 'b'] });
    await until('the first set is told', () => service.registered.length === 1);
    await register(agentAddress, child.address, { functions: ['b', 'c'] });
    await until('the second set is told', () => service.registered.length === 2);
    expect(gate.functions(1).map((one) => one.id)).toEqual(['b', 'c']);
    expect(child.probes).toBe(1);
  });

  test('the same registration again tells nothing new and asks nothing again', async () => {
    const { service, agentAddress } = await openOne();
    const child = await startEcho('ok');
    await register(agentAddress, child.address);
    await until('it is told', () => service.registered.length === 1);
    await register(agentAddress, child.address);
    await register(agentAddress, child.address, { functions: ['other'] });
    await until('the change is told', () => service.registered.length === 2);
    expect(child.probes).toBe(1);
  });

  test('functions are known before the address answers; the supervisor is told after', async () => {
    const { service, gate, agentAddress } = await openOne();
    const closed = await new FaultServer(() => undefined).listen();
    await closed.close();
    await register(agentAddress, closed.address);
    expect(gate.functions(1)).toMatchObject([{ id: 'player.ban', version: '1.0.0' }]);
    expect(gate.lastRegistrationAt(1)).not.toBeNull();
    expect(service.registered).toEqual([]);
    await startEcho('ok', { port: closed.port });
    await until('the supervisor is told', () => service.registered.length === 1);
  });

  test('of several addresses all must answer', async () => {
    const { service, agentAddress } = await openOne();
    const silent = await new FaultServer(() => undefined).listen();
    cleanUp(() => silent.close());
    const child = await startEcho('ok');
    await register(agentAddress, silent.address, { serviceId: 'a', functions: ['a'] });
    await register(agentAddress, child.address, { serviceId: 'b', functions: ['b'] });
    await until('one of them answered', () => child.probes === 1);
    await register(agentAddress, '', { serviceId: 'a', functions: [] });
    await until('the rest answers', () => service.registered.length === 1);
    expect(service.registered[0]?.functions.map((one) => one.id)).toEqual(['b']);
  });

  test.each(['nonsense', '', '127.0.0.1:0', 'http://127.0.0.1:1234'])(
    'an rpc_addr of "%s" is refused in words',
    async (rpcAddr) => {
      const { agentAddress } = await openOne();
      await expect(register(agentAddress, rpcAddr)).rejects.toMatchObject({
        code: grpcStatus.INVALID_ARGUMENT,
        details: expect.stringContaining(`rpc_addr "${rpcAddr}"`),
      });
    },
  );

  test("an rpc_addr that is the gateway's own is refused: calls would never end", async () => {
    const { agentAddress, gateway } = await openOne();
    const shared = gateway.address.replace('127.0.0.1', '0.0.0.0');
    for (const rpcAddr of [gateway.address, shared, agentAddress]) {
      await expect(register(agentAddress, rpcAddr)).rejects.toMatchObject({
        code: grpcStatus.INVALID_ARGUMENT,
      });
    }
  });

  test('a wildcard is dialled on loopback', async () => {
    const { service, gate, agentAddress, gateway } = await openOne();
    const child = await startEcho('ok');
    await register(agentAddress, `[::]:${child.port}`);
    await until('it is told', () => service.registered.length === 1);
    expect(gate.addresses(1)).toEqual([child.address]);
    gate.route(1);
    expect((await new Caller(gateway.address).invoke('player.ban').result).code).toBe(grpcStatus.OK);
  });
});

describe('a supervised registration', () => {
  test('lives as long as its process, without heartbeats', async () => {
    const clock = new VirtualClock();
    const { gateway } = await startGateway({ clock });
    const service = openService(gateway);
    const child = await startEcho('ok');
    await startGeneration(service, 1, child.address);
    service.gate.route(1);
    await clock.advance(24 * 3600_000);
    expect((await new Caller(gateway.address).invoke('player.ban').result).payload).toBe('ok');
  });

  test('that comes late, from a retired generation, is answered and touches nothing', async () => {
    const { service, gate, agentAddress, gateway } = await openOne();
    const [first, second] = [await startEcho('first'), await startEcho('second')];
    await register(agentAddress, first.address);
    await until('the first is there', () => service.registered.length === 1);
    await startGeneration(service, 2, second.address);
    gate.route(2);
    gate.retire(1);
    expect(gate.functions(1)).toEqual([]);
    // What an SDK does on exit, and what one does that thinks it lost its agent.
    expect(await register(agentAddress, '', { functions: [] })).not.toBe('');
    expect(await register(agentAddress, first.address)).not.toBe('');
    await heartbeat(agentAddress, 'game', 'whatever');
    expect(gate.functions(1)).toEqual([]);
    expect(gate.functions(2)).toHaveLength(1);
    expect(service.registered).toHaveLength(2);
    expect((await new Caller(gateway.address).invoke('player.ban').result).payload).toBe('second');
  });

  test('of one generation never concerns the one beside it', async () => {
    const { service, gate, agentAddress, gateway } = await openOne();
    const [first, second] = [await startEcho('first'), await startEcho('second')];
    await register(agentAddress, first.address);
    const { agentAddress: other } = await gate.openGeneration(2);
    await register(other, second.address, { functions: ['player.ban', 'player.kick'] });
    await until('both are there', () => service.registered.length === 2);
    expect(gate.functions(1)).toHaveLength(1);
    expect(gate.functions(2)).toHaveLength(2);
    gate.route(1);
    const caller = new Caller(gateway.address);
    expect((await caller.invoke('player.ban').result).payload).toBe('first');
    gate.route(2);
    expect((await caller.invoke('player.ban').result).payload).toBe('second');
  });

  test('is forgotten with its process: the connection closes, then the listener', async () => {
    const { service, gate, agentAddress } = await openOne();
    const child = await startFaultChild(() => undefined);
    await register(agentAddress, child.address);
    await until('it is there', () => service.registered.length === 1);
    gate.retire(1);
    await until('the connection is closed', () => isLeft(child));
    await register(agentAddress, child.address);
    await gate.gone(1);
    await expect(register(agentAddress, child.address)).rejects.toMatchObject({
      code: grpcStatus.UNAVAILABLE,
    });
    expect(child.sessions).toHaveLength(1);
  });
});

describe('at the shared port', () => {
  test('whose a registration is says attribute, which is asked then and only then', async () => {
    const asked: AttributedCaller[] = [];
    const attribute: Attribute = async (caller) => {
      asked.push(caller);
      return { name: 'game', generation: 1 };
    };
    const { service, gate, gateway } = await openOne(attribute);
    const child = await startEcho('ok');
    await register(gateway.address, child.address, { serviceId: 'fixed in code' });
    await until('it is told', () => service.registered.length === 1);
    gate.route(1);
    await heartbeat(gateway.address, 'fixed in code', '');
    await new Caller(gateway.address).invoke('player.ban').result;
    const { port } = new URL(`http://${gateway.address}`);
    expect(asked).toEqual([
      {
        peer: expect.stringMatching(/^127\.0\.0\.1:\d+$/),
        localPort: Number(port),
        rpcAddress: child.address,
      },
    ]);
    expect(gateway.externals()).toEqual([]);
    expect(gate.speaks(1)).toBe(true);
  });

  test('a generation that is gone touches nothing', async () => {
    const { gate, gateway } = await openOne(async () => ({ name: 'game', generation: 1 }));
    const child = await startEcho('ok');
    gate.retire(1);
    expect(await register(gateway.address, child.address)).not.toBe('');
    expect(gate.functions(1)).toEqual([]);
    expect(gateway.externals()).toEqual([]);
  });

  test('an unknown generation touches nothing', async () => {
    const { gateway } = await openOne(async () => ({ name: 'nobody', generation: 9 }));
    const child = await startEcho('ok');
    expect(await register(gateway.address, child.address)).not.toBe('');
    expect(gateway.functions()).toEqual([]);
  });

  test('an older registration does not overtake a newer one while its owner is looked for', async () => {
    const answers: (() => void)[] = [];
    const attribute: Attribute = () => new Promise((resolve) => answers.push(() => resolve(null)));
    const { gateway } = await startGateway({ attribute });
    const child = await startEcho('ok');
    const older = register(gateway.address, child.address, { serviceId: 'x', functions: ['old'] });
    await until('the first is looked for', () => answers.length === 1);
    const newer = register(gateway.address, child.address, { serviceId: 'x', functions: ['new'] });
    const another = register(gateway.address, child.address, { serviceId: 'y', functions: ['other'] });
    await until('another service need not wait', () => answers.length === 2);
    answers[1]?.();
    await another;
    answers[0]?.();
    await older;
    await until('the second is looked for', () => answers.length === 3);
    answers[2]?.();
    await newer;
    expect(gateway.externals().map((one) => one.functions.map(({ id }) => id))).toEqual([['other'], ['new']]);
  });
});

describe('speaks', () => {
  test('is true once anything called the listener of the generation', async () => {
    const { gate, agentAddress } = await openOne();
    expect(gate.speaks(1)).toBe(false);
    await listLocal(agentAddress);
    expect(gate.speaks(1)).toBe(true);
    expect(gate.speaks(2)).toBe(false);
  });
});

describe('ListLocal', () => {
  test('shows what is routable, as it was registered', async () => {
    const { service, gate, agentAddress, gateway } = await openOne();
    const child = await startEcho('ok');
    await register(agentAddress, `0.0.0.0:${child.port}`, { serviceId: 'its own id' });
    await until('it is there', () => service.registered.length === 1);
    expect(await listLocal(gateway.address)).toEqual([]);
    gate.route(1);
    expect(await listLocal(gateway.address)).toEqual([
      {
        id: 'player.ban',
        instances: [
          {
            serviceId: 'its own id',
            addr: `0.0.0.0:${child.port}`,
            version: '1.0.0',
            lastSeen: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/),
          },
        ],
      },
    ]);
    expect(gateway.functions()).toMatchObject([{ id: 'player.ban', service: 'game', generation: 1 }]);
  });

  test("shows a generation its own registrations in place of the routed generation's", async () => {
    const { service, gate, gateway, agentAddress } = await openOne();
    const [first, second] = [await startEcho('first'), await startEcho('second')];
    await register(agentAddress, first.address);
    const { agentAddress: other } = await gate.openGeneration(2);
    await register(other, second.address, { functions: ['player.kick'] });
    await until('both are there', () => service.registered.length === 2);
    gate.route(1);
    await register(gateway.address, second.address, { serviceId: 'external', functions: ['player.ban'] });
    const addresses = async (address: string) =>
      (await listLocal(address)).map(({ id, instances }) => [id, ...instances.map((one) => one.addr)]);
    expect(await addresses(gateway.address)).toEqual([['player.ban', first.address, second.address]]);
    expect(await addresses(agentAddress)).toEqual([['player.ban', first.address, second.address]]);
    expect(await addresses(other)).toEqual([
      ['player.kick', second.address],
      ['player.ban', second.address],
    ]);
  });

  test('shows nothing of a generation that was retired', async () => {
    const { service, gate, gateway, agentAddress } = await openOne();
    const child = await startEcho('ok');
    await register(agentAddress, child.address);
    await until('it is there', () => service.registered.length === 1);
    gate.route(1);
    gate.retire(1);
    expect(await listLocal(gateway.address)).toEqual([]);
    expect(gateway.functions()).toEqual([]);
  });
});

describe('the names of the service', () => {
  test('are all served, with the same answers', async () => {
    const { gateway, agentAddress } = await openOne();
    const insecure = credentials.createInsecure();
    const clients = {
      agent: new AgentControlClient(agentAddress, insecure),
      sdk: new SdkControlClient(agentAddress, insecure),
      client: new ClientServiceClient(agentAddress, insecure),
    };
    cleanUp(() => {
      for (const client of Object.values(clients)) client.close();
    });
    const request = { serviceId: 'x', version: '1', rpcAddr: '', functions: [] };
    const sessions = await Promise.all([
      new Promise((resolve) => clients.agent.registerLocal(request, (_e, one) => resolve(one?.sessionId))),
      new Promise((resolve) => clients.sdk.registerLocal(request, (_e, one) => resolve(one?.sessionId))),
      new Promise((resolve) => clients.client.registerClient(request, (_e, one) => resolve(one?.sessionId))),
    ]);
    for (const session of sessions) expect(session).toMatch(/^[0-9a-f-]{36}$/);
    expect(new Set(sessions).size).toBe(3);
    const heartbeats = await Promise.all(
      Object.values(clients).map(
        (one) => new Promise((resolve) => one.heartbeat({ serviceId: '?', sessionId: '?' }, resolve)),
      ),
    );
    expect(heartbeats).toEqual([null, null, null]);
    const listed = await new Promise((resolve) => clients.client.listClients({}, (_e, one) => resolve(one)));
    expect(listed).toEqual({ functions: [] });
    const result = await new Promise((resolve) =>
      clients.client.getJobResult({ jobId: 'job-1' }, (error) => resolve(error?.code)),
    );
    expect(result).toBe(grpcStatus.NOT_FOUND);
    expect(gateway.externals()).toEqual([]);
  });
});

describe('which service the child serves', () => {
  test.each(['invoker', 'function', 'sdk-function'] as const)('is found out: %s alone', async (served) => {
    const { service, gate, agentAddress, gateway } = await openOne();
    const child = await startEcho(served, { services: [served] });
    await register(agentAddress, child.address);
    await until('it is told', () => service.registered.length === 1);
    gate.route(1);
    expect((await new Caller(gateway.address).invoke('player.ban').result).payload).toBe(served);
  });

  test('the first of the known order is used where several are served', async () => {
    const { service, gate, agentAddress, gateway } = await openOne();
    const child = new FaultServer((stream) => answerStream(stream, { body: Buffer.alloc(0) }));
    await child.listen();
    cleanUp(() => child.close());
    await register(agentAddress, child.address);
    await until('it is told', () => service.registered.length === 1);
    gate.route(1);
    await new Caller(gateway.address).invoke('player.ban').result;
    expect(child.streams.at(-1)?.path).toBe('/croupier.sdk.v1.InvokerService/Invoke');
  });

  test('is found over a plain HTTP/2 server that answers 404 for what it lacks', async () => {
    const { service, gate, agentAddress, gateway } = await openOne();
    const child = new FaultServer((stream) => {
      if (stream.path.startsWith('/croupier.function.v1.')) answerStream(stream, { body: Buffer.alloc(0) });
      else stream.stream.respond({ ':status': 404 }, { endStream: true });
    });
    await child.listen();
    cleanUp(() => child.close());
    await register(agentAddress, child.address);
    await until('it is told', () => service.registered.length === 1);
    gate.route(1);
    expect((await new Caller(gateway.address).invoke('player.ban').result).code).toBe(grpcStatus.OK);
    expect(child.streams.at(-1)?.path).toBe('/croupier.function.v1.FunctionService/Invoke');
  });

  test('is found where the child has no jobs at all', async () => {
    const { service, agentAddress } = await openOne();
    const child = new FaultServer((stream) => {
      if (stream.path === '/croupier.sdk.v1.FunctionService/Invoke') {
        answerStream(stream, { body: null, status: '5' });
      } else answerStream(stream, { body: null, status: '12' });
    });
    await child.listen();
    cleanUp(() => child.close());
    await register(agentAddress, child.address);
    await until('it is told', () => service.registered.length === 1);
  });

  test('none of them: the supervisor is not told, and a notice says why', async () => {
    const { service, agentAddress, notices } = await openOne();
    const child = await startChild({ services: [] });
    await register(agentAddress, child.address);
    await until('there is a notice', () => notices.length === 1);
    expect(notices[0]).toMatchObject({
      level: 'warn',
      message: expect.stringMatching(/^game: 127\.0\.0\.1:\d+ answers, but serves none of/),
    });
    expect(service.registered).toEqual([]);
  });

  test('is looked for again when the child registers again', async () => {
    const { service, agentAddress, notices } = await openOne();
    let servesNow = false;
    const child = new FaultServer((stream) =>
      answerStream(stream, servesNow ? { body: Buffer.alloc(0) } : { body: null, status: '12' }),
    );
    await child.listen();
    cleanUp(() => child.close());
    await register(agentAddress, child.address);
    await until('nothing was found', () => notices.length === 1);
    servesNow = true;
    await register(agentAddress, child.address);
    await until('it is told', () => service.registered.length === 1);
    expect(child.sessions).toHaveLength(1);
  });
});
