import { randomBytes } from 'node:crypto';
import { credentials, Metadata, makeClientConstructor } from '@grpc/grpc-js';
import { describe, expect, test } from 'vitest';
import { InvokeRequest, InvokeResponse } from '../../../src/protocol/gen/croupier/function/v1/function.js';
import {
  FunctionServiceService,
  InvokerServiceService,
} from '../../../src/protocol/gen/croupier/sdk/v1/sdk.js';
import { answerStream, FaultServer } from '../protocol/fault-server.js';
import { type FakeChildOptions, startChild } from './fake-child.js';
import {
  Caller,
  cleanUp,
  grpcStatus,
  invokeRequest,
  openService,
  reasonOf,
  startGateway,
  startGeneration,
  until,
} from './harness.js';

async function startRouted(options: FakeChildOptions = {}) {
  const { gateway } = await startGateway();
  const service = openService(gateway);
  const child = await startChild(options);
  await startGeneration(service, 1, child.address);
  service.gate.route(1);
  return { gateway, gate: service.gate, child, caller: new Caller(gateway.address) };
}

function metadata(entries: Record<string, readonly (string | Buffer)[]>): Metadata {
  const made = new Metadata();
  for (const [key, values] of Object.entries(entries)) for (const value of values) made.add(key, value);
  return made;
}

/** Calls a method with bytes as they are, and gives back the bytes of the answer. */
function callRaw(address: string, path: string, request: Buffer): Promise<Buffer> {
  const pass = (bytes: Buffer): Buffer => bytes;
  const Client = makeClientConstructor(
    {
      raw: {
        path,
        requestStream: false,
        responseStream: false,
        requestSerialize: pass,
        requestDeserialize: pass,
        responseSerialize: pass,
        responseDeserialize: pass,
      },
    },
    'Raw',
  );
  const client = new Client(address, credentials.createInsecure(), { 'grpc.max_receive_message_length': -1 });
  cleanUp(() => client.close());
  return new Promise((resolve, reject) => {
    client.makeUnaryRequest(path, pass, pass, request, (error, answer) => {
      if (error === null && answer !== undefined) resolve(answer);
      else reject(error);
    });
  });
}

describe('metadata', () => {
  test('of the call reaches the child, repeated and binary values too', async () => {
    const { caller, child } = await startRouted({ invoke: (call) => call.answer('ok') });
    const binary = Buffer.from([0, 1, 255, 128]);
    const sent = metadata({ route: ['hash'], 'x-many': ['1', '2'], 'x-data-bin': [binary], game_id: ['g'] });
    await caller.invoke('player.ban', { metadata: sent }).result;
    const received = child.calls[0]?.metadata;
    expect(received?.get('route')).toEqual(['hash']);
    expect(received?.get('x-many').join(', ')).toBe('1, 2');
    expect(received?.get('x-data-bin')).toEqual([binary]);
    expect(received?.get('game_id')).toEqual(['g']);
  });

  test('of the answer reaches the caller, leading and trailing', async () => {
    const binary = Buffer.from([9, 8, 7]);
    const { caller } = await startRouted({
      invoke(call) {
        call.sendHeaders(metadata({ 'x-lead': ['1'], 'x-lead-bin': [binary] }));
        call.answer('ok', metadata({ 'x-trail': ['2'], 'x-trail-bin': [binary] }));
      },
    });
    const answer = await caller.invoke('player.ban').result;
    expect(answer.headers.get('x-lead')).toEqual(['1']);
    expect(answer.headers.get('x-lead-bin')).toEqual([binary]);
    expect(answer.trailers.get('x-trail')).toEqual(['2']);
    expect(answer.trailers.get('x-trail-bin')).toEqual([binary]);
  });

  test('of a failure reaches the caller', async () => {
    const details = Buffer.from('status details');
    const { caller } = await startRouted({
      invoke: (call) =>
        call.fail(
          grpcStatus.FAILED_PRECONDITION,
          'not now',
          metadata({ 'grpc-status-details-bin': [details] }),
        ),
    });
    const answer = await caller.invoke('player.ban').result;
    expect([answer.code, answer.message]).toEqual([grpcStatus.FAILED_PRECONDITION, 'not now']);
    expect(answer.trailers.get('grpc-status-details-bin')).toEqual([details]);
    expect(reasonOf(answer)).toBeNull();
  });
});

