import { Client, credentials } from '@grpc/grpc-js';
import { describe, expect, onTestFinished, test } from 'vitest';
import type { AgentClient } from '../../../src/protocol/client.js';
import {
  CancelJobRequest,
  CancelJobResponse,
} from '../../../src/protocol/gen/croupier/function/v1/function.js';
import { type CallContext, FunctionError } from '../../../src/sdk/index.js';
import { createServed, requestOf } from './served.js';
import { until } from './until.js';

const CALL = { timeoutMs: 10_000 };

async function invokeJson(client: AgentClient, functionId: string, payload?: unknown): Promise<unknown> {
  const answer = await client.invoke(requestOf(functionId, payload), CALL);
  if (!answer.ok) throw new Error(`${answer.error.codeName}: ${answer.error.message}`);
  const text = answer.value.payload.toString();
  return text === '' ? undefined : JSON.parse(text);
}

describe('payloads', () => {
  test('go in and out as JSON values', async () => {
    const { client } = await createServed((service) =>
      service.registerFunction<{ name: string }>({ id: 'greet' }, ({ name }) => ({ text: `hello ${name}` })),
    );
    expect(await invokeJson(client, 'greet', { name: 'ada' })).toEqual({ text: 'hello ada' });
  });

  test('that are empty are undefined, both ways', async () => {
    const seen: unknown[] = [];
    const { client } = await createServed((service) =>
      service.registerFunction({ id: 'nothing' }, (payload) => {
        seen.push(payload);
      }),
    );
    expect(await invokeJson(client, 'nothing')).toBeUndefined();
    expect(seen).toEqual([undefined]);
  });

  test.each([
    ['text that is no JSON', Buffer.from('{oops')],
    ['bytes that are no UTF-8', Buffer.from([0x22, 0xff, 0x22])],
  ])('of %s are refused before the handler', async (_what, payload) => {
    let called = false;
    const { client } = await createServed((service) =>
      service.registerFunction({ id: 'strict' }, () => {
        called = true;
      }),
    );
    const answer = await client.invoke({ ...requestOf('strict'), payload }, CALL);
    expect(answer).toMatchObject({ ok: false, error: { codeName: 'INVALID_ARGUMENT' } });
    expect(called).toBe(false);
  });

  test('of a handler of bytes pass untouched', async () => {
    const { client } = await createServed((service) =>
      service.registerFunction({ id: 'reverse' }, { bytes: (payload) => payload.toReversed() }),
    );
    const answer = await client.invoke({ ...requestOf('reverse'), payload: Buffer.from([1, 0, 255]) }, CALL);
    expect(answer.ok && [...answer.value.payload]).toEqual([255, 0, 1]);
  });

  test('may be larger than the 4 MiB that gRPC allows by default', async () => {
    const { client } = await createServed((service) =>
      service.registerFunction<string>({ id: 'echo' }, (payload) => payload),
    );
    const large = 'x'.repeat(6 * 1024 * 1024);
    expect(await invokeJson(client, 'echo', large)).toBe(large);
  });
});

describe('failures', () => {
  test.each([
    [
      'a FunctionError',
      () => new FunctionError('ALREADY_EXISTS', 'banned before'),
      'ALREADY_EXISTS',
      'banned before',
    ],
    ['half a surrogate pair', () => new FunctionError('ABORTED', 'bad \ud800'), 'ABORTED', 'bad \ufffd'],
  ])('%s is a status without a stack', async (_what, makeError, codeName, message) => {
    const { client } = await createServed((service) =>
      service.registerFunction({ id: 'fail' }, () => {
        throw makeError();
      }),
    );
    const answer = await client.invoke(requestOf('fail'), CALL);
    expect(answer).toMatchObject({ ok: false, error: { codeName, message } });
  });

  test('a message of any length arrives, cut', async () => {
    const { client } = await createServed((service) =>
      service.registerFunction({ id: 'fail' }, () => {
        throw new FunctionError('INTERNAL', 'ü'.repeat(100_000));
      }),
    );
    const answer = await client.invoke(requestOf('fail'), CALL);
    expect(answer).toMatchObject({ ok: false, error: { codeName: 'INTERNAL' } });
    expect(!answer.ok && answer.error.message).toMatch(/^ü{500,2000}$/);
  });

  test('any other error is told to the app, and nothing of it to the caller', async () => {
    const { client, service } = await createServed((service) =>
      service.registerFunction({ id: 'fail' }, () => {
        throw new Error('password is hunter2');
      }),
    );
    const warnings: Error[] = [];
    const onWarning = (warning: Error) => warnings.push(warning);
    process.on('warning', onWarning);
    onTestFinished(() => void process.off('warning', onWarning));
    const first = await client.invoke(requestOf('fail'), CALL);
    expect(first).toMatchObject({ ok: false, error: { codeName: 'INTERNAL' } });
    expect(JSON.stringify(first)).not.toContain('hunter2');
    await until('without a listener it is a warning', () => warnings.length === 1);
    expect(warnings[0]).toMatchObject({ name: 'HandlerFailed', detail: expect.stringContaining('hunter2') });

    const told: unknown[] = [];
    service.on('handlerFailed', ({ functionId, callId, error }) => told.push({ functionId, callId, error }));
    const second = await client.invoke(requestOf('fail'), CALL);
    const { callId } = /call (?<callId>\S+)$/.exec(second.ok ? '' : second.error.message)?.groups ?? {};
    expect(told).toEqual([{ functionId: 'fail', callId, error: new Error('password is hunter2') }]);
    expect(warnings).toHaveLength(1);
  });

  test('an unknown function is NOT_FOUND and named', async () => {
    const { client } = await createServed(() => {});
    const answer = await client.invoke(requestOf('nobody.home'), CALL);
    expect(answer).toMatchObject({
      ok: false,
      error: { codeName: 'NOT_FOUND', message: 'no function "nobody.home" is registered here' },
    });
  });

  test('a result that JSON cannot hold is INTERNAL', async () => {
    const { client } = await createServed((service) =>
      service.registerFunction({ id: 'big' }, () => ({ amount: 1n })),
    );
    const answer = await client.invoke(requestOf('big'), CALL);
    expect(answer).toMatchObject({ ok: false, error: { codeName: 'INTERNAL' } });
    expect(!answer.ok && answer.error.message).toContain('cannot be written as JSON');
  });
});

