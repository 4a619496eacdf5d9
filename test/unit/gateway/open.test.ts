import { createServer } from 'node:net';
import { describe, expect, test } from 'vitest';
import { systemClock } from '../../../src/core/clock.js';
import { openGateway } from '../../../src/gateway/gateway.js';
import { answerStream, type FaultStream } from '../protocol/fault-server.js';
import { startEcho } from './fake-child.js';
import { isLeft, startFaultChild } from './fault-child.js';
import {
  Caller,
  cleanUp,
  DESCRIBED,
  openService,
  register,
  startGateway,
  startGeneration,
  until,
} from './harness.js';

/** Takes a port that has a free one above it. */
async function takePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  cleanUp(() => new Promise((resolve) => server.close(resolve)));
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('no TCP address');
  return address.port;
}

function open(options: { readonly host?: string; readonly port: number; readonly portIsFixed: boolean }) {
  return openGateway({
    host: '127.0.0.1',
    clock: systemClock,
    attribute: async () => null,
    tls: null,
    childTls: null,
    describe: () => DESCRIBED,
    onNotice: () => undefined,
    ...options,
  });
}

describe('the port', () => {
  test('that was asked for is taken', async () => {
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const address = server.address();
    if (address === null || typeof address === 'string') throw new Error('no TCP address');
    await new Promise((resolve) => server.close(resolve));
    const opened = await open({ port: address.port, portIsFixed: true });
    if (!opened.ok) throw new Error(JSON.stringify(opened.error));
    expect(opened.value.address).toBe(`127.0.0.1:${address.port}`);
    await opened.value.close();
  });

  test('that was asked for and is in use is a failure', async () => {
    const port = await takePort();
    expect(await open({ port, portIsFixed: true })).toEqual({
      ok: false,
      error: { reason: 'port-in-use', port },
    });
  });

  test('that is only the default moves to one of the next', async () => {
    const port = await takePort();
    const opened = await open({ port, portIsFixed: false });
    if (!opened.ok) throw new Error(JSON.stringify(opened.error));
    cleanUp(() => opened.value.close());
    const taken = Number(opened.value.address.split(':')[1]);
    expect(taken).toBeGreaterThan(port);
    expect(taken).toBeLessThanOrEqual(port + 50);
  });

  test('on a host that is not of this machine is a failure in words', async () => {
    const opened = await open({ host: '192.0.2.1', port: 0, portIsFixed: true });
    expect(opened).toMatchObject({ ok: false, error: { reason: 'cannot-listen' } });
  });
});

describe('closing', () => {
  test('frees the ports and ends every connection', async () => {
    const { gateway } = await startGateway();
    const service = openService(gateway);
    const answer = (stream: FaultStream): void => answerStream(stream, { body: Buffer.alloc(0) });
    const child = await startFaultChild(answer);
    const agentAddress = await startGeneration(service, 1, child.address);
    const external = await startFaultChild(answer);
    await register(gateway.address, external.address, { serviceId: 'x', functions: ['x'] });
    service.gate.route(1);
    await new Caller(gateway.address).invoke('x').result;
    await gateway.close();
    await gateway.close();
    for (const address of [gateway.address, agentAddress]) {
      await expect(register(address, child.address)).rejects.toBeDefined();
    }
    await until('every connection is closed', () => isLeft(child) && isLeft(external));
  });

  test('ends running jobs for those who read them', async () => {
    const { gateway } = await startGateway();
    const service = openService(gateway);
    const child = await startEcho('ok');
    await startGeneration(service, 1, child.address);
    service.gate.route(1);
    const caller = new Caller(gateway.address);
    const reading = caller.streamJob((await caller.startJob('player.ban').result).payload);
    await until('the job runs', () => child.streams.length === 1);
    child.streams[0]?.write({ type: 'started', message: '', progress: 0, payload: Buffer.alloc(0) });
    await until('it is read', () => reading.events.length === 1);
    await gateway.close();
    await reading.ended;
    expect(reading.events[1]).toMatchObject({ type: 'error', message: 'child-lost: the gateway is closing' });
  });

  test('a generation cannot be opened afterwards', async () => {
    const { gateway } = await startGateway();
    const { gate } = openService(gateway);
    await gateway.close();
    await expect(gate.openGeneration(1)).rejects.toThrow('closed');
  });
});

test('a service, and a generation of it, is opened once', async () => {
  const { gateway } = await startGateway();
  const { gate } = openService(gateway);
  await gate.openGeneration(1);
  await expect(gate.openGeneration(1)).rejects.toThrow('open already');
  expect(() => openService(gateway)).toThrow('open already');
  expect(() => gate.route(2)).toThrow('never opened');
});

test('a whole reload, stop-first: nothing is lost and everything is answered in order', async () => {
  const { gateway } = await startGateway();
  const service = openService(gateway);
  const { gate } = service;
  const first = await startEcho('first');
  await startGeneration(service, 1, first.address);
  gate.route(1);
  const caller = new Caller(gateway.address);
  const before = gate.counters();
  const running = (await caller.startJob('player.ban').result).payload;
  await until('the job runs', () => first.streams.length === 1);

  gate.hold('jobs');
  const drainedJobs = gate.drain(1, 'jobs', 30_000);
  const heldJob = caller.startJob('player.ban');
  expect((await caller.invoke('player.ban').result).payload).toBe('first');
  first.streams[0]?.write({ type: 'done', message: '', progress: 100, payload: Buffer.alloc(0) });
  first.streams[0]?.end();
  expect(await drainedJobs).toMatchObject({ complete: true });

  gate.hold('all');
  const held = [caller.invoke('player.ban', { payload: '1' }), caller.invoke('player.ban', { payload: '2' })];
  expect(await gate.drain(1, 'calls', 10_000)).toMatchObject({ complete: true });
  await until('all wait', () => gate.held() === 3);
  gate.retire(1);
  await first.stop();
  await gate.gone(1);

  const second = await startEcho('second');
  await startGeneration(service, 2, second.address);
  expect(second.calls).toHaveLength(0);
  gate.route(2);
  for (const call of held) expect((await call.result).payload).toBe('second');
  expect(second.payloads).toEqual(['1', '2']);
  expect((await heldJob.result).payload).toMatch(/^job-/);
  const reading = caller.streamJob(running);
  await reading.ended;
  expect(reading.types).toEqual(['done']);
  const after = gate.counters();
  expect({ held: after.held - before.held, lost: after.lost - before.lost }).toEqual({ held: 3, lost: 0 });
});