describe('the deadline', () => {
  test('is passed on as what is left of it', async () => {
    const { caller, child } = await startRouted({ invoke: (call) => call.answer('ok') });
    await caller.invoke('player.ban', { deadlineMs: 20_000 }).result;
    const remaining = child.calls[0]?.remainingMs ?? 0;
    expect(remaining).toBeGreaterThan(5000);
    expect(remaining).toBeLessThanOrEqual(20_000);
  });

  test('is less after a hold', async () => {
    const { gate, caller, child } = await startRouted({ invoke: (call) => call.answer('ok') });
    gate.hold('all');
    const startedAt = performance.now();
    const call = caller.invoke('player.ban', { deadlineMs: 20_000 });
    await until(
      '100 ms have passed in the queue',
      () => gate.held() === 1 && performance.now() - startedAt > 100,
    );
    gate.route(1);
    await call.result;
    expect(child.calls[0]?.remainingMs).toBeLessThanOrEqual(19_910);
  });

  test('is not invented where the caller has none', async () => {
    const { caller, child } = await startRouted({ invoke: (call) => call.answer('ok') });
    await caller.invoke('player.ban').result;
    expect(child.calls[0]?.remainingMs).toBeNull();
  });

  test('that passes ends the call at the child as well', async () => {
    const { caller, child } = await startRouted();
    const answer = await caller.invoke('player.ban', { deadlineMs: 200 }).result;
    expect([answer.code, reasonOf(answer)]).toEqual([grpcStatus.DEADLINE_EXCEEDED, null]);
    await until('the child knows', () => child.calls[0]?.isCancelled === true);
  });
});

describe('bytes', () => {
  /** Field 99, length-delimited, "new": a field that these definitions do not have. */
  const unknownField = Buffer.from([0x9a, 0x06, 0x03, 0x6e, 0x65, 0x77]);

  async function startBytes(body: Buffer) {
    const { gateway } = await startGateway();
    const service = openService(gateway);
    const child = new FaultServer((stream) => answerStream(stream, { body }));
    await child.listen();
    cleanUp(() => child.close());
    await startGeneration(service, 1, child.address);
    service.gate.route(1);
    return { child, address: gateway.address };
  }

  test('of 5 MiB with unknown fields go through both ways as they are', async () => {
    const payload = randomBytes(5 * 1024 * 1024);
    const request = Buffer.concat([
      unknownField,
      InvokeRequest.encode({ ...invokeRequest('player.ban'), payload, metadata: { a: 'b' } }).finish(),
      unknownField,
    ]);
    const answer = Buffer.concat([InvokeResponse.encode({ payload }).finish(), unknownField]);
    const { child, address } = await startBytes(answer);
    const received = await callRaw(address, InvokerServiceService.invoke.path, request);
    expect(received.equals(answer)).toBe(true);
    expect(child.streams.at(-1)?.message.equals(request)).toBe(true);
  });

  test('of an empty answer are an empty answer', async () => {
    const { address } = await startBytes(Buffer.alloc(0));
    const request = Buffer.from(InvokeRequest.encode(invokeRequest('player.ban')).finish());
    expect(await callRaw(address, InvokerServiceService.invoke.path, request)).toHaveLength(0);
  });

  test('that are no InvokeRequest are refused in words', async () => {
    const { address } = await startBytes(Buffer.alloc(0));
    await expect(
      callRaw(address, InvokerServiceService.invoke.path, Buffer.from([0x0a, 0x10])),
    ).rejects.toMatchObject({
      code: grpcStatus.INVALID_ARGUMENT,
      details: expect.stringContaining('not valid protobuf'),
    });
  });
});

test('callers may use any name of the service, whatever the child serves', async () => {
  const { gateway, child } = await startRouted({
    services: ['function'],
    invoke: (call) => call.answer('ok'),
  });
  const request = Buffer.from(InvokeRequest.encode(invokeRequest('player.ban')).finish());
  for (const path of [
    InvokerServiceService.invoke.path,
    FunctionServiceService.invoke.path,
    '/croupier.function.v1.FunctionService/Invoke',
  ]) {
    const answer = await callRaw(gateway.address, path, request);
    expect(InvokeResponse.decode(answer).payload.toString()).toBe('ok');
  }
  expect(child.calls).toHaveLength(3);
});

test('a function that calls back into the gateway and another caller are served side by side', async () => {
  const { gateway, child } = await startRouted({
    invoke(call) {
      if (call.request.payload.toString() !== 'outer') {
        call.answer('inner');
        return;
      }
      void new Caller(gateway.address)
        .invoke('player.ban', { payload: 'inner' })
        .result.then((inner) => call.answer(`outer(${inner.payload})`));
    },
  });
  const [one, two] = [new Caller(gateway.address), new Caller(gateway.address)];
  const [first, second] = await Promise.all([
    one.invoke('player.ban', { payload: 'outer' }).result,
    two.invoke('player.ban', { payload: 'plain' }).result,
  ]);
  expect([first.payload, second.payload]).toEqual(['outer(inner)', 'inner']);
  expect(child.calls).toHaveLength(3);
});
