import { expect, test } from 'vitest';
import { startChild, startEcho } from './fake-child.js';
import { Caller, openService, register, startGateway, until } from './harness.js';

test('calls wait until the first route and are then answered by that generation', async () => {
  const { gateway } = await startGateway();
  const { gate, registered } = openService(gateway);
  const child = await startEcho('first');
  const { agentAddress } = await gate.openGeneration(1);
  const caller = new Caller(gateway.address);
  const call = caller.invoke('player.ban');
  await until('the call is held', () => gate.held() === 1);
  await register(agentAddress, child.address);
  await until('the generation is registered', () => registered.length === 1);
  expect(call.isOver()).toBe(false);
  expect(child.calls).toHaveLength(0);
  gate.route(1);
  expect((await call.result).payload).toBe('first');
  expect(gate.counters()).toEqual({ held: 1, drained: 0, replayed: 0, lost: 0, answered: 1 });
});

test('held calls reach the new generation in the order in which they came', async () => {
  const { gateway } = await startGateway();
  const { gate, registered } = openService(gateway);
  const child = await startChild({ invoke: (call) => call.answer('ok') });
  const { agentAddress } = await gate.openGeneration(1);
  await register(agentAddress, child.address);
  await until('the generation is registered', () => registered.length === 1);
  const caller = new Caller(gateway.address);
  const calls = [];
  for (let index = 0; index < 50; index++) calls.push(caller.invoke('player.ban', { payload: `${index}` }));
  await until('all calls are held', () => gate.held() === 50);
  gate.route(1);
  await Promise.all(calls.map((call) => call.result));
  expect(child.payloads).toEqual(Array.from({ length: 50 }, (_, index) => `${index}`));
});
