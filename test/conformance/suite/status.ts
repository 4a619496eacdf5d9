import { describe, expect, it } from 'vitest';
import { until } from '../../support/dev-process.js';
import { expectFailure, expectValue } from '../game-server.js';
import { lastRegistration } from '../registrations.js';
import { type TestBed, useServer } from '../test-bed.js';

export function describeStatus(bed: TestBed): void {
  describe('status', () => {
    const server = useServer(bed);

    it('tells what there is', async () => {
      const status = await server().status();
      expect(status).toMatchObject({
        connectionStatus: 'connected',
        reconnectCount: 0,
        lastReconnectUnixMs: 0,
        functionReloads: 0,
        configReloads: 0,
        failedReloads: 0,
        functionsCount: 8,
        languages: bed.language.name,
      });
      expect(status.hotPaths.some((pattern) => pattern.startsWith('functions/**'))).toBe(true);
      const later = await server().status();
      expect(later.uptimeMs).toBeGreaterThanOrEqual(status.uptimeMs);
      expect(later.uptimeMs).toBeLessThan(10 * 60_000);
    });

    it('is the same inside of the app', async () => {
      expect(expectValue(await server().admin({ do: 'status' }))).toMatchObject({
        connectionStatus: 'connected',
        reconnectCount: 0,
        lastReconnect: null,
        functionReloads: 0,
        configReloads: 0,
        failedReloads: 0,
        functionsCount: 8,
        uptimeMs: expect.any(Number),
      });
    });

    it('counts reloads, and failed ones', async () => {
      expectValue(await server().client.reload([bed.workplace.editVersion('echo', '2.0.0')]));
      expectValue(
        await server().client.reload([bed.workplace.append('slow', bed.language.failingStatement)]),
      );
      expect(await server().status()).toMatchObject({ functionReloads: 1, failedReloads: 1 });
    });

    it('counts changes of the configuration, and refuses bad ones as a whole', async () => {
      expectValue(await server().admin({ do: 'reloadConfig', change: { gracefulShutdownTimeout: 20_000 } }));
      expect(await server().status()).toMatchObject({ configReloads: 1 });
      const change = { version: '9.9.9', reconnectDelay: -1 };
      const { message } = expectFailure(await server().admin({ do: 'reloadConfig', change }));
      // A typed error of the app is passed on; what it is about is in the language's own words.
      expect(message).not.toBe('');
      expect(await server().status()).toMatchObject({ configReloads: 1 });
      expect((await lastRegistration(bed.agent)).version).toBe('1.0.0');
    });

    it('registers again when the version of the service changes', async () => {
      expectValue(await server().admin({ do: 'reloadConfig', change: { version: '2.0.0' } }));
      await until('it is registered', async () => (await lastRegistration(bed.agent)).version === '2.0.0');
      expect((await lastRegistration(bed.agent)).functions).toHaveLength(8);
    });
  });

  describe('drain', () => {
    const server = useServer(bed);

    it('waits for calls and jobs under way, and no longer than asked', async () => {
      const { client } = server();
      const call = client.invoke('slow', { ms: 1_000 });
      const job = expectValue(await client.startJob('count', { steps: 10, ms: 80 }));
      await server().untilInFlight(2);
      expect(expectValue(await client.drain(50)).inFlight).toBe(2);
      expect(expectValue(await client.drain(30_000)).inFlight).toBe(0);
      expect(expectValue(await call)).toMatchObject({ version: '1.0.0' });
      expect(expectValue(await client.readJob(job)).at(-1)?.type).toBe('done');
    });

    it('comes back at once where nothing is under way', async () => {
      expect(expectValue(await server().client.drain(30_000)).inFlight).toBe(0);
    });
  });
}
