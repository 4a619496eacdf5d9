import { describe, expect, test } from 'vitest';
import { DEFAULT_HOLD } from '../../../src/config/types.js';
import { VirtualClock } from '../../support/virtual-clock.js';
import { startChild, startEcho } from './fake-child.js';
import {
  Caller,
  type Calling,
  generationOf,
  grpcStatus,
  openService,
  reasonOf,
  register,
  startGateway,
  startGeneration,
  until,
} from './harness.js';

describe('before the first route', () => {
  test('calls wait; then the routed generation answers them', async () => {
    const { gateway } = await startGateway();
    const service = openService(gateway);
    const { gate } = service;
    const child = await startEcho('first');
    const caller = new Caller(gateway.address);
    const call = caller.invoke('player.ban');
    await until('the call is held', () => gate.held() === 1);
    await startGeneration(service, 1, child.address);
    expect(call.isOver()).toBe(false);
    expect(child.calls).toHaveLength(0);
    gate.route(1);
    expect((await call.result).payload).toBe('first');
    expect(gate.counters()).toEqual({ held: 1, drained: 0, replayed: 0, lost: 0, answered: 1 });
    expect(gate.held()).toBe(0);
  });

  test('a routed generation that has not registered yet: its calls wait for the registration', async () => {
    const { gateway } = await startGateway();
    const { gate } = openService(gateway);
    const child = await startEcho('late');
    const { agentAddress } = await gate.openGeneration(1);
    gate.route(1);
    await register(agentAddress, child.address);
    expect((await new Caller(gateway.address).invoke('player.ban').result).payload).toBe('late');
  });
});

describe('the order', () => {
  test('of held calls is kept on release, whoever made them', async () => {
    const { gateway } = await startGateway();
    const service = openService(gateway);
    const child = await startEcho('ok');
    await startGeneration(service, 1, child.address);
    const callers = [new Caller(gateway.address), new Caller(gateway.address)] as const;
    const calls: Calling[] = [];
    for (let index = 0; index < 50; index++) {
      // Alternating callers: each waits until the other's call is there.
      const caller = callers[index % 2 === 0 ? 0 : 1];
      calls.push(caller.invoke('player.ban', { payload: `${index}` }));
      await until('the call is held', () => service.gate.held() === index + 1);
    }
    service.gate.route(1);
    await Promise.all(calls.map((call) => call.result));
    expect(child.payloads).toEqual(Array.from({ length: 50 }, (_, index) => `${index}`));
  });

  test('of one connection is kept where calls come in faster than they are taken', async () => {
    const { gateway } = await startGateway();
    const service = openService(gateway);
    const child = await startChild({
      maxStreams: 3,
      invoke: (call) => setImmediate(() => call.answer('ok')),
    });
    await startGeneration(service, 1, child.address);
    service.gate.route(1);
    const caller = new Caller(gateway.address);
    const calls = Array.from({ length: 60 }, (_, index) =>
      caller.invoke('player.ban', { payload: `${index}` }),
    );
    const codes = (await Promise.all(calls.map((call) => call.result))).map((one) => one.code);
    expect(new Set(codes)).toEqual(new Set([grpcStatus.OK]));
    expect(child.payloads).toEqual(Array.from({ length: 60 }, (_, index) => `${index}`));
  });
});

