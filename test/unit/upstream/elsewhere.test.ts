import { status } from '@grpc/grpc-js';
import { afterEach, expect, test } from 'vitest';
import {
  GetJobResultRequest,
  GetJobResultResponse,
} from '../../../src/protocol/gen/croupier/agent/local/v1/local.js';
import {
  CancelJobRequest,
  CancelJobResponse,
  type FunctionServiceServer,
  InvokeRequest,
  InvokeResponse,
  JobEvent,
  JobStreamRequest,
  StartJobResponse,
} from '../../../src/protocol/gen/croupier/function/v1/function.js';
import type { CallForOthers } from '../../../src/upstream/types.js';
import { Linked } from './agent-fixtures.js';
import { FakeAgent } from './fake-agent.js';
import { barrier, until } from './server-fixtures.js';

/** One of its own for each call, as callers have. */
const patient = (): AbortSignal => new AbortController().signal;
const cleanup: (() => Promise<unknown>)[] = [];

afterEach(async () => {
  for (const one of cleanup.splice(0).reverse()) await one();
});

/** What reached the functions behind the agent. */
interface Reached {
  readonly functionId: string;
  readonly payload: string;
  readonly header: unknown;
  readonly binary: readonly unknown[];
  readonly repeated: readonly unknown[];
  readonly odd: readonly unknown[];
}

async function start(): Promise<{
  readonly agent: FakeAgent;
  readonly linked: Linked;
  readonly reached: Reached[];
  readonly cancelled: string[];
}> {
  const reached: Reached[] = [];
  const cancelled: string[] = [];
  const agent = new FakeAgent();
  const functions: FunctionServiceServer = {
    invoke: (call, respond) => {
      const { functionId, payload } = call.request;
      reached.push({
        functionId,
        payload: payload.toString(),
        header: call.metadata.get('croupier-passed')[0],
        binary: call.metadata.get('trace-bin'),
        repeated: call.metadata.get('x-many'),
        odd: call.metadata.get('x-odd'),
      });
      call.once('cancelled', () => cancelled.push(functionId));
      if (functionId === 'slow') return;
      if (functionId === 'fails') respond({ code: status.FAILED_PRECONDITION, details: 'not now' });
      else respond(null, { payload: Buffer.from('answer') });
    },
    startJob: (_call, respond) => respond(null, { jobId: 'job-7' }),
    streamJob: (call) => {
      const { jobId } = call.request;
      if (jobId !== 'job-7') {
        call.emit('error', { code: status.NOT_FOUND, details: `no job ${jobId}` });
        return;
      }
      for (const type of ['progress', 'done'])
        call.write({ type, message: '', progress: 50, payload: Buffer.from('x') });
      call.end();
    },
    cancelJob: (call, respond) => respond(null, { jobId: call.request.jobId }),
  };
  agent.functions = functions;
  await agent.start();
  cleanup.push(() => agent.stop());
  agent.add('other', '127.0.0.1:4711', 'f', 'slow', 'fails');
  agent.add('other-of-ours', '127.0.0.1:1', 'ours');
  const linked = new Linked(agent.port);
  cleanup.push(() => linked.upstream.close());
  await linked.connected();
  return { agent, linked, reached, cancelled };
}

function invocation(functionId: string, part: Partial<CallForOthers> = {}): CallForOthers {
  const request = InvokeRequest.encode({
    functionId,
    idempotencyKey: 'k',
    payload: Buffer.from('question'),
    metadata: { route: 'lb' },
  }).finish();
  return {
    method: 'Invoke',
    functionId,
    request: Buffer.from(request),
    metadata: {
      'croupier-passed': ['1'],
      'trace-bin': ['AAEC,/w', 'BA=='],
      'x-many': ['b', 'a'],
      'x-odd': ['caf\u00e9'],
    },
    timeoutMs: null,
    ...part,
  };
}

test('a call for a function of somebody else reaches it, marked, and the answer comes back', async () => {
  const { linked, reached } = await start();
  const answer = await linked.upstream.others.pass(invocation('f'), patient());
  expect(answer?.status.code).toBe(status.OK);
  expect(InvokeResponse.decode(answer?.body ?? Buffer.alloc(0)).payload.toString()).toBe('answer');
  expect(reached).toMatchObject([{ functionId: 'f', payload: 'question', header: '1' }]);
});

test('its headers go with it, repeated and binary ones as well; what cannot be one is left out', async () => {
  const { linked, reached } = await start();
  await linked.upstream.others.pass(invocation('f'), patient());
  expect(reached).toMatchObject([
    {
      binary: [Buffer.from([0, 1, 2]), Buffer.from([255]), Buffer.from([4])],
      repeated: ['b, a'],
      odd: [],
    },
  ]);
});

