import { randomBytes } from 'node:crypto';
import { Metadata } from '@grpc/grpc-js';
import { describe, expect, test } from 'vitest';
import { answerStream } from '../protocol/fault-server.js';
import { event, type FakeChildOptions, startChild, startEcho } from './fake-child.js';
import { startFaultChild } from './fault-child.js';
import { Caller, grpcStatus, openService, startGateway, startGeneration, until } from './harness.js';
import { JsonCaller, type WireAnswer } from './json-caller.js';

const JSON_TYPE = 'application/grpc+json';
const FUNCTION_SERVICES = [
  'croupier.sdk.v1.InvokerService',
  'croupier.function.v1.FunctionService',
  'croupier.sdk.v1.FunctionService',
];
const CONTROL_SERVICES = [
  ['croupier.agent.local.v1.LocalControlService', 'RegisterLocal', 'ListLocal'],
  ['croupier.sdk.v1.LocalControlService', 'RegisterLocal', 'ListLocal'],
  ['croupier.sdk.v1.ClientService', 'RegisterClient', 'ListClients'],
] as const;
const INVOKE = `/${FUNCTION_SERVICES[0]}/Invoke`;

async function startRouted(options: FakeChildOptions = {}) {
  const { gateway } = await startGateway();
  const service = openService(gateway);
  const child = await startChild(options);
  const agentAddress = await startGeneration(service, 1, child.address);
  service.gate.route(1);
  return { gateway, gate: service.gate, child, agentAddress, caller: new JsonCaller(gateway.address) };
}

function base64(text: string | Buffer): string {
  return Buffer.from(text).toString('base64');
}

function parsed(answer: WireAnswer): unknown {
  expect(answer.bodies).toHaveLength(1);
  return JSON.parse(answer.bodies[0] ?? '');
}

describe.each(FUNCTION_SERVICES)('%s', (service) => {
  test('answers Invoke in JSON, and the child is none the wiser', async () => {
    const { caller, child } = await startRouted({ invoke: (call) => call.answer('{"ok":true}') });
    const answer = await caller.call(`/${service}/Invoke`, {
      function_id: 'player.ban',
      idempotency_key: 'once',
      payload: base64('{"player":"p1"}'),
      metadata: { game_id: 'g1' },
    });
    expect([answer.code, answer.contentType]).toEqual([grpcStatus.OK, JSON_TYPE]);
    expect(parsed(answer)).toEqual({ payload: base64('{"ok":true}') });
    expect(child.calls[0]?.request).toEqual({
      functionId: 'player.ban',
      idempotencyKey: 'once',
      payload: Buffer.from('{"player":"p1"}'),
      metadata: { game_id: 'g1' },
    });
  });

  test('takes a job from its start to its end', async () => {
    const { caller, child } = await startRouted();
    const started = parsed(await caller.call(`/${service}/StartJob`, { function_id: 'player.ban' }));
    expect(started).toEqual({ job_id: expect.stringMatching(/^job-/) });
    await until('the job runs', () => child.streams.length === 1);
    const events: unknown[] = [];
    const reading = caller.call(`/${service}/StreamJob`, started, {
      onBody: (body) => events.push(JSON.parse(body)),
    });
    child.streams[0]?.write(event('progress', { progress: 50, message: 'half' }));
    await until('an event is read while the job runs', () => events.length === 1);
    expect(parsed(await caller.call(`/${service}/CancelJob`, started))).toEqual(started);
    expect(child.cancelled).toEqual(['job-1']);
    child.streams[0]?.write(event('completed', { payload: Buffer.from('done') }));
    child.streams[0]?.end();
    const answer = await reading;
    expect([answer.code, answer.contentType]).toEqual([grpcStatus.OK, JSON_TYPE]);
    expect(events).toEqual([
      { type: 'progress', message: 'half', progress: 50 },
      { type: 'done', payload: base64('done') },
    ]);
  });
});