describe('a hold', () => {
  test('of all keeps calls and jobs; route sends them on', async () => {
    const { gateway } = await startGateway();
    const service = openService(gateway);
    const child = await startEcho('ok');
    await startGeneration(service, 1, child.address);
    service.gate.route(1);
    service.gate.hold('all');
    const caller = new Caller(gateway.address);
    const [call, job] = [caller.invoke('player.ban'), caller.startJob('player.ban')];
    await until('both wait', () => service.gate.held() === 2);
    expect(child.calls).toHaveLength(0);
    service.gate.route(1);
    expect((await call.result).code).toBe(grpcStatus.OK);
    expect((await job.result).code).toBe(grpcStatus.OK);
  });

  test('of jobs lets calls pass', async () => {
    const { gateway } = await startGateway();
    const service = openService(gateway);
    const child = await startEcho('ok');
    await startGeneration(service, 1, child.address);
    service.gate.route(1);
    service.gate.hold('jobs');
    const caller = new Caller(gateway.address);
    const job = caller.startJob('player.ban');
    await until('the job waits', () => service.gate.held() === 1);
    expect((await caller.invoke('player.ban').result).payload).toBe('ok');
    expect(child.started).toHaveLength(0);
    service.gate.route(1);
    expect((await job.result).code).toBe(grpcStatus.OK);
  });

  test('does not concern what a generation calls through its own listener, as long as it lives', async () => {
    const { gateway } = await startGateway();
    const service = openService(gateway);
    const child = await startEcho('inner');
    const agentAddress = await startGeneration(service, 1, child.address);
    service.gate.route(1);
    service.gate.hold('all');
    const outside = new Caller(gateway.address).invoke('player.ban');
    await until('the call from outside waits', () => service.gate.held() === 1);
    const inside = new Caller(agentAddress);
    expect((await inside.invoke('player.ban').result).payload).toBe('inner');
    expect((await inside.startJob('player.ban').result).code).toBe(grpcStatus.OK);
    expect(outside.isOver()).toBe(false);
    service.gate.retire(1);
    const late = inside.invoke('player.ban');
    await until('after its end its own calls wait as well', () => service.gate.held() === 2);
    late.cancel();
  });

  test('of one service does not concern another', async () => {
    const { gateway } = await startGateway();
    const game = openService(gateway, { name: 'game' });
    const shop = openService(gateway, { name: 'shop' });
    const child = await startEcho('shop');
    await startGeneration(shop, 1, child.address, { functions: ['shop.buy'] });
    shop.gate.route(1);
    game.gate.hold('all');
    expect((await new Caller(gateway.address).invoke('shop.buy').result).payload).toBe('shop');
    expect(shop.gate.counters().held).toBe(0);
  });
});

describe('the limits', () => {
  test('of number: the call too many is answered at once, in words and in metadata', async () => {
    const { gateway } = await startGateway();
    const { gate } = openService(gateway, { hold: { ...DEFAULT_HOLD, calls: 2 } });
    await gate.openGeneration(7);
    const caller = new Caller(gateway.address);
    const waiting = [caller.invoke('a'), caller.invoke('b')];
    await until('two calls wait', () => gate.held() === 2);
    const refused = await caller.invoke('c').result;
    expect(refused.code).toBe(grpcStatus.UNAVAILABLE);
    expect(refused.message).toContain('hold-queue-full: game is not ready yet');
    expect([reasonOf(refused), generationOf(refused)]).toEqual(['hold-queue-full', '7']);
    expect(waiting.map((call) => call.isOver())).toEqual([false, false]);
    expect(gate.counters()).toMatchObject({ held: 2, lost: 1, answered: 1 });
    for (const call of waiting) call.cancel();
  });

  test('of bytes', async () => {
    const { gateway } = await startGateway();
    const { gate } = openService(gateway, { hold: { ...DEFAULT_HOLD, bytes: 10_000 } });
    const caller = new Caller(gateway.address);
    const large = { payload: Buffer.alloc(6000) };
    const waiting = caller.invoke('a', large);
    await until('the first waits', () => gate.held() === 1);
    expect(reasonOf(await caller.invoke('a', large).result)).toBe('hold-queue-full');
    const small = caller.invoke('a', { payload: Buffer.alloc(1000) });
    await until('a small one still finds room', () => gate.held() === 2);
    for (const call of [waiting, small]) call.cancel();
  });

  test('of time: after the configured time the call is answered hold-timeout', async () => {
    const clock = new VirtualClock();
    const { gateway } = await startGateway({ clock });
    const { gate } = openService(gateway);
    const call = new Caller(gateway.address).invoke('player.ban');
    await until('the call is held', () => gate.held() === 1);
    await clock.advance(29_999);
    expect(gate.held()).toBe(1);
    await clock.advance(1);
    const answer = await call.result;
    expect(answer.code).toBe(grpcStatus.UNAVAILABLE);
    expect(answer.message).toMatch(/^hold-timeout: /);
    expect(reasonOf(answer)).toBe('hold-timeout');
    expect(gate.counters()).toMatchObject({ held: 1, lost: 1 });
  });

  test("of the caller: the answer comes 100 ms before the caller's deadline", async () => {
    const clock = new VirtualClock();
    const { gateway } = await startGateway({ clock });
    const { gate } = openService(gateway);
    const call = new Caller(gateway.address).invoke('player.ban', { deadlineMs: 15_000 });
    await until('the call is held', () => gate.held() === 1);
    await clock.advance(14_000);
    expect(gate.held()).toBe(1);
    await clock.advance(900);
    expect(reasonOf(await call.result)).toBe('hold-timeout');
  });

  test('a call whose deadline is less than 100 ms away is not held at all', async () => {
    // The clock stands still, so that only the deadline at arrival counts.
    const { gateway } = await startGateway({ clock: new VirtualClock() });
    const { gate } = openService(gateway);
    const answer = await new Caller(gateway.address).invoke('player.ban', { deadlineMs: 95 }).result;
    expect(gate.counters().held).toBe(0);
    // On a machine that stalls, the caller's own deadline can come first.
    if (answer.code !== grpcStatus.DEADLINE_EXCEEDED) expect(reasonOf(answer)).toBe('hold-timeout');
  });
});