test('a failure comes back as it is', async () => {
  const { linked } = await start();
  const answer = await linked.upstream.others.pass(invocation('fails'), patient());
  expect(answer).toMatchObject({
    status: { code: status.FAILED_PRECONDITION, message: 'not now' },
    body: null,
  });
});

test.each(['nobody', 'ours'])('a function that %s serves is not asked for', async (functionId) => {
  const { linked, reached } = await start();
  expect(await linked.upstream.others.pass(invocation(functionId), patient())).toBe(null);
  expect(reached).toEqual([]);
});

test('many calls in a row ask for the list once', async () => {
  const { agent, linked } = await start();
  const { lists } = agent;
  await Promise.all(
    Array.from({ length: 50 }, () => linked.upstream.others.pass(invocation('f'), patient())),
  );
  expect(agent.lists - lists).toBeLessThanOrEqual(2);
});

test('of an agent that cannot list it is assumed', async () => {
  const { agent, linked, reached } = await start();
  agent.canList = false;
  await linked.upstream.others.pass(invocation('whatever'), patient());
  expect(reached).toHaveLength(1);
});

test('a caller that goes away is gone there as well, and its deadline holds', async () => {
  const { linked, reached, cancelled } = await start();
  const caller = new AbortController();
  const answer = linked.upstream.others.pass(invocation('slow'), caller.signal);
  await until('there', () => reached.length === 1);
  caller.abort();
  expect((await answer)?.status.code).toBe(status.CANCELLED);
  await until('gone', () => cancelled.length === 1);
  const late = await linked.upstream.others.pass(invocation('slow', { timeoutMs: 100 }), patient());
  expect(late?.status.code).toBe(status.DEADLINE_EXCEEDED);
});

test('jobs are started, read, cancelled and asked about under the ids of the agent', async () => {
  const { others } = (await start()).linked.upstream;
  const started = await others.pass(invocation('f', { method: 'StartJob' }), patient());
  expect(StartJobResponse.decode(started?.body ?? Buffer.alloc(0)).jobId).toBe('job-7');
  const about = (method: CallForOthers['method'], request: Uint8Array): CallForOthers =>
    invocation('', { method, request: Buffer.from(request) });
  const job = { jobId: 'job-7' };
  const cancelled = await others.pass(about('CancelJob', CancelJobRequest.encode(job).finish()), patient());
  expect(CancelJobResponse.decode(cancelled?.body ?? Buffer.alloc(0)).jobId).toBe('job-7');
  const result = await others.pass(
    about('GetJobResult', GetJobResultRequest.encode(job).finish()),
    patient(),
  );
  expect(GetJobResultResponse.decode(result?.body ?? Buffer.alloc(0))).toMatchObject({ state: 'done' });
});

test('the events of a job come one at a time', async () => {
  const { others } = (await start()).linked.upstream;
  const request = Buffer.from(JobStreamRequest.encode({ jobId: 'job-7' }).finish());
  const types: string[] = [];
  const first = barrier();
  const reading = others.read(
    invocation('', { method: 'StreamJob', request }),
    async (event) => {
      types.push(JobEvent.decode(event).type);
      if (types.length === 1) await first.opened;
    },
    patient(),
  );
  await until('the first', () => types.length === 1);
  await new Promise((resolve) => setImmediate(resolve));
  expect(types).toEqual(['progress']);
  first.open();
  expect((await reading)?.status.code).toBe(status.OK);
  expect(types).toEqual(['progress', 'done']);
  const none = Buffer.from(JobStreamRequest.encode({ jobId: 'none' }).finish());
  const failed = await others.read(
    invocation('', { method: 'StreamJob', request: none }),
    async () => undefined,
    patient(),
  );
  expect(failed?.status).toEqual({ code: status.NOT_FOUND, message: 'no job none' });
});

test('a broken message is answered, and sent nowhere', async () => {
  const { linked, reached } = await start();
  const request = Buffer.from([0x0a, 0xff]);
  const answer = await linked.upstream.others.pass(invocation('f', { request }), patient());
  expect(answer?.status.code).toBe(status.INVALID_ARGUMENT);
  expect(reached).toEqual([]);
});

test('without a connection nobody is asked', async () => {
  const { agent, linked } = await start();
  await agent.stop();
  await until('lost', () => linked.upstream.status.state === 'lost');
  expect(await linked.upstream.others.pass(invocation('f'), patient())).toBe(null);
  expect(
    await linked.upstream.others.read(
      invocation('', { method: 'StreamJob' }),
      async () => undefined,
      patient(),
    ),
  ).toBe(null);
});