describe.each(CONTROL_SERVICES)('%s', (service, register, list) => {
  test('registers, lists, takes heartbeats and tells results in JSON', async () => {
    const { gateway } = await startGateway();
    const caller = new JsonCaller(gateway.address);
    const child = await startEcho('hello');
    const registered = await caller.call(`/${service}/${register}`, {
      service_id: 'x',
      version: '1.0.0',
      rpc_addr: child.address,
      functions: [{ id: 'greet', version: '2.0.0', input_schema: '{}' }],
    });
    expect(registered.contentType).toBe(JSON_TYPE);
    const session = parsed(registered);
    expect(session).toEqual({ session_id: expect.stringMatching(/./) });
    expect(gateway.functions()).toMatchObject([{ id: 'greet', version: '2.0.0', inputSchema: '{}' }]);
    const beat = await caller.call(`/${service}/Heartbeat`, { service_id: 'x' });
    expect([beat.code, beat.bodies, beat.contentType]).toEqual([0, ['{}'], JSON_TYPE]);
    expect(parsed(await caller.call(`/${service}/${list}`, '{}'))).toEqual({
      functions: [
        {
          id: 'greet',
          instances: [
            { service_id: 'x', addr: child.address, version: '2.0.0', last_seen: expect.any(String) },
          ],
        },
      ],
    });
    const { job_id: jobId } = Object(
      parsed(await caller.call(`/${FUNCTION_SERVICES[0]}/StartJob`, { function_id: 'greet' })),
    );
    expect(parsed(await caller.call(`/${service}/GetJobResult`, { job_id: jobId }))).toEqual({
      state: 'running',
    });
  });
});

test('Describe answers in JSON', async () => {
  const { gateway } = await startGateway();
  const answer = await new JsonCaller(gateway.address).call('/croupier.dev.v1.SessionService/Describe', {});
  expect(parsed(answer)).toEqual({
    session_id: 'this session',
    version: '1.2.3',
    pid: 4711,
    services: ['game', 'shop'],
    leaving: ['game-1'],
  });
});

test("a generation's own listener speaks it, too", async () => {
  const { agentAddress } = await startRouted({ invoke: (call) => call.answer('inner') });
  const answer = await new JsonCaller(agentAddress).call(INVOKE, { function_id: 'player.ban' });
  expect(parsed(answer)).toEqual({ payload: base64('inner') });
});

describe('a failure', () => {
  test("of the child's comes through with its code, its words and its trailers", async () => {
    const trailers = new Metadata();
    trailers.set('x-detail', 'why');
    const { caller } = await startRouted({
      invoke: (call) => call.fail(grpcStatus.PERMISSION_DENIED, 'nö', trailers),
    });
    const answer = await caller.call(INVOKE, { function_id: 'player.ban' });
    expect(answer).toMatchObject({
      code: grpcStatus.PERMISSION_DENIED,
      message: 'nö',
      contentType: JSON_TYPE,
      bodies: [],
    });
    expect({ ...answer.headers, ...answer.trailers }['x-detail']).toBe('why');
  });

  test('of the gateway keeps its reason', async () => {
    const { gateway } = await startGateway();
    const { gate } = openService(gateway);
    gate.fail('generation-failed', 'broken');
    const answer = await new JsonCaller(gateway.address).call(INVOKE, { function_id: 'player.ban' });
    expect(answer).toMatchObject({
      code: grpcStatus.UNAVAILABLE,
      message: 'generation-failed: broken',
      contentType: JSON_TYPE,
    });
    expect({ ...answer.headers, ...answer.trailers }['croupier-reason']).toBe('generation-failed');
  });

  test('of a stream is told as well', async () => {
    const { caller } = await startRouted();
    const answer = await caller.call(`/${FUNCTION_SERVICES[0]}/StreamJob`, { job_id: 'none' });
    expect(answer).toMatchObject({ code: grpcStatus.NOT_FOUND, contentType: JSON_TYPE, bodies: [] });
    expect(answer.message).toContain('there is no job "none"');
  });

  test('that the answer is no protobuf is INTERNAL, and says so', async () => {
    const { gateway } = await startGateway();
    const service = openService(gateway);
    const child = await startFaultChild((call) => answerStream(call, { body: Buffer.from([0x0a, 0x7f]) }));
    await startGeneration(service, 1, child.address);
    service.gate.route(1);
    const answer = await new JsonCaller(gateway.address).call(INVOKE, { function_id: 'player.ban' });
    expect(answer.code).toBe(grpcStatus.INTERNAL);
    expect(answer.message).toMatch(/^the answer cannot be given as JSON: the message is not valid protobuf/);
  });
});