describe('a caller that goes away', () => {
  test('leaves the queue and is never dispatched', async () => {
    const { gateway } = await startGateway();
    const service = openService(gateway);
    const child = await startEcho('ok');
    await startGeneration(service, 1, child.address);
    const caller = new Caller(gateway.address);
    const gone = caller.invoke('player.ban', { payload: 'gone' });
    await until('the first waits', () => service.gate.held() === 1);
    const stays = caller.invoke('player.ban', { payload: 'stays' });
    await until('both wait', () => service.gate.held() === 2);
    gone.cancel();
    await until('one left', () => service.gate.held() === 1);
    service.gate.route(1);
    await stays.result;
    expect(child.payloads).toEqual(['stays']);
    expect(service.gate.counters()).toMatchObject({ lost: 0, answered: 1 });
  });

  test('is not counted as lost when its own deadline passed', async () => {
    const { gateway } = await startGateway();
    const service = openService(gateway);
    const child = await startChild();
    await startGeneration(service, 1, child.address);
    service.gate.route(1);
    const answer = await new Caller(gateway.address).invoke('player.ban', { deadlineMs: 150 }).result;
    expect(answer.code).toBe(grpcStatus.DEADLINE_EXCEEDED);
    await until('nothing is under way', () => service.gate.inFlight(1).calls === 0);
    expect(service.gate.counters()).toMatchObject({ lost: 0, answered: 0 });
  });
});

describe('a failed start', () => {
  test('answers everything held at once, and everything that comes after', async () => {
    const { gateway } = await startGateway();
    const { gate } = openService(gateway);
    await gate.openGeneration(1);
    const caller = new Caller(gateway.address);
    const held = caller.invoke('player.ban');
    await until('the call is held', () => gate.held() === 1);
    gate.fail('generation-failed', 'the process exited with code 1');
    const answer = await held.result;
    expect(answer.code).toBe(grpcStatus.UNAVAILABLE);
    expect(answer.message).toBe('generation-failed: the process exited with code 1');
    expect([reasonOf(answer), generationOf(answer)]).toEqual(['generation-failed', '1']);
    expect(reasonOf(await caller.invoke('player.ban').result)).toBe('generation-failed');
    expect(reasonOf(await caller.startJob('player.ban').result)).toBe('generation-failed');
    expect(gate.counters()).toMatchObject({ held: 1, lost: 3, answered: 3 });
  });

  test('is over with the next hold or route', async () => {
    const { gateway } = await startGateway();
    const service = openService(gateway);
    const child = await startEcho('fixed');
    const caller = new Caller(gateway.address);
    service.gate.fail('generation-failed', 'broken');
    expect(reasonOf(await caller.invoke('player.ban').result)).toBe('generation-failed');
    service.gate.hold('all');
    const call = caller.invoke('player.ban');
    await until('calls are held again', () => service.gate.held() === 1);
    await startGeneration(service, 2, child.address);
    service.gate.route(2);
    expect((await call.result).payload).toBe('fixed');
  });

  test('after the service was active concerns only its functions', async () => {
    const { gateway } = await startGateway();
    const service = openService(gateway);
    const child = await startEcho('ok');
    await startGeneration(service, 1, child.address);
    service.gate.route(1);
    service.gate.retire(1);
    service.gate.fail('generation-failed', 'broken');
    const caller = new Caller(gateway.address);
    expect(reasonOf(await caller.invoke('player.ban').result)).toBe('generation-failed');
    const unknown = await caller.invoke('other.function').result;
    expect([unknown.code, reasonOf(unknown)]).toEqual([grpcStatus.NOT_FOUND, null]);
  });
});