describe('the context', () => {
  test('tells metadata, key, deadline and ids', async () => {
    const contexts: CallContext[] = [];
    const { client } = await createServed((service) =>
      service.registerFunction({ id: 'look' }, (_payload, context) => {
        contexts.push(context);
        return context.remaining();
      }),
    );
    const request = { ...requestOf('look'), idempotencyKey: 'k1', metadata: { game_id: 'demo' } };
    const before = Date.now();
    await client.invoke(request, { timeoutMs: 5_000 });
    const remaining = await invokeJson(client, 'look');

    const [first, second] = contexts;
    expect(first).toMatchObject({
      functionId: 'look',
      idempotencyKey: 'k1',
      metadata: { game_id: 'demo' },
    });
    expect(Number(first?.deadline) - before).toBeGreaterThan(3_000);
    expect(Number(first?.deadline) - before).toBeLessThan(8_000);
    expect(remaining).toBeLessThanOrEqual(10_000);
    expect(second?.idempotencyKey).toBeNull();
    expect(second?.callId).not.toBe(first?.callId);
    expect(first?.signal.aborted, 'an answered call is not aborted').toBe(false);
  });

  test('its signal is aborted when the caller cancels', async () => {
    const signals: AbortSignal[] = [];
    const { client, service } = await createServed((service) =>
      service.registerFunction({ id: 'wait' }, (_payload, { signal }) => {
        signals.push(signal);
        return untilAborted(signal);
      }),
    );
    const caller = new AbortController();
    const answer = client.invoke(requestOf('wait'), { ...CALL, signal: caller.signal });
    await until('the handler runs', () => signals.length === 1);
    expect(signals[0]?.aborted).toBe(false);

    caller.abort();

    expect(await answer).toMatchObject({ ok: false, error: { codeName: 'CANCELLED' } });
    await until('the signal is aborted', () => signals[0]?.aborted === true);
    expect(signals[0]?.reason).toMatchObject({ name: 'FunctionError', code: 'CANCELLED' });
    await until('the handler has ended', () => service.inFlight === 0);
  });

  test('its signal is aborted when the deadline passes', async () => {
    const signals: AbortSignal[] = [];
    const { client } = await createServed((service) =>
      service.registerFunction({ id: 'wait' }, (_payload, { signal }) => {
        signals.push(signal);
        return untilAborted(signal);
      }),
    );
    const answer = await client.invoke(requestOf('wait'), { timeoutMs: 300 });
    expect(answer).toMatchObject({ ok: false, error: { codeName: 'DEADLINE_EXCEEDED' } });
    await until('the signal is aborted', () => signals[0]?.aborted === true);
  });
});

test.each([
  'croupier.sdk.v1.InvokerService',
  'croupier.sdk.v1.FunctionService',
  'croupier.function.v1.FunctionService',
])('%s is served: a harmless CancelJob is NOT_FOUND', async (serviceName) => {
  const { service } = await createServed(() => {});
  const client = new Client(service.address ?? '', credentials.createInsecure());
  const code = await new Promise((resolve) => {
    client.makeUnaryRequest(
      `/${serviceName}/CancelJob`,
      (value: CancelJobRequest) => Buffer.from(CancelJobRequest.encode(value).finish()),
      (bytes: Buffer) => CancelJobResponse.decode(bytes),
      { jobId: '' },
      (error) => resolve(error?.code),
    );
  });
  client.close();
  expect(code).toBe(5);
});

function untilAborted(signal: AbortSignal): Promise<never> {
  return new Promise((_resolve, reject) => {
    signal.addEventListener('abort', () => reject(signal.reason));
  });
}
