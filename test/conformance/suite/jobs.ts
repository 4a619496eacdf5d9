import { describe, expect, it } from 'vitest';
import type { JobEvent } from '../../standins/gen/function.js';
import { until } from '../../support/dev-process.js';
import { expectFailure, expectValue } from '../game-server.js';
import type { FunctionServiceName } from '../game-server-client.js';
import { type TestBed, useServer } from '../test-bed.js';

export function describeJobs(bed: TestBed): void {
  describe('jobs', () => {
    const server = useServer(bed);

    it('gives every reader all events from the start', async () => {
      const { client } = server();
      const job = expectValue(await client.startJob('count', { steps: 4, ms: 30 }));
      const early = await Promise.all([client.readJob(job), client.readJob(job)]);
      const late = await client.readJob(job);
      for (const events of [...early, late].map(expectValue)) {
        expect(events[0]?.type).toBe('started');
        expect(progressOf(events)).toEqual([25, 50, 75, 100]);
        const last = events.at(-1);
        expect(last?.type).toBe('done');
        expect(JSON.parse(last?.payload.toString() ?? '')).toEqual({ steps: 4, version: '1.0.0' });
      }
    });

    it('shows progress while the job runs', async () => {
      const { client } = server();
      const job = expectValue(await client.startJob('count', { steps: 1_000, ms: 50 }));
      const seen: JobEvent[] = [];
      const reading = client.readJob(job, { onEvent: (event) => seen.push(event) });
      await until('progress', () => seen.some(({ type }) => type === 'progress'));
      expect(expectValue(await client.cancelJob(job))).toBe(job);
      const last = expectValue(await reading).at(-1);
      expect(last?.type).toBe('cancelled');
      await server().untilInFlight(0);
    });

    it.each<FunctionServiceName>(['croupier.sdk.v1.InvokerService', 'croupier.sdk.v1.FunctionService'])(
      'are served under %s, too',
      async (service) => {
        const { client } = server();
        const job = expectValue(await client.startJob('count', { steps: 1, ms: 0 }, { service }));
        expect(expectValue(await client.readJob(job, { service })).at(-1)?.type).toBe('done');
        expect(expectValue(await client.cancelJob(job, { service }))).toBe(job);
      },
    );

    it('answers the result of a job that is called as a function', async () => {
      const answer = await server().client.invoke('count', { steps: 2, ms: 0 });
      expect(expectValue(answer)).toEqual({ steps: 2, version: '1.0.0' });
    });

    it('goes on when a reader leaves', async () => {
      const { client } = server();
      const job = expectValue(await client.startJob('count', { steps: 5, ms: 50 }));
      // Whose clock is faster says which of the two it is.
      const left = expectFailure(await client.readJob(job, { timeoutMs: 60 }));
      expect(left.code).toMatch(/^(DEADLINE_EXCEEDED|CANCELLED)$/);
      expect(expectValue(await client.readJob(job)).at(-1)?.type).toBe('done');
    });

    it('are unknown under any other id', async () => {
      expect(expectFailure(await server().client.readJob('count-1')).code).toBe('NOT_FOUND');
      expect(expectFailure(await server().client.cancelJob('count-1')).code).toBe('NOT_FOUND');
    });

    it('has ids that no other process gives', async () => {
      const start = async () => expectValue(await server().client.startJob('count', { steps: 1, ms: 0 }));
      const ids = [await start(), await start()];
      const other = await bed.startBeside();
      try {
        ids.push(expectValue(await other.client.startJob('count', { steps: 1, ms: 0 })));
      } finally {
        await other.kill();
      }
      expect(new Set(ids).size).toBe(3);
      // A counter alone would give the same again.
      for (const id of ids) expect(id).not.toMatch(/^\D*\d{1,6}$/);
    });
  });
}

function progressOf(events: readonly JobEvent[]): readonly number[] {
  return events.filter(({ type }) => type === 'progress').map(({ progress }) => progress);
}
