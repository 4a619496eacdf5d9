import { describe, expect, it } from 'vitest';
import { until } from '../../support/dev-process.js';
import { expectValue, type GameServer, registeredAddress } from '../game-server.js';
import { registrations } from '../registrations.js';
import { type TestBed, useServer } from '../test-bed.js';

// Each loss soon after another makes the next pause longer: so there is a fresh process for each of these.
export function describeConnection(bed: TestBed): void {
  const isRegistered = async (server: GameServer) => (await registeredAddress(bed.agent)) === server.address;
  const hasStatus = async (server: GameServer, status: string) =>
    (await server.status()).connectionStatus === status;

  describe('the connection to the agent', () => {
    const server = useServer(bed);

    it('comes back when it was cut, while the agent lives on', async () => {
      const since = Date.now();
      await bed.agent.control('forget');
      await bed.agent.control('drop');
      await until('it is registered again', () => isRegistered(server()));
      await until('it is counted', async () => (await server().status()).reconnectCount === 1);
      await until('it says so', () => hasStatus(server(), 'connected'));
      const { lastReconnectUnixMs } = await server().status();
      expect(lastReconnectUnixMs).toBeGreaterThanOrEqual(since);
      expect(lastReconnectUnixMs).toBeLessThanOrEqual(Date.now());
    });

    it('is made anew when the app asks for it', async () => {
      const before = (await registrations(bed.agent)).length;
      expectValue(await server().admin({ do: 'reconnect' }));
      await until('it is registered', async () => (await registrations(bed.agent)).length > before);
      await until('it is counted', async () => (await server().status()).reconnectCount === 2);
    });

    it('comes back with the next agent, which knows nothing, and with what was reloaded meanwhile', async () => {
      await bed.agent.kill();
      await until('it noticed', () => hasStatus(server(), 'disconnected'));
      expect(expectValue(await server().admin({ do: 'batch', broken: false }))).toEqual({ ok: true });
      await bed.agent.start();
      await until('it is registered again', () => isRegistered(server()));
      const pair = (await bed.agent.control('registry')).find(({ id }) => id === 'pair.a');
      expect(pair?.instances).toMatchObject([{ version: 'batch', addr: server().address }]);
      await until('it is counted', async () => (await server().status()).reconnectCount === 3);
    });

    it('tells of itself by events', async () => {
      const events = expectValue(await server().admin({ do: 'events' }));
      const names = ['connected', 'registered', 'disconnected', 'reconnected', 'functionReloaded'];
      expect(events).toEqual(expect.arrayContaining(names));
    });
  });

  describe('the connection to an agent that stays away', () => {
    const server = useServer(bed, { CONFORMANCE_MAX_RETRIES: '2' });

    it('is an error after so many attempts, and comes back all the same', async () => {
      // From then on it is tried at each health check.
      expectValue(await server().admin({ do: 'reloadConfig', change: { healthCheckInterval: 300 } }));
      await bed.agent.kill();
      await until('it is an error', () => hasStatus(server(), 'error'));
      const answer = await server().client.invoke('echo', { text: 'alone' });
      expect(expectValue(answer)).toMatchObject({ text: 'alone' });
      await bed.agent.start();
      await until('it is registered again', () => isRegistered(server()));
      await until('it says so', () => hasStatus(server(), 'connected'));
    });
  });

  describe('the connection without autoReconnect', () => {
    const server = useServer(bed);

    it('is left alone until the app asks for it', async () => {
      const change = { autoReconnect: false, healthCheckInterval: 200 };
      expectValue(await server().admin({ do: 'reloadConfig', change }));
      await bed.agent.restart();
      await until('it noticed', () => hasStatus(server(), 'disconnected'));
      // Takes many times the pause after which it would have tried again (100 ms, or a health check's 200 ms).
      expectValue(await server().client.invoke('slow', { ms: 1_000 }));
      expect(await registrations(bed.agent)).toEqual([]);
      expectValue(await server().admin({ do: 'reconnect' }));
      await until('it is registered again', () => isRegistered(server()));
    });
  });
}
