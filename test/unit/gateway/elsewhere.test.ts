import { Metadata } from '@grpc/grpc-js';
import { describe, expect, test } from 'vitest';
import { Jobs } from '../../../src/gateway/jobs.js';
import { PassedJobs } from '../../../src/gateway/passed-jobs.js';
import type { ElsewherePort, PassedCall } from '../../../src/gateway/types.js';
import { GetJobResultResponse } from '../../../src/protocol/gen/croupier/agent/local/v1/local.js';
import {
  CancelJobRequest,
  InvokeRequest,
  InvokeResponse,
  JobEvent,
  StartJobResponse,
} from '../../../src/protocol/gen/croupier/function/v1/function.js';
import type { RawAnswer, RawUnaryCall } from '../../../src/protocol/raw-server.js';
import { settle, VirtualClock } from '../../support/virtual-clock.js';
import { event, startEcho } from './fake-child.js';
import {
  Caller,
  grpcStatus,
  listLocal,
  openService,
  startGateway,
  startGeneration,
  until,
} from './harness.js';
import { JsonCaller } from './json-caller.js';

function answered(body: Uint8Array, fields: Partial<RawAnswer> = {}): RawAnswer {
  return {
    status: { code: grpcStatus.OK, message: '' },
    headers: null,
    trailers: {},
    body: Buffer.from(body),
    ...fields,
  };
}

function payload(text: string): Uint8Array {
  return InvokeResponse.encode({ payload: Buffer.from(text) }).finish();
}

interface Asked {
  readonly call: PassedCall;
  readonly signal: AbortSignal;
}

/** Somebody else, in the test's hand. Without an answer to a method it knows nothing of it. */
class FakeElsewhere implements ElsewherePort {
  readonly asked: Asked[] = [];
  readonly #answers: Partial<Record<PassedCall['method'], (asked: Asked) => Promise<RawAnswer | null>>>;
  readonly #read: ElsewherePort['read'];

  constructor(
    answers: Partial<Record<PassedCall['method'], (asked: Asked) => Promise<RawAnswer | null>>> = {},
    read: ElsewherePort['read'] = async () => null,
  ) {
    this.#answers = answers;
    this.#read = read;
  }

  get methods(): readonly string[] {
    return this.asked.map(({ call }) => call.method);
  }

