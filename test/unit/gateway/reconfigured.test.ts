import { describe, expect, test } from 'vitest';
import { DEFAULT_HOLD } from '../../../src/config/types.js';
import { VirtualClock } from '../../support/virtual-clock.js';
import { startChild, startEcho } from './fake-child.js';
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

describe('a gate that is configured anew', () => {
  test('a call that waits keeps its time; the next one has what is configured now', async () => {
    const clock = new VirtualClock();
    const { gateway } = await startGateway({ clock });
    const { gate } = openService(gateway, { hold: { ...DEFAULT_HOLD, timeout: 1000 } });
    const caller = new Caller(gateway.address);
    const before = caller.invoke('player.ban');
    await until('the call is held', () => gate.held() === 1);
    gate.configure({ hold: { ...DEFAULT_HOLD, timeout: 100 }, replay: [] });
    const after = caller.invoke('player.ban');
    await until('both are held', () => gate.held() === 2);
    await clock.advance(100);
    expect(reasonOf(await after.result)).toBe('hold-timeout');
    expect(before.isOver()).toBe(false);
    await clock.advance(900);
    expect(reasonOf(await before.result)).toBe('hold-timeout');
  });

  test('as many calls wait as is configured now', async () => {
    const { gateway } = await startGateway();
    const { gate } = openService(gateway, { hold: { ...DEFAULT_HOLD, calls: 1 } });
    const caller = new Caller(gateway.address);
    caller.invoke('player.ban');
    await until('the call is held', () => gate.held() === 1);
    expect(reasonOf(await caller.invoke('player.ban').result)).toBe('hold-queue-full');
    gate.configure({ hold: { ...DEFAULT_HOLD, calls: 2 }, replay: [] });
    caller.invoke('player.ban');
    await until('another one is held', () => gate.held() === 2);
  });

  test('what may run twice is asked for when a call is lost, also of a generation that was there before', async () => {
    const { gateway } = await startGateway();
    const service = openService(gateway);
    const { gate } = service;
    const dying = await startChild();
    await startGeneration(service, 1, dying.address);
    gate.route(1);
    const call = new Caller(gateway.address).invoke('player.ban', { idempotencyKey: 'k' });
    await until('the call arrived', () => dying.calls.length === 1);
    gate.configure({ hold: DEFAULT_HOLD, replay: ['player.ban'] });
    dying.kill();
    await gate.gone(1);
    const next = await startEcho('replayed');
    await startGeneration(service, 2, next.address);
    gate.route(2);
    expect((await call.result).payload).toBe('replayed');
    expect(gate.counters()).toMatchObject({ replayed: 1, lost: 0 });
  });
});

describe('a service that is closed', () => {
  test('is not served or listed any more, and what waits for it is answered', async () => {
    const { gateway } = await startGateway();
    const service = openService(gateway);
    const child = await startEcho('game');
    await startGeneration(service, 1, child.address);
    service.gate.route(1);
    const caller = new Caller(gateway.address);
    expect((await caller.invoke('player.ban').result).payload).toBe('game');
    service.gate.hold('all');
    service.gate.retire(1);
    await service.gate.gone(1);
    const held = caller.invoke('player.ban');
    await until('the call is held', () => service.gate.held() === 1);
    gateway.closeService('game');
    expect(reasonOf(await held.result)).toBe('generation-failed');
    expect((await caller.invoke('player.ban').result).code).toBe(grpcStatus.NOT_FOUND);
    expect(gateway.functions()).toEqual([]);
    expect(await listLocal(gateway.address)).toEqual([]);
  });

  test('leaves the others alone', async () => {
    const { gateway } = await startGateway();
    const shop = openService(gateway, { name: 'shop' });
    openService(gateway);
    const child = await startEcho('shop');
    await startGeneration(shop, 1, child.address);
    shop.gate.route(1);
    gateway.closeService('game');
    gateway.closeService('unheard of');
    expect((await new Caller(gateway.address).invoke('player.ban').result).payload).toBe('shop');
  });

  test('can be opened again under its name, with generations from 1', async () => {
    const { gateway } = await startGateway();
    openService(gateway);
    gateway.closeService('game');
    const again = openService(gateway);
    const child = await startEcho('again');
    await startGeneration(again, 1, child.address);
    again.gate.route(1);
    expect((await new Caller(gateway.address).invoke('player.ban').result).payload).toBe('again');
  });

  test('a call that it held, and that somebody else is asked about, is answered all the same', async () => {
    let pass: (answer: null) => void = () => {};
    let asked = false;
    const { gateway } = await startGateway({
      elsewhere: {
        pass: () => {
          asked = true;
          return new Promise((resolve) => {
            pass = resolve;
          });
        },
        read: async () => null,
      },
    });
    const caller = openService(gateway, { name: 'caller' });
    const child = await startEcho('caller');
    const ownListener = await startGeneration(caller, 1, child.address, { functions: ['its.own'] });
    caller.gate.route(1);
    const service = openService(gateway);
    const first = await startEcho('first');
    await startGeneration(service, 1, first.address);
    service.gate.route(1);
    service.gate.hold('all');
    const call = new Caller(ownListener).invoke('player.ban');
    await until('the call is held', () => service.gate.held() === 1);
    const second = await startEcho('second');
    await startGeneration(service, 2, second.address, { functions: ['other'] });
    service.gate.route(2);
    await until('it is asked elsewhere', () => asked);
    await Promise.all([service.gate.gone(1), service.gate.gone(2)]);
    gateway.closeService('game');
    pass(null);
    expect((await call.result).code).toBe(grpcStatus.NOT_FOUND);
  });
});
