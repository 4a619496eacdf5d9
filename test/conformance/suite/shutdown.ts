import { describe, expect, it } from 'vitest';
import { until } from '../../support/dev-process.js';
import { expectFailure, expectValue, registeredAddress } from '../game-server.js';
import type { TestBed } from '../test-bed.js';

export function describeShutdown(bed: TestBed): void {
  describe('a graceful shutdown', () => {
    it.each(['SIGTERM', 'SIGINT'] as const)('on %s lets calls and jobs finish', async (signal) => {
      const server = await bed.start();
      try {
        const { client } = server;
        const call = client.invoke('slow', { ms: 1_000 });
        const job = expectValue(await client.startJob('count', { steps: 10, ms: 80 }));
        const events = client.readJob(job);
        await server.untilInFlight(2);
        server.signal(signal);
        await until('it left the agent', async () => (await registeredAddress(bed.agent)) === null);
        expect(server.hasExited).toBe(false);
        expect(expectValue(await call)).toMatchObject({ version: '1.0.0' });
        const last = expectValue(await events).at(-1);
        expect(JSON.parse(last?.payload.toString() ?? '')).toEqual({ steps: 10, version: '1.0.0' });
        expect(await server.exited, server.output).toMatchObject({ code: 0 });
      } finally {
        await server.kill();
      }
    });

    it('ends handlers that take too long, and answers for those', async () => {
      const server = await bed.start();
      try {
        const change = { gracefulShutdownTimeout: 300 };
        expectValue(await server.admin({ do: 'reloadConfig', change }));
        const call = server.client.invoke('slow', { ms: 600_000 }, { timeoutMs: 600_000 });
        await server.untilInFlight(1);
        server.signal('SIGTERM');
        expect(expectFailure(await call).code).toBe('UNAVAILABLE');
        expect(await server.exited, server.output).toMatchObject({ code: 0 });
      } finally {
        await server.kill();
      }
    });

    it('does not wait for an agent that is gone', async () => {
      const server = await bed.start();
      try {
        await bed.agent.kill();
        server.signal('SIGTERM');
        expect(await server.exited, server.output).toMatchObject({ code: 0 });
      } finally {
        await server.kill();
        await bed.agent.start();
      }
    });
  });
}
