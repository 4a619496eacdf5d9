import { describe, expect, test } from 'vitest';
import { DEFAULT_HOLD } from '../../../src/config/types.js';
import { VirtualClock } from '../../support/virtual-clock.js';
import { answerStream } from '../protocol/fault-server.js';
import { startChild, startEcho } from './fake-child.js';
import { callsAt, isLeft, startFaultChild } from './fault-child.js';
import {
  Caller,
  describeFunction,
  grpcStatus,
  heartbeat,
  listLocal,
  openService,
  reasonOf,
  register,
  startGateway,
  startGeneration,
  until,
} from './harness.js';

async function start() {
  const clock = new VirtualClock();
  const started = await startGateway({ clock });
  return { ...started, clock, address: started.gateway.address, caller: new Caller(started.gateway.address) };
}

/** Calls are taken in the order in which they come on a connection: what was sent before this has arrived when it resolves. */
async function roundTrip(caller: Caller): Promise<void> {
  expect((await caller.invoke('nobody.has.this').result).code).toBe(grpcStatus.NOT_FOUND);
}

test('an external service is called as soon as its address answers; until then calls wait', async () => {
  const { gateway, address, caller, externalChanges } = await start();
  const child = await startEcho('external');
  expect(await register(address, child.address, { serviceId: 'x', version: '2.0.0' })).toMatch(
    /^[0-9a-f-]{36}$/,
  );
  expect((await caller.invoke('player.ban').result).payload).toBe('external');
  const summary = {
    serviceId: 'x',
    version: '2.0.0',
    rpcAddress: child.address,
    functions: [describeFunction('player.ban')],
  };
  expect(gateway.externals()).toEqual([summary]);
  expect(gateway.functions()).toMatchObject([{ id: 'player.ban', service: 'x', generation: null }]);
  expect(externalChanges).toEqual([{ change: 'registered', service: summary }]);
});

describe('heartbeats', () => {
  test('keep it for 90 s each; without them it is taken out, with a notice', async () => {
    const { gateway, address, caller, clock, notices, externalChanges } = await start();
    const child = await startEcho('ok');
    const sessionId = await register(address, child.address, { serviceId: 'x' });
    await clock.advance(80_000);
    await heartbeat(address, 'x', '');
    await clock.advance(80_000);
    // Some SDKs have no stable service_id; then the session tells.
    await heartbeat(address, 'changed', sessionId);
    await clock.advance(89_999);
    expect((await caller.invoke('player.ban').result).code).toBe(grpcStatus.OK);
    await clock.advance(1);
    expect(gateway.externals()).toEqual([]);
    expect((await caller.invoke('player.ban').result).code).toBe(grpcStatus.NOT_FOUND);
    expect(notices).toEqual([{ level: 'warn', message: 'x sent no heartbeat for 90 s and was taken out' }]);
    expect(externalChanges.at(-1)?.change).toBe('removed');
  });

  test('of an unknown service are answered OK', async () => {
    const { address, gateway } = await start();
    await heartbeat(address, 'nobody', 'nothing');
    expect(gateway.externals()).toEqual([]);
  });
});

test('the same service_id replaces; an empty list takes it out', async () => {
  const { gateway, address, caller, clock } = await start();
  const [first, second] = [await startEcho('first'), await startEcho('second')];
  await register(address, first.address, { serviceId: 'x', functions: ['a', 'b'] });
  expect((await caller.invoke('a').result).payload).toBe('first');
  await register(address, second.address, { serviceId: 'x', functions: ['a'] });
  expect((await caller.invoke('a').result).payload).toBe('second');
  expect((await caller.invoke('b').result).code).toBe(grpcStatus.NOT_FOUND);
  await register(address, '', { serviceId: 'x', functions: [] });
  expect(gateway.externals()).toEqual([]);
  const waiting = caller.invoke('a');
  await roundTrip(caller);
  await clock.advance(DEFAULT_HOLD.timeout);
  expect((await waiting.result).code).toBe(grpcStatus.NOT_FOUND);
  expect((await caller.invoke('a').result).code).toBe(grpcStatus.NOT_FOUND);
});

test('a service_id that registers again with another address moves at once, without a failed call', async () => {
  const { address, caller } = await start();
  let [current, next] = [await startEcho('0'), await startEcho('1')];
  await register(address, current.address, { serviceId: 'x' });
  expect((await caller.invoke('player.ban').result).payload).toBe('0');
  const answers: Promise<{ readonly code: number }>[] = [];
  let isOver = false;
  const load = (async () => {
    // A call at every turn, so that some are under way at every moment of a move.
    while (!isOver) {
      answers.push(caller.invoke('player.ban').result);
      await new Promise((resolve) => setTimeout(resolve, 1));
    }
  })();
  for (let move = 1; move <= 10; move++) {
    await register(address, next.address, { serviceId: 'x' });
    expect((await caller.invoke('player.ban').result).payload).toBe(`${move}`);
    // As a process ends that is told to: what is under way may finish.
    await current.stop();
    [current, next] = [next, await startEcho(`${move + 1}`)];
  }
  isOver = true;
  await load;
  const codes = new Set((await Promise.all(answers)).map(({ code }) => code));
  expect(codes).toEqual(new Set([grpcStatus.OK]));
});

