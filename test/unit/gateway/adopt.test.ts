import { describe, expect, test } from 'vitest';
import type { AdoptedRegistration } from '../../../src/gateway/types.js';
import { VirtualClock } from '../../support/virtual-clock.js';
import { startEcho } from './fake-child.js';
import {
  Caller,
  describeFunction,
  listLocal,
  openService,
  register,
  startGateway,
  startGeneration,
  until,
} from './harness.js';

function registration(rpcAddress: string, fields: Partial<AdoptedRegistration> = {}): AdoptedRegistration {
  return {
    serviceId: 'its own id',
    version: '1.0.0',
    rpcAddress,
    functions: [describeFunction('player.ban')],
    ...fields,
  };
}

async function openOne() {
  const clock = new VirtualClock();
  const started = await startGateway({ clock });
  const service = openService(started.gateway);
  const { agentAddress } = await service.gate.openGeneration(1);
  return { ...started, clock, service, gate: service.gate, agentAddress };
}

describe('a registration that was made with another agent', () => {
  test('is as good as one that was made here', async () => {
    const { gateway, service, gate, clock } = await openOne();
    const child = await startEcho('ok');
    await clock.advance(5);
    const functions = [describeFunction({ id: 'player.ban', version: '3.0.0', tags: ['a'] })];
    const given = registration(`0.0.0.0:${child.port}`, { functions });
    expect(gate.adopt(1, given)).toBe(true);
    expect(gate.functions(1)).toEqual(functions);
    expect(gate.addresses(1)).toEqual([child.address]);
    expect(gate.lastRegistrationAt(1)).toBe(5);
    expect(gate.speaks(1)).toBe(true);
    await until('its address answered', () => service.registered.length === 1);
    expect(service.registered).toEqual([{ generation: 1, functions }]);
    gate.route(1);
    expect((await new Caller(gateway.address).invoke('player.ban').result).payload).toBe('ok');
    expect((await listLocal(gateway.address))[0]?.instances).toMatchObject([
      { serviceId: 'its own id', addr: `0.0.0.0:${child.port}`, version: '3.0.0' },
    ]);
  });

  test('replaces the one before of the same service_id, and only that', async () => {
    const { service, gate, agentAddress } = await openOne();
    const [first, second] = [await startEcho('first'), await startEcho('second')];
    await register(agentAddress, first.address, { serviceId: 'other', functions: ['other'] });
    gate.adopt(1, registration(first.address));
    expect(gate.adopt(1, registration(second.address, { functions: [describeFunction('moved')] }))).toBe(
      true,
    );
    expect(gate.functions(1).map((one) => one.id)).toEqual(['other', 'moved']);
    expect(gate.addresses(1)).toEqual([first.address, second.address]);
    await until('the supervisor knows', () => service.registered.at(-1)?.functions.length === 2);
  });

  test('that is the same as before changes nothing', async () => {
    const { service, gate, clock } = await openOne();
    const child = await startEcho('ok');
    gate.adopt(1, registration(child.address));
    await until('its address answered', () => service.registered.length === 1);
    await clock.advance(1000);
    expect(gate.adopt(1, registration(child.address))).toBe(true);
    expect(gate.lastRegistrationAt(1)).toBe(0);
    const changed = registration(child.address, {
      functions: [describeFunction({ id: 'player.ban', summary: 'changed' })],
    });
    expect(gate.adopt(1, changed)).toBe(true);
    expect(gate.lastRegistrationAt(1)).toBe(1000);
    expect(service.registered).toHaveLength(2);
    expect(child.probes).toBe(1);
  });

  test('is not made of what the generation already told here itself', async () => {
    const { service, gate, agentAddress, clock } = await openOne();
    const child = await startEcho('ok');
    await register(agentAddress, child.address, { serviceId: 'its own id' });
    await until('its address answered', () => service.registered.length === 1);
    await clock.advance(1000);
    expect(gate.adopt(1, registration(child.address))).toBe(true);
    expect(gate.lastRegistrationAt(1)).toBe(0);
    expect(service.registered).toHaveLength(1);
  });

  test('with no functions takes the service_id out', async () => {
    const { gate } = await openOne();
    const child = await startEcho('ok');
    gate.adopt(1, registration(child.address));
    expect(gate.adopt(1, registration(child.address, { functions: [] }))).toBe(true);
    expect(gate.functions(1)).toEqual([]);
  });
});

describe('nothing is taken over', () => {
  test.each(['', 'nonsense', '127.0.0.1:0'])('with the address "%s"', async (rpcAddress) => {
    const { gate } = await openOne();
    expect(gate.adopt(1, registration(rpcAddress))).toBe(false);
    expect(gate.functions(1)).toEqual([]);
    expect(gate.speaks(1)).toBe(false);
  });

  test("with the gateway's own address: that is us, as the other agent knows us", async () => {
    const { gate, gateway, agentAddress } = await openOne();
    expect(gate.adopt(1, registration(gateway.address))).toBe(false);
    expect(gate.adopt(1, registration(agentAddress))).toBe(false);
    expect(gate.functions(1)).toEqual([]);
  });

  test('for a generation that was never opened, was retired or is gone', async () => {
    const { service, gate } = await openOne();
    const child = await startEcho('ok');
    expect(gate.adopt(2, registration(child.address))).toBe(false);
    gate.retire(1);
    expect(gate.adopt(1, registration(child.address))).toBe(false);
    await startGeneration(service, 3, child.address);
    child.kill();
    await gate.gone(3);
    expect(gate.adopt(3, registration(child.address))).toBe(false);
    expect(service.registered).toHaveLength(1);
  });
});
