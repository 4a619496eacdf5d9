import { beforeEach, describe, expect, it } from 'vitest';
import { type ReadinessInput, waitUntilReady } from '../../../src/dev/readiness.js';
import { settle, VirtualClock } from '../../support/virtual-clock.js';

let clock: VirtualClock;
let waiting: AbortController;

beforeEach(() => {
  clock = new VirtualClock();
  waiting = new AbortController();
});

/** A process that says nothing and accepts nothing, with what the test changes. */
async function watch(changed: Partial<ReadinessInput>): Promise<{ isReady: boolean }> {
  const seen = { isReady: false };
  const never = new Promise<void>(() => {});
  void waitUntilReady({
    ready: { kind: 'auto', timeout: 30_000 },
    clock,
    signal: waiting.signal,
    registered: never,
    expectsRegistration: false,
    expectsNoRegistration: false,
    speaksToGateway: () => false,
    probe: () => never,
    missingFunctions: () => [],
    lastRegistrationAt: () => null,
    ...changed,
  }).then(() => {
    seen.isReady = true;
  });
  await settle();
  return seen;
}

const passed = () => Promise.resolve();

describe('a process whose port accepts', () => {
  it('is ready half a second later if nothing of it speaks to the gateway', async () => {
    const seen = await watch({ probe: passed });
    await clock.advance(499);
    expect(seen.isReady).toBe(false);
    await clock.advance(1);
    expect(seen.isReady).toBe(true);
  });

  it('is ready at once where earlier generations never registered, unless it speaks to the gateway', async () => {
    const alone = { probe: passed, expectsNoRegistration: true };
    expect(await watch(alone)).toEqual({ isReady: true });
    expect(await watch({ ...alone, speaksToGateway: () => true })).toEqual({ isReady: false });
  });

  it('is waited for until it registers if it speaks to the gateway', async () => {
    const seen = await watch({ probe: passed, speaksToGateway: () => true });
    await clock.advance(60_000);
    expect(seen.isReady).toBe(false);
  });

  it('leaves no timer behind when the wait is over, so that nothing holds up our own end', async () => {
    await watch({ probe: passed });
    expect(clock.pending).toBe(1);
    waiting.abort();
    expect(clock.pending).toBe(0);
  });
});

describe('a process that has registered', () => {
  it('is ready at once when it serves what its predecessor did', async () => {
    const seen = await watch({ registered: passed(), lastRegistrationAt: () => 0 });
    expect(seen.isReady).toBe(true);
  });

  it('is given 300 ms from its last registration for functions that are missing', async () => {
    let last = 0;
    const seen = await watch({
      registered: passed(),
      lastRegistrationAt: () => last,
      missingFunctions: () => ['player.ban'],
    });
    await clock.advance(200);
    last = clock.now();
    await clock.advance(299);
    expect(seen.isReady).toBe(false);
    await clock.advance(1);
    expect(seen.isReady).toBe(true);
  });

  it('is ready as soon as the last function is there', async () => {
    let missing = ['player.ban'];
    const seen = await watch({
      registered: passed(),
      lastRegistrationAt: () => 0,
      missingFunctions: () => missing,
    });
    await clock.advance(50);
    expect(seen.isReady).toBe(false);
    missing = [];
    await clock.advance(10);
    expect(seen.isReady).toBe(true);
  });
});

describe('a configured probe', () => {
  it.each([
    { kind: 'http', timeout: 30_000, url: '/health' },
    { kind: 'tcp', timeout: 30_000, address: ':7000' },
    { kind: 'log', timeout: 30_000, pattern: 'ready' },
  ] as const)(
    '$kind counts together with the registration of a service that is known to register',
    async (ready) => {
      expect(await watch({ ready, expectsRegistration: true, probe: passed })).toEqual({ isReady: false });
      expect(await watch({ ready, expectsRegistration: true, registered: passed() })).toEqual({
        isReady: false,
      });
      const both = { ready, expectsRegistration: true, probe: passed, registered: passed() };
      expect(await watch(both)).toEqual({ isReady: true });
      expect(await watch({ ready, probe: passed })).toEqual({ isReady: true });
    },
  );
});