  async pass(call: PassedCall, signal: AbortSignal): Promise<RawAnswer | null> {
    const asked = { call, signal };
    this.asked.push(asked);
    return (await this.#answers[call.method]?.(asked)) ?? null;
  }

  read(call: PassedCall, onEvent: (one: Buffer) => Promise<void>, signal: AbortSignal) {
    this.asked.push({ call, signal });
    return this.#read(call, onEvent, signal);
  }
}

function neverAnswers(): Promise<null> {
  return new Promise(() => undefined);
}

/** A service that serves `player.ban`, a caller inside its process and one outside. */
async function start(elsewhere: FakeElsewhere, options: { readonly clock?: VirtualClock } = {}) {
  const { gateway } = await startGateway({ ...options, elsewhere });
  const service = openService(gateway);
  const child = await startEcho('here');
  const agentAddress = await startGeneration(service, 1, child.address);
  service.gate.route(1);
  return {
    gateway,
    service,
    gate: service.gate,
    agentAddress,
    inside: new Caller(agentAddress),
    outside: new Caller(gateway.address),
  };
}

describe('a call from inside for a function that nobody here serves', () => {
  test('is passed on whole, and its answer comes back whole', async () => {
    const trailers = { 'x-told': ['there'] };
    const elsewhere = new FakeElsewhere({ Invoke: async () => answered(payload('there'), { trailers }) });
    const { inside, gate } = await start(elsewhere);
    const metadata = new Metadata();
    metadata.set('game_id', 'g1');
    const options = { payload: 'in', idempotencyKey: 'once', metadata, deadlineMs: 60_000 };
    const answer = await inside.invoke('shop.buy', options).result;
    expect([answer.payload, answer.trailers.get('x-told')]).toEqual(['there', ['there']]);
    const [asked] = elsewhere.asked;
    expect(asked?.call).toMatchObject({
      method: 'Invoke',
      functionId: 'shop.buy',
      metadata: { game_id: ['g1'], 'croupier-passed': ['1'] },
    });
    expect(asked?.call.timeoutMs).toBeGreaterThan(30_000);
    expect(asked?.call.timeoutMs).toBeLessThanOrEqual(60_000);
    expect(InvokeRequest.decode(asked?.call.request ?? Buffer.alloc(0))).toMatchObject({
      functionId: 'shop.buy',
      idempotencyKey: 'once',
      payload: Buffer.from('in'),
    });
    expect(gate.counters()).toMatchObject({ held: 0, answered: 0, lost: 0 });
  });

  test('gets the failure that came back, not one of ours', async () => {
    const status = { code: grpcStatus.NOT_FOUND, message: 'no such player' };
    const elsewhere = new FakeElsewhere({
      Invoke: async () => ({ status, headers: null, trailers: {}, body: null }),
    });
    const { inside } = await start(elsewhere);
    expect(await inside.invoke('shop.buy').result).toMatchObject(status);
  });

  test('is NOT_FOUND with the nearest name where nobody else serves it, either', async () => {
    const elsewhere = new FakeElsewhere();
    const { inside } = await start(elsewhere);
    expect(await inside.invoke('player.bna').result).toMatchObject({
      code: grpcStatus.NOT_FOUND,
      message: expect.stringContaining('did you mean "player.ban"?'),
    });
    expect(elsewhere.methods).toEqual(['Invoke']);
  });

  test('that was passed on before is not passed on again', async () => {
    const elsewhere = new FakeElsewhere({ Invoke: async () => answered(payload('there')) });
    const { inside } = await start(elsewhere);
    const metadata = new Metadata();
    metadata.set('croupier-passed', '1');
    expect((await inside.invoke('shop.buy', { metadata }).result).code).toBe(grpcStatus.NOT_FOUND);
    expect(elsewhere.asked).toEqual([]);
  });

  test('may be in JSON', async () => {
    const elsewhere = new FakeElsewhere({ Invoke: async () => answered(payload('there')) });
    const { agentAddress } = await start(elsewhere);
    const path = '/croupier.function.v1.FunctionService/Invoke';
    const answer = await new JsonCaller(agentAddress).call(path, { function_id: 'shop.buy' });
    expect(answer.bodies).toEqual([`{"payload":"${Buffer.from('there').toString('base64')}"}`]);
    expect(elsewhere.asked[0]?.call.functionId).toBe('shop.buy');
  });

  test('ends there when its caller goes away', async () => {
    const elsewhere = new FakeElsewhere({ Invoke: neverAnswers });
    const { inside } = await start(elsewhere);
    const call = inside.invoke('shop.buy');
    await until('it was passed on', () => elsewhere.asked.length === 1);
    expect(elsewhere.asked[0]?.signal.aborted).toBe(false);
    call.cancel();
    await until('it is told', () => elsewhere.asked[0]?.signal.aborted === true);
  });

  test('is answered when the gateway closes', async () => {
    const elsewhere = new FakeElsewhere({ Invoke: neverAnswers });
    const { inside, gateway } = await start(elsewhere);
    const call = inside.invoke('shop.buy');
    await until('it was passed on', () => elsewhere.asked.length === 1);
    await gateway.close();
    expect(await call.result).toMatchObject({
      code: grpcStatus.UNAVAILABLE,
      message: 'the gateway is closing',
    });
    expect(elsewhere.asked[0]?.signal.aborted).toBe(true);
  });

  test('is INTERNAL where passing it on went wrong', async () => {
    const elsewhere = new FakeElsewhere({ Invoke: async () => Promise.reject(new Error('a bug')) });
    const { inside } = await start(elsewhere);
    expect(await inside.invoke('shop.buy').result).toMatchObject({
      code: grpcStatus.INTERNAL,
      message: 'a bug',
    });
  });

  test('is passed on while its own service still starts; only then does it wait for that', async () => {
    const elsewhere = new FakeElsewhere({
      Invoke: async ({ call }) => (call.functionId === 'shop.buy' ? answered(payload('there')) : null),
    });
    const { gateway } = await startGateway({ elsewhere });
    const service = openService(gateway);
    const { agentAddress } = await service.gate.openGeneration(1);
    const inside = new Caller(agentAddress);
    expect((await inside.invoke('shop.buy').result).payload).toBe('there');
    const waiting = inside.invoke('player.ban');
    await until('it waits', () => service.gate.held() === 1);
    const child = await startEcho('here');
    await startGeneration(service, 2, child.address);
    service.gate.route(2);
    expect((await waiting.result).payload).toBe('here');
    expect(elsewhere.methods).toEqual(['Invoke', 'Invoke']);
  });

  test('that was held for a service which then comes without it is passed on after all', async () => {
    const elsewhere = new FakeElsewhere({ Invoke: async () => answered(payload('there')) });
    const { inside, service, gate } = await start(elsewhere);
    gate.retire(1);
    gate.hold('all');
    const call = inside.invoke('player.ban');
    await until('it waits', () => gate.held() === 1);
    expect(elsewhere.asked).toEqual([]);
    const next = await startEcho('next');
    await startGeneration(service, 2, next.address, { functions: ['other'] });
    gate.route(2);
    expect((await call.result).payload).toBe('there');
    expect(gate.counters()).toMatchObject({ held: 1, answered: 1, lost: 0 });
  });
});

describe('nothing else is passed on', () => {
  test('neither what is served here, also while it is held', async () => {
    const elsewhere = new FakeElsewhere({ Invoke: async () => answered(payload('there')) });
    const { inside, gate, outside } = await start(elsewhere);
    expect((await inside.invoke('player.ban').result).payload).toBe('here');
    gate.hold('all');
    const held = outside.invoke('player.ban');
    await until('it waits', () => gate.held() === 1);
    gate.route(1);
    expect((await held.result).payload).toBe('here');
    expect(elsewhere.asked).toEqual([]);
  });

  test('nor calls of the shared port', async () => {
    const elsewhere = new FakeElsewhere({ Invoke: async () => answered(payload('there')) });
    const { outside } = await start(elsewhere);
    expect((await outside.invoke('shop.buy').result).code).toBe(grpcStatus.NOT_FOUND);
    expect((await outside.startJob('shop.buy').result).code).toBe(grpcStatus.NOT_FOUND);
    expect(elsewhere.asked).toEqual([]);
  });

  test('nor calls from inside this process', async () => {
    const elsewhere = new FakeElsewhere({ Invoke: async () => answered(payload('there')) });
    const { gateway } = await start(elsewhere);
    const request = {
      functionId: 'shop.buy',
      idempotencyKey: '',
      payload: Buffer.alloc(0),
      metadata: {},
      deadlineMs: null,
      dispatchWithinMs: null,
    };
    const { signal } = new AbortController();
    expect(await gateway.calls.invoke(request, signal)).toMatchObject({ error: { code: 'NOT_FOUND' } });
    expect(elsewhere.asked).toEqual([]);
  });

  test('nor registrations and lists', async () => {
    const elsewhere = new FakeElsewhere();
    const { agentAddress } = await start(elsewhere);
    await listLocal(agentAddress);
    expect(elsewhere.asked).toEqual([]);
  });
});

describe('a job that was started elsewhere', () => {
  const started = async (): Promise<RawAnswer> =>
    answered(StartJobResponse.encode({ jobId: 'fn-1' }).finish());
  const ended: RawAnswer = {
    status: { code: grpcStatus.OK, message: '' },
    headers: null,
    trailers: { 'x-told': ['there'] },
    body: null,
  };

  test('is read, cancelled and asked for there, under the id that was given there', async () => {
    const result = { state: 'done', payload: Buffer.from('out'), error: '' };
    const elsewhere = new FakeElsewhere(
      {
        StartJob: started,
        CancelJob: async () => answered(CancelJobRequest.encode({ jobId: 'fn-1' }).finish()),
        GetJobResult: async () => answered(GetJobResultResponse.encode(result).finish()),
      },
      async (_call, onEvent) => {
        for (const type of ['progress', 'done']) {
          await onEvent(Buffer.from(JobEvent.encode(event(type)).finish()));
        }
        return ended;
      },
    );
    const { inside, agentAddress } = await start(elsewhere);
    expect((await inside.startJob('shop.buy').result).payload).toBe('fn-1');
    const reading = inside.streamJob('fn-1');
    const end = await reading.ended;
    expect([end.code, end.trailers.get('x-told')]).toEqual([grpcStatus.OK, ['there']]);
    expect(reading.types).toEqual(['progress', 'done']);
    expect((await inside.cancelJob('fn-1')).payload).toBe('fn-1');
    const path = '/croupier.agent.local.v1.LocalControlService/GetJobResult';
    const told = await new JsonCaller(agentAddress).call(path, { job_id: 'fn-1' });
    expect(JSON.parse(told.bodies[0] ?? '')).toEqual({ state: 'done', payload: 'b3V0' });
    expect(elsewhere.methods).toEqual(['StartJob', 'StreamJob', 'CancelJob', 'GetJobResult']);
    for (const { call } of elsewhere.asked) expect(call.metadata['croupier-passed']).toEqual(['1']);
  });

  test('is known to the next generation as well, and not to callers of the shared port', async () => {
    const elsewhere = new FakeElsewhere({ StartJob: started, CancelJob: started });
    const { inside, outside, gate } = await start(elsewhere);
    await inside.startJob('shop.buy').result;
    expect((await outside.cancelJob('fn-1')).code).toBe(grpcStatus.NOT_FOUND);
    const outsideReading = outside.streamJob('fn-1');
    expect((await outsideReading.ended).code).toBe(grpcStatus.NOT_FOUND);
    const { agentAddress } = await gate.openGeneration(2);
    expect((await new Caller(agentAddress).cancelJob('fn-1')).code).toBe(grpcStatus.OK);
    expect(elsewhere.methods).toEqual(['StartJob', 'CancelJob']);
  });

  test('that nobody started there is not asked for', async () => {
    const elsewhere = new FakeElsewhere({ StartJob: async () => answered(Buffer.alloc(0)) });
    const { inside } = await start(elsewhere);
    expect((await inside.startJob('shop.buy').result).payload).toBe('');
    expect((await inside.cancelJob('fn-1')).code).toBe(grpcStatus.NOT_FOUND);
    expect((await inside.streamJob('fn-1').ended).code).toBe(grpcStatus.NOT_FOUND);
    expect(elsewhere.methods).toEqual(['StartJob']);
  });

  test('that is forgotten there is NOT_FOUND', async () => {
    const elsewhere = new FakeElsewhere({ StartJob: started });
    const { inside } = await start(elsewhere);
    await inside.startJob('shop.buy').result;
    expect((await inside.cancelJob('fn-1')).code).toBe(grpcStatus.NOT_FOUND);
    expect((await inside.streamJob('fn-1').ended).code).toBe(grpcStatus.NOT_FOUND);
  });

  test('is read no faster than its reader reads, and not once that has left', async () => {
    let written = 0;
    let isBlocked = false;
    const elsewhere = new FakeElsewhere({ StartJob: started }, async (_call, onEvent, signal) => {
      const big = Buffer.from(JobEvent.encode(event('log', { payload: Buffer.alloc(256 * 1024) })).finish());
      while (!signal.aborted) {
        isBlocked = true;
        await onEvent(big);
        isBlocked = false;
        written += 1;
        // Lets the test look.
        await new Promise((resolve) => setImmediate(resolve));
      }
      return ended;
    });
    const { inside } = await start(elsewhere);
    await inside.startJob('shop.buy').result;
    const reading = inside.streamJob('fn-1');
    reading.pause();
    let before = -1;
    await until('it waits for its reader', () => {
      const isStill = isBlocked && written === before;
      before = written;
      return isStill;
    });
    const whileBlocked = written;
    reading.resume();
    await until('it goes on', () => written > whileBlocked);
    reading.pause();
    reading.cancel();
    await until('it has ended', () => elsewhere.asked[1]?.signal.aborted === true && !isBlocked);
  });

  test('ends there when the gateway closes', async () => {
    const elsewhere = new FakeElsewhere({ StartJob: started }, neverAnswers);
    const { inside, gateway } = await start(elsewhere);
    await inside.startJob('shop.buy').result;
    const reading = inside.streamJob('fn-1');
    await until('it is read', () => elsewhere.asked.length === 2);
    await gateway.close();
    expect(elsewhere.asked[1]?.signal.aborted).toBe(true);
    expect(await reading.ended).toMatchObject({
      code: grpcStatus.UNAVAILABLE,
      message: 'the gateway is closing',
    });
  });

  test('is forgotten when 1,000 others were asked about since', async () => {
    const elsewhere = new FakeElsewhere({ CancelJob: started });
    const jobs = new PassedJobs(new Jobs(new VirtualClock()), elsewhere);
    const cancel = async (jobId: string): Promise<number | null> => {
      let code: number | null = null;
      const call: RawUnaryCall = {
        request: Buffer.from(CancelJobRequest.encode({ jobId }).finish()),
        metadata: {},
        peer: '',
        remainingMs: null,
        onCancel: () => undefined,
        answer: ({ status }) => {
          code = status.code;
        },
      };
      jobs.answerCancel(call);
      await settle();
      return code;
    };
    for (let index = 0; index < 1000; index++) jobs.remember(`fn-${index}`);
    expect(await cancel('fn-0')).toBe(grpcStatus.OK);
    jobs.remember('one more');
    expect(await cancel('fn-1')).toBe(grpcStatus.NOT_FOUND);
    expect(await cancel('fn-0')).toBe(grpcStatus.OK);
  });
});
