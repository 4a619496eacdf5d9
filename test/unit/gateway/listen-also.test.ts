import { createServer } from 'node:net';
import { credentials } from '@grpc/grpc-js';
import { describe, expect, test } from 'vitest';
import type { Caller as AttributedCaller } from '../../../src/gateway/types.js';
import {
  type DescribeResponse,
  SessionServiceClient,
} from '../../../src/protocol/gen/croupier/dev/v1/session.js';
import { startEcho } from './fake-child.js';
import {
  Caller,
  type Calling,
  cleanUp,
  DESCRIBED,
  grpcStatus,
  listLocal,
  openService,
  register,
  startGateway,
  startGeneration,
  until,
} from './harness.js';

/** A port that was free a moment ago. */
async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('no TCP address');
  await new Promise((resolve) => server.close(resolve));
  return address.port;
}

function describeSession(address: string): Promise<DescribeResponse> {
  const client = new SessionServiceClient(address, credentials.createInsecure());
  cleanUp(() => client.close());
  return new Promise((resolve, reject) => {
    client.describe({}, (error, response) => (error === null ? resolve(response) : reject(error)));
  });
}

describe('Describe', () => {
  test('says which session this is, on every shared address', async () => {
    const { gateway } = await startGateway();
    const port = await freePort();
    await gateway.listenAlso('127.0.0.1', port);
    expect(await describeSession(gateway.address)).toEqual(DESCRIBED);
    expect(await describeSession(`127.0.0.1:${port}`)).toEqual(DESCRIBED);
  });

  test("is not served on a generation's own listener", async () => {
    const { gateway } = await startGateway();
    const { agentAddress } = await openService(gateway).gate.openGeneration(1);
    await expect(describeSession(agentAddress)).rejects.toMatchObject({ code: grpcStatus.UNIMPLEMENTED });
  });
});

describe('one more address', () => {
  test('serves calls, jobs and registrations like the first', async () => {
    const { gateway } = await startGateway();
    const service = openService(gateway);
    const [own, other] = [await startEcho('own'), await startEcho('other')];
    await startGeneration(service, 1, own.address);
    service.gate.route(1);
    const port = await freePort();
    expect(await gateway.listenAlso('127.0.0.1', port)).toEqual({ ok: true, value: undefined });
    const address = `127.0.0.1:${port}`;
    expect(gateway.address).not.toBe(address);
    await register(address, other.address, { serviceId: 'x', functions: ['x'] });
    const caller = new Caller(address);
    expect((await caller.invoke('player.ban').result).payload).toBe('own');
    expect((await caller.invoke('x').result).payload).toBe('other');
    expect(await listLocal(address)).toEqual(await listLocal(gateway.address));
    const job = (await caller.startJob('player.ban').result).payload;
    expect((await new Caller(gateway.address).cancelJob(job)).code).toBe(grpcStatus.OK);
  });

  test('tells attribution the port that the caller came to', async () => {
    const asked: AttributedCaller[] = [];
    const { gateway } = await startGateway({
      attribute: async (caller) => {
        asked.push(caller);
        return null;
      },
    });
    const port = await freePort();
    await gateway.listenAlso('127.0.0.1', port);
    const child = await startEcho('ok');
    await register(gateway.address, child.address);
    await register(`127.0.0.1:${port}`, child.address);
    expect(asked.map((one) => one.localPort)).toEqual([Number(gateway.address.split(':')[1]), port]);
  });

  test("is one of the gateway's own: it cannot be registered as a child", async () => {
    const { gateway } = await startGateway();
    const { gate } = openService(gateway);
    const { agentAddress } = await gate.openGeneration(1);
    const port = await freePort();
    await gateway.listenAlso('127.0.0.1', port);
    for (const agent of [gateway.address, agentAddress]) {
      await expect(register(agent, `0.0.0.0:${port}`)).rejects.toMatchObject({
        code: grpcStatus.INVALID_ARGUMENT,
      });
    }
  });

  test('that is taken is a failure, and one that is served already is none', async () => {
    const { gateway } = await startGateway();
    const other = await startGateway();
    const [host = '', port] = other.gateway.address.split(':');
    expect(await gateway.listenAlso(host, Number(port))).toEqual({
      ok: false,
      error: { reason: 'port-in-use', port: Number(port) },
    });
    await other.gateway.close();
    expect(await gateway.listenAlso(host, Number(port))).toMatchObject({ ok: true });
    expect(await gateway.listenAlso(host, Number(port))).toMatchObject({ ok: true });
    // Only a shared address counts: a generation's own listener serves that generation alone.
    const { agentAddress } = await openService(gateway).gate.openGeneration(1);
    const [agentHost = '', agentPort] = agentAddress.split(':');
    expect(await gateway.listenAlso(agentHost, Number(agentPort))).toMatchObject({ ok: false });
    const [ownHost = '', ownPort] = gateway.address.split(':');
    expect(await gateway.listenAlso(ownHost, Number(ownPort))).toMatchObject({ ok: true });
  });

  test('that cannot be had is a failure in words', async () => {
    const { gateway } = await startGateway();
    expect(await gateway.listenAlso('192.0.2.1', await freePort())).toMatchObject({
      ok: false,
      error: { reason: 'cannot-listen' },
    });
  });

  test('closes with the gateway, and cannot be had after', async () => {
    const { gateway } = await startGateway();
    const port = await freePort();
    await gateway.listenAlso('127.0.0.1', port);
    await gateway.close();
    await expect(listLocal(`127.0.0.1:${port}`)).rejects.toMatchObject({ code: grpcStatus.UNAVAILABLE });
    expect(await gateway.listenAlso('127.0.0.1', port)).toEqual({
      ok: false,
      error: { reason: 'cannot-listen', message: 'the gateway is closed' },
    });
    const next = await startGateway();
    expect(await next.gateway.listenAlso('127.0.0.1', port)).toMatchObject({ ok: true });
  });

  test('that is being opened while the gateway closes is not left behind', async () => {
    const { gateway } = await startGateway();
    const port = await freePort();
    const opening = gateway.listenAlso('127.0.0.1', port);
    await gateway.close();
    expect(await opening).toMatchObject({ ok: false });
    const next = await startGateway();
    expect(await next.gateway.listenAlso('127.0.0.1', port)).toMatchObject({ ok: true });
  });
});

test('when the session on an address ends, another one serves its callers there', async () => {
  const [first, second] = [await startGateway(), await startGateway()];
  const [host = '', port] = first.gateway.address.split(':');
  const service = openService(second.gateway);
  const child = await startEcho('second');
  await startGeneration(service, 1, child.address);
  service.gate.route(1);
  const caller = new Caller(first.gateway.address);
  expect((await caller.invoke('player.ban').result).code).toBe(grpcStatus.NOT_FOUND);
  await first.gateway.close();
  expect(await second.gateway.listenAlso(host, Number(port))).toMatchObject({ ok: true });
  let asking: Calling | null = null;
  let payload = '';
  await until('the caller is answered', () => {
    if (asking === null || asking.isOver()) {
      asking = caller.invoke('player.ban');
      void asking.result.then((answer) => {
        payload = answer.payload;
      });
    }
    return payload === 'second';
  });
});