describe('an unknown function', () => {
  test('waits for whichever service is still starting, and is found where it turns up', async () => {
    const { gateway } = await startGateway();
    const [game, shop] = [openService(gateway, { name: 'game' }), openService(gateway, { name: 'shop' })];
    const [first, second] = [await startEcho('game'), await startEcho('shop')];
    const call = new Caller(gateway.address).invoke('shop.buy');
    await until('it waits for the first', () => game.gate.held() === 1);
    await startGeneration(game, 1, first.address, { functions: ['game.play'] });
    game.gate.route(1);
    expect([game.gate.held(), shop.gate.held()]).toEqual([0, 1]);
    await startGeneration(shop, 1, second.address, { functions: ['shop.buy'] });
    shop.gate.route(1);
    expect((await call.result).payload).toBe('shop');
    expect(second.calls).toHaveLength(1);
  });

  test('is NOT_FOUND, with the nearest one that is registered', async () => {
    const { gateway } = await startGateway();
    const service = openService(gateway);
    const child = await startEcho('ok');
    await startGeneration(service, 1, child.address);
    service.gate.route(1);
    const caller = new Caller(gateway.address);
    expect(await caller.invoke('player.bna').result).toMatchObject({
      code: grpcStatus.NOT_FOUND,
      message: 'no service has registered the function "player.bna"; did you mean "player.ban"?',
    });
    expect(await caller.invoke('match.start').result).toMatchObject({
      code: grpcStatus.NOT_FOUND,
      message: 'no service has registered the function "match.start"',
    });
    expect(service.gate.counters().held).toBe(0);
  });

  test('without a name is INVALID_ARGUMENT and never held', async () => {
    const { gateway } = await startGateway();
    openService(gateway);
    expect((await new Caller(gateway.address).invoke('').result).code).toBe(grpcStatus.INVALID_ARGUMENT);
  });

  test('that only the former generation had is NOT_FOUND', async () => {
    const { gateway } = await startGateway();
    const service = openService(gateway);
    const child = await startEcho('ok');
    await startGeneration(service, 1, child.address, { functions: ['a', 'b'] });
    service.gate.route(1);
    await startGeneration(service, 2, child.address, { functions: ['a'] });
    service.gate.route(2);
    const caller = new Caller(gateway.address);
    expect((await caller.invoke('b').result).code).toBe(grpcStatus.NOT_FOUND);
    expect((await caller.invoke('a').result).code).toBe(grpcStatus.OK);
  });
});

describe('while the routed generation cannot be called', () => {
  test('calls wait until its connection is back', async () => {
    const { gateway } = await startGateway();
    const service = openService(gateway);
    const first = await startEcho('before');
    await startGeneration(service, 1, first.address);
    service.gate.route(1);
    const caller = new Caller(gateway.address);
    await caller.invoke('player.ban').result;
    // Ended in order: once that is over, the gateway knows that the connection is closed.
    await first.stop();
    const { port } = first;
    const call = caller.invoke('player.ban');
    await until('the call waits', () => service.gate.held() === 1);
    await startEcho('after', { port });
    expect((await call.result).payload).toBe('after');
    expect(service.gate.counters()).toMatchObject({ lost: 0 });
  });

  test('because its process is gone, calls wait for its successor', async () => {
    const { gateway } = await startGateway();
    const service = openService(gateway);
    const [first, second] = [await startEcho('first'), await startEcho('second')];
    await startGeneration(service, 1, first.address);
    service.gate.route(1);
    first.kill();
    await service.gate.gone(1);
    const call = new Caller(gateway.address).invoke('player.ban');
    await until('the call waits', () => service.gate.held() === 1);
    await startGeneration(service, 2, second.address);
    service.gate.route(2);
    expect((await call.result).payload).toBe('second');
  });

  test('because it took itself out before it exits, calls wait as well', async () => {
    const { gateway } = await startGateway();
    const service = openService(gateway);
    const child = await startEcho('ok');
    const agentAddress = await startGeneration(service, 1, child.address);
    service.gate.route(1);
    await register(agentAddress, '', { functions: [] });
    expect(service.gate.functions(1)).toEqual([]);
    const call = new Caller(gateway.address).invoke('player.ban');
    await until('the call waits', () => service.gate.held() === 1);
    await register(agentAddress, child.address);
    expect((await call.result).code).toBe(grpcStatus.OK);
  });
});

test('closing answers what is held and what is under way', async () => {
  const { gateway } = await startGateway();
  const service = openService(gateway);
  const child = await startChild();
  await startGeneration(service, 1, child.address, { functions: ['slow'] });
  service.gate.route(1);
  const held = openService(gateway, { name: 'shop' });
  const caller = new Caller(gateway.address);
  const calls = [caller.invoke('slow'), caller.invoke('shop.buy')];
  await until('one is under way and one held', () => child.calls.length === 1 && held.gate.held() === 1);
  await gateway.close();
  for (const call of calls) expect((await call.result).code).toBe(grpcStatus.UNAVAILABLE);
});
