import { describe, expect, it } from 'vitest';
import { until } from '../../support/dev-process.js';
import { expectValue, registeredAddress, SERVICE_ID } from '../game-server.js';
import { lastRegistration, registrations } from '../registrations.js';
import { type TestBed, useServer } from '../test-bed.js';

const FUNCTIONS = ['admin', 'count', 'deadline', 'echo', 'fail', 'pair.a', 'pair.b', 'slow'];

export function describeRegistration(bed: TestBed): void {
  describe('registration', () => {
    const server = useServer(bed);

    it('registers all functions at once, at the address where it serves', async () => {
      const listed = await bed.agent.control('registry');
      expect(listed.map(({ id }) => id).sort()).toEqual(FUNCTIONS);
      for (const { instances } of listed) {
        expect(instances).toMatchObject([
          { serviceId: SERVICE_ID, addr: server().address, version: '1.0.0' },
        ]);
      }
      expect(server().address).toMatch(/^127\.0\.0\.1:\d+$/);
      expect(expectValue(await server().client.invoke('echo', { text: 'there' }))).toMatchObject({
        text: 'there',
      });
    });

    it('tells the schemas of its functions', async () => {
      const { functions } = await lastRegistration(bed.agent);
      const echo = functions.find(({ id }) => id === 'echo');
      expect(JSON.parse(echo?.inputSchema ?? '')).toMatchObject({ type: 'object', required: ['text'] });
      expect(JSON.parse(echo?.outputSchema ?? '')).toMatchObject({ type: 'object' });
    });

    it('sends heartbeats with the session that it was given', async () => {
      const change = { healthCheckInterval: 200 };
      expectValue(await server().admin({ do: 'reloadConfig', change }));
      const since = Date.now();
      await until('two heartbeats', async () => {
        const received = await bed.agent.control('received');
        const heartbeats = received.filter((one) => one.rpc === 'heartbeat' && one.at >= since);
        for (const one of heartbeats) {
          if (one.rpc !== 'heartbeat') continue;
          expect(one.request.serviceId).toBe(SERVICE_ID);
          expect(one.request.sessionId).not.toBe('');
        }
        return heartbeats.length >= 2;
      });
    });

    it('registers again when its functions change', async () => {
      const before = (await registrations(bed.agent)).length;
      const path = bed.workplace.editVersion('echo', '1.1.0');
      expectValue(await server().client.reload([path]));
      await until('it registered the new version', async () => {
        const { functions } = await lastRegistration(bed.agent);
        return functions.find(({ id }) => id === 'echo')?.version === '1.1.0';
      });
      expect(await registeredAddress(bed.agent)).toBe(server().address);
      expect((await registrations(bed.agent)).length).toBe(before + 1);
    });
  });

  describe('leaving the agent', () => {
    it('takes itself out of routing on SIGTERM', async () => {
      const server = await bed.start();
      try {
        server.signal('SIGTERM');
        expect(await server.exited, server.output).toMatchObject({ code: 0 });
        expect(await registeredAddress(bed.agent)).toBeNull();
        expect((await lastRegistration(bed.agent)).functions).toEqual([]);
      } finally {
        await server.kill();
      }
    });

    it('leaves a successor under the same id in its place', async () => {
      const server = await bed.start();
      try {
        // Another process with the same service id, as it is while a tool replaces one by the other.
        const successor = await bed.startBeside();
        try {
          server.signal('SIGTERM');
          expect(await server.exited, server.output).toMatchObject({ code: 0 });
          expect(await registeredAddress(bed.agent)).toBe(successor.address);
          expect((await lastRegistration(bed.agent)).functions).not.toEqual([]);
        } finally {
          await successor.kill();
        }
      } finally {
        await server.kill();
      }
    });
  });
}