test('calls for a service that took itself out wait until it is back', async () => {
  const { gateway, address, caller } = await start();
  const [first, second] = [await startEcho('first'), await startEcho('second')];
  await register(address, first.address, { serviceId: 'x', functions: ['a', 'b'] });
  expect((await caller.invoke('a').result).payload).toBe('first');
  await register(address, '', { serviceId: 'x', functions: [] });
  await heartbeat(address, 'x', 'late');
  expect(gateway.externals()).toEqual([]);
  expect(await listLocal(address)).toEqual([]);
  expect(gateway.functions()).toEqual([]);
  expect(gateway.calls.serviceIds('a')).toEqual([]);
  const [waiting, gone] = [caller.invoke('a'), caller.invoke('b')];
  let ended = false;
  void Promise.race([waiting.result, gone.result]).then(() => {
    ended = true;
  });
  await roundTrip(caller);
  expect(ended).toBe(false);
  await register(address, second.address, { serviceId: 'x', functions: ['a'] });
  expect((await waiting.result).payload).toBe('second');
  expect((await gone.result).code).toBe(grpcStatus.NOT_FOUND);
});

test('a service that took itself out is not waited for where another serves the function', async () => {
  const { address, caller } = await start();
  const [leaving, staying] = [await startEcho('leaving'), await startEcho('staying')];
  await register(address, staying.address, { serviceId: 'y' });
  expect((await caller.invoke('player.ban').result).payload).toBe('staying');
  await register(address, leaving.address, { serviceId: 'x' });
  await register(address, '', { serviceId: 'x', functions: [] });
  expect((await caller.invoke('player.ban').result).payload).toBe('staying');
});

test('calls under way on a service that was taken out still end', async () => {
  const { address, caller } = await start();
  const child = await startFaultChild(() => undefined);
  await register(address, child.address, { serviceId: 'x' });
  const call = caller.invoke('player.ban');
  await until('it arrived', () => callsAt(child).length === 1);
  await register(address, '', { serviceId: 'x', functions: [] });
  expect(isLeft(child)).toBe(false);
  for (const one of callsAt(child)) answerStream(one, { body: Buffer.alloc(0) });
  expect((await call.result).code).toBe(grpcStatus.OK);
  await until('the connection is closed', () => isLeft(child));
});

test('several with the same function are used in turn, those that cannot be reached are passed over', async () => {
  const { address, caller } = await start();
  const children = await Promise.all(['a', 'b', 'c'].map((name) => startEcho(name)));
  const answers = async (count: number): Promise<readonly string[]> => {
    const payloads: string[] = [];
    for (let index = 0; index < count; index++)
      payloads.push((await caller.invoke('player.ban').result).payload);
    return payloads;
  };
  for (const [index, child] of children.entries()) {
    await register(address, child.address, { serviceId: `x${index}` });
    // Its own function: answered only once the address did.
    await register(address, child.address, { serviceId: `y${index}`, functions: [`only.${index}`] });
    await caller.invoke(`only.${index}`).result;
  }
  await until('all three answer', () => children.every((child) => child.probes === 2));
  await answers(3);
  expect(new Set(await answers(3)).size).toBe(3);
  const [first, second, third] = await answers(3);
  expect(await answers(3)).toEqual([first, second, third]);
  await children[1]?.stop();
  expect(new Set(await answers(4))).toEqual(new Set(['a', 'c']));
});

test('a supervised service wins over an external one with the same function', async () => {
  const { gateway, address, caller } = await start();
  const [external, own] = [await startEcho('external'), await startEcho('own')];
  await register(address, external.address, { serviceId: 'x' });
  expect((await caller.invoke('player.ban').result).payload).toBe('external');
  const service = openService(gateway);
  await startGeneration(service, 1, own.address);
  service.gate.route(1);
  expect((await caller.invoke('player.ban').result).payload).toBe('own');
});

describe('when the connection of an external service breaks', () => {
  test('its calls wait until it registers again', async () => {
    const { address, caller } = await start();
    const [first, second] = [await startEcho('first'), await startEcho('second')];
    await register(address, first.address, { serviceId: 'x' });
    await caller.invoke('player.ban').result;
    await first.stop();
    const call = caller.invoke('player.ban');
    await register(address, second.address, { serviceId: 'x' });
    expect((await call.result).payload).toBe('second');
  });

  test('they wait within the limits of holding', async () => {
    const { address, caller, clock } = await start();
    const first = await startEcho('first');
    await register(address, first.address, { serviceId: 'x' });
    await caller.invoke('player.ban').result;
    await first.stop();
    const call = caller.invoke('player.ban');
    // The call must have arrived before the time is moved on; over the same connection, this one comes after it.
    await caller.invoke('unknown').result;
    await clock.advance(29_999);
    expect(call.isOver()).toBe(false);
    await clock.advance(1);
    const answer = await call.result;
    expect([reasonOf(answer), answer.trailers.get('croupier-generation')]).toEqual(['hold-timeout', []]);
  });

  test('calls under way are lost', async () => {
    const { address, caller } = await start();
    const child = await startChild();
    await register(address, child.address, { serviceId: 'x' });
    const call = caller.invoke('player.ban', { idempotencyKey: 'once' });
    await until('it arrived', () => child.calls.length === 1);
    child.kill();
    expect(reasonOf(await call.result)).toBe('child-lost');
  });
});
