import { expect, test } from 'vitest';
import { startChild } from './fake-child.js';
import {
  Caller,
  grpcStatus,
  listLocal,
  openService,
  reasonOf,
  startGateway,
  startGeneration,
  until,
} from './harness.js';

async function openTwo() {
  const { gateway } = await startGateway();
  const first = openService(gateway, { instance: 1 });
  const second = openService(gateway, { instance: 2 });
  return { gateway, first, second, caller: new Caller(gateway.address) };
}

test('calls go to the instance with the least to do, in turn where that is equal', async () => {
  const { gateway, first, second, caller } = await openTwo();
  const children = [await startChild(), await startChild()] as const;
  const [one, two] = children;
  await startGeneration(first, 1, one.address);
  await startGeneration(second, 1, two.address);
  first.gate.route(1);
  second.gate.route(1);
  const calls = [caller.invoke('player.ban'), caller.invoke('player.ban')];
  await until('each has one', () => one.calls.length === 1 && two.calls.length === 1);
  two.calls[0]?.answer('two');
  await Promise.race(calls.map((call) => call.result));
  calls.push(caller.invoke('player.ban'), caller.invoke('player.ban'));
  await until('the idle one was called first, then both have the same', () => {
    return two.calls.length === 2 && one.calls.length + two.calls.length === 4;
  });
  for (const child of children) for (const call of child.calls.slice(-2)) call.answer('late');
  expect((await Promise.all(calls.map((call) => call.result))).map(({ code }) => code)).toEqual(
    calls.map(() => grpcStatus.OK),
  );
  // The same number of the generation in both, and a call is counted where it ran.
  expect(first.gate.counters().answered + second.gate.counters().answered).toBe(4);
  expect(gateway.functions().map(({ id, service }) => `${service} ${id}`)).toEqual(['game player.ban']);
  const [listed] = await listLocal(gateway.address);
  expect(listed?.instances.map(({ addr }) => addr).sort()).toEqual([one.address, two.address].sort());
});

test('what waits for one instance goes to another as soon as that serves, also when the first one fails', async () => {
  const { first, second, caller } = await openTwo();
  const child = await startChild({ invoke: (call) => call.answer('second') });
  const call = caller.invoke('player.ban');
  await until('it is held', () => first.gate.held() + second.gate.held() === 1);
  first.gate.fail('generation-failed', 'it does not start');
  await until('it waits for the other one', () => second.gate.held() === 1);
  expect(call.isOver()).toBe(false);
  await startGeneration(second, 1, child.address);
  second.gate.route(1);
  expect((await call.result).payload).toBe('second');
});

test('calls are refused when all instances have failed', async () => {
  const { first, second, caller } = await openTwo();
  first.gate.fail('generation-failed', 'it does not start');
  const call = caller.invoke('player.ban');
  await until('it is held', () => second.gate.held() === 1);
  second.gate.fail('generation-failed', 'neither does this');
  expect(reasonOf(await call.result)).toBe('generation-failed');
});

test('a call that an instance could not take is sent to another one', async () => {
  const { first, second, caller } = await openTwo();
  const one = await startChild();
  const two = await startChild({ invoke: (call) => call.answer('two') });
  await startGeneration(first, 1, one.address);
  await startGeneration(second, 1, two.address);
  first.gate.route(1);
  second.gate.route(1);
  first.gate.retire(1);
  const answers = await Promise.all([1, 2, 3].map(() => caller.invoke('player.ban').result));
  expect(answers.map(({ payload }) => payload)).toEqual(['two', 'two', 'two']);
});

test('closing a service forgets all of its instances, and its name can be opened again', async () => {
  const { gateway, first, second, caller } = await openTwo();
  const call = caller.invoke('player.ban');
  await until('it is held', () => first.gate.held() + second.gate.held() === 1);
  gateway.closeService('game');
  expect((await call.result).code).not.toBe(grpcStatus.OK);
  expect(() => [openService(gateway, { instance: 1 }), openService(gateway)]).not.toThrow();
});