describe('a request that is wrong', () => {
  test.each([
    ['Invoke', '{"function_id": "player.ban"', 'the message is not valid JSON'],
    ['Invoke', '{"function_id": "player.ban", "payload": 1}', 'payload: expected base64 text, got 1'],
    ['StartJob', '{"function_id": {}}', 'function_id: expected a string, got an object'],
    ['StreamJob', '{"job_id": 1}', 'job_id: expected a string, got 1'],
    ['CancelJob', '{]', 'the message is not valid JSON'],
    ['Invoke', '{}', 'function_id is empty'],
  ])('in %s %s is INVALID_ARGUMENT', async (method, request, problem) => {
    const { caller, child } = await startRouted();
    const answer = await caller.call(`/${FUNCTION_SERVICES[0]}/${method}`, request);
    expect([answer.code, answer.contentType]).toEqual([grpcStatus.INVALID_ARGUMENT, JSON_TYPE]);
    expect(answer.message).toContain(problem);
    expect(child.calls).toEqual([]);
  });

  test('with half a character where its text is cut is still answered', async () => {
    const { caller } = await startRouted();
    // The parser shows ten characters around the mistake, and cuts where it likes.
    const answer = await caller.call(INVOKE, `{"${'😀'.repeat(20)}" ${'😀'.repeat(20)}`);
    expect(answer.code).toBe(grpcStatus.INVALID_ARGUMENT);
    const unknown = await caller.call(INVOKE, { function_id: `${'a'.repeat(199)}😀` });
    expect(unknown.code).toBe(grpcStatus.NOT_FOUND);
  });
});

test('a payload of 20 MiB goes there and back', async () => {
  const { caller } = await startRouted({ invoke: (call) => call.answer(call.request.payload) });
  const payload = base64(randomBytes(20 * 1024 * 1024));
  const answer = await caller.call(INVOKE, { function_id: 'player.ban', payload });
  expect(parsed(answer)).toEqual({ payload });
});

test('an answer that JSON makes too large is an error and no silence', async () => {
  const { caller } = await startRouted({ invoke: (call) => call.answer(Buffer.alloc(50 * 1024 * 1024)) });
  const answer = await caller.call(INVOKE, { function_id: 'player.ban' });
  expect(answer.code).toBe(grpcStatus.RESOURCE_EXHAUSTED);
});

test('a call in JSON waits in the hold queue like any other', async () => {
  const { gate, caller, gateway } = await startRouted({ invoke: (call) => call.answer('later') });
  gate.hold('all');
  const call = caller.call(INVOKE, { function_id: 'player.ban' });
  const other = new Caller(gateway.address).invoke('player.ban');
  await until('both wait', () => gate.held() === 2);
  gate.route(1);
  expect(parsed(await call)).toEqual({ payload: base64('later') });
  expect((await other.result).payload).toBe('later');
});

test('callers with protobuf are answered in protobuf', async () => {
  const { caller } = await startRouted({ invoke: (call) => call.answer('{"ok":true}') });
  // The caller's content type is of no account: what it sent is.
  const answer = await caller.call(INVOKE, Buffer.from('0a0a706c617965722e62616e', 'hex'), {
    headers: { 'content-type': 'application/grpc' },
  });
  expect(answer).toMatchObject({ code: grpcStatus.OK, contentType: 'application/grpc+proto' });
  expect(answer.bodies).toEqual(['\n\x0b{"ok":true}']);
});
