import { describe, expect, it } from 'vitest';
import { err } from '../../../src/core/result.js';
import { SteadyCaller } from '../../standins/caller.js';
import { expectFailure, expectValue } from '../game-server.js';
import type { FunctionServiceName } from '../game-server-client.js';
import { type TestBed, useServer } from '../test-bed.js';

const SERVICES: readonly FunctionServiceName[] = [
  'croupier.sdk.v1.InvokerService',
  'croupier.function.v1.FunctionService',
  'croupier.sdk.v1.FunctionService',
];

/** More than gRPC takes by default (4 MiB), and less than the wire's limit of 64 MiB. */
const LARGE = 6 * 1024 * 1024;

export function describeCalls(bed: TestBed): void {
  describe('calls', () => {
    const server = useServer(bed);

    it.each(SERVICES)('answers under %s', async (service) => {
      const text = 'Grüße, 世界 🃏';
      expect(expectValue(await server().client.invoke('echo', { text }, { service }))).toMatchObject({
        text,
        version: '1.0.0',
      });
    });

    it('answers those that come through an agent', async () => {
      const caller = new SteadyCaller({
        address: bed.agent.address,
        perSecond: 1,
        payload: () => ({ text: 'through' }),
      });
      caller.send();
      await caller.stop();
      expect(caller.losses).toEqual([]);
      expect(JSON.parse(caller.answers[0]?.payload ?? '')).toMatchObject({ text: 'through' });
    });

    it('shows handlers the metadata and the idempotency key', async () => {
      const metadata = { game_id: 'chess', route: 'eu', hash_key: 'Ω' };
      const options = { metadata, idempotencyKey: 'once-7' };
      expect(expectValue(await server().client.invoke('echo', { text: '' }, options))).toMatchObject({
        metadata,
        idempotencyKey: 'once-7',
      });
    });

    it('takes and answers large payloads', async () => {
      const text = 'x'.repeat(LARGE);
      const answer: unknown = expectValue(await server().client.invoke('echo', { text }));
      expect(JSON.stringify(answer).length).toBeGreaterThan(LARGE);
    });

    it('refuses a function that it does not have', async () => {
      const failure = expectFailure(await server().client.invoke('no.such', {}));
      expect(failure.code).toBe('NOT_FOUND');
      expect(failure.message).toContain('no.such');
      expect(expectFailure(await server().client.startJob('no.such', {})).code).toBe('NOT_FOUND');
    });

    it('refuses a payload that is no JSON', async () => {
      const answer = await server().client.invokeText('echo', '{"text":');
      expect(expectFailure(answer).code).toBe('INVALID_ARGUMENT');
    });

    it.each([
      'NOT_FOUND',
      'INVALID_ARGUMENT',
      'PERMISSION_DENIED',
      'FAILED_PRECONDITION',
      'ALREADY_EXISTS',
      'RESOURCE_EXHAUSTED',
      'UNAVAILABLE',
      'ABORTED',
    ])("passes a handler's own %s on", async (code) => {
      const message = 'player 7: ungültig, 100 %';
      expect(await server().client.invoke('fail', { status: code, message })).toEqual(err({ code, message }));
    });

    it('answers a bug with INTERNAL, and tells nothing about it', async () => {
      const failure = expectFailure(
        await server().client.invoke('fail', { bug: true, message: 'secret-4711' }),
      );
      expect(failure.code).toBe('INTERNAL');
      expect(failure.message).not.toContain('secret-4711');
      expect(failure.message).not.toMatch(/\n|\.(mjs|py|go)\b/);
    });

    it("shows handlers the caller's deadline", async () => {
      const answer = expectValue(await server().client.invoke('deadline', {}, { timeoutMs: 20_000 }));
      expect(answer).toEqual({ remainingMs: expect.any(Number) });
      const { remainingMs = 0 }: { remainingMs?: number } = JSON.parse(JSON.stringify(answer));
      expect(remainingMs).toBeGreaterThan(10_000);
      expect(remainingMs).toBeLessThanOrEqual(20_100);
    });

    it('ends a handler whose caller waits no longer', async () => {
      const late = await server().client.invoke('slow', { ms: 60_000 }, { timeoutMs: 100 });
      // The server's clock can be a little faster than the caller's: then its end of the stream comes first.
      expect(expectFailure(late).code).toMatch(/^(DEADLINE_EXCEEDED|CANCELLED)$/);
      await server().untilInFlight(0);
    });

    it('ends a handler whose caller cancelled', async () => {
      const cancel = new AbortController();
      const answer = server().client.invoke('slow', { ms: 60_000 }, { signal: cancel.signal });
      await server().untilInFlight(1);
      cancel.abort();
      expect(expectFailure(await answer).code).toBe('CANCELLED');
      await server().untilInFlight(0);
    });

    it('runs calls beside each other', async () => {
      const cancel = new AbortController();
      const options = { signal: cancel.signal };
      const slow = [1, 2, 3].map(() => server().client.invoke('slow', { ms: 60_000 }, options));
      await server().untilInFlight(3);
      const answer = await server().client.invoke('echo', { text: 'meanwhile' });
      expect(expectValue(answer)).toMatchObject({ text: 'meanwhile' });
      cancel.abort();
      for (const one of await Promise.all(slow)) expect(expectFailure(one).code).toBe('CANCELLED');
      await server().untilInFlight(0);
    });
  });
}
