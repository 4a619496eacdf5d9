import { describe, expect, test } from 'vitest';
import { InvokeRequest, InvokeResponse } from '../../../src/protocol/gen/croupier/function/v1/function.js';
import { answerStream } from '../protocol/fault-server.js';
import { startChild, startEcho } from './fake-child.js';
import { callsAt, isLeft, startFaultChild } from './fault-child.js';
import {
  Caller,
  generationOf,
  grpcStatus,
  openService,
  reasonOf,
  register,
  startGateway,
  startGeneration,
  type TestService,
  until,
} from './harness.js';

const ANSWER = Buffer.from(InvokeResponse.encode({ payload: Buffer.from('answer') }).finish());

async function startRouted(options: { readonly replay?: readonly string[] } = {}) {
  const { gateway } = await startGateway();
  const service = openService(gateway, options);
  return { gateway, service, gate: service.gate, caller: new Caller(gateway.address) };
}

async function routeTo(service: TestService, generation: number, address: string): Promise<string> {
  const agentAddress = await startGeneration(service, generation, address);
  service.gate.route(generation);
  return agentAddress;
}

describe('a status of the child', () => {
  test.each([
    ['UNAVAILABLE', grpcStatus.UNAVAILABLE],
    ['NOT_FOUND', grpcStatus.NOT_FOUND],
    ['DEADLINE_EXCEEDED', grpcStatus.DEADLINE_EXCEEDED],
    ['INTERNAL', grpcStatus.INTERNAL],
  ])('%s passes unchanged and is no loss', async (_name, code) => {
    const { service, gate, caller } = await startRouted();
    const child = await startChild({ invoke: (call) => call.fail(code, 'the words of the child: ü %') });
    await routeTo(service, 1, child.address);
    const answer = await caller.invoke('player.ban', { idempotencyKey: 'k' }).result;
    expect(answer).toMatchObject({ code, message: 'the words of the child: ü %' });
    expect(reasonOf(answer)).toBeNull();
    expect(child.calls).toHaveLength(1);
    expect(gate.counters()).toMatchObject({ lost: 0, replayed: 0, answered: 1 });
  });

  test('in the form of a reset stream is no loss either', async () => {
    const { service, gate, caller } = await startRouted();
    const child = await startFaultChild(({ stream }) => stream.close(8));
    await routeTo(service, 1, child.address);
    const answer = await caller.invoke('player.ban').result;
    expect([answer.code, reasonOf(answer)]).toEqual([grpcStatus.CANCELLED, null]);
    expect(gate.counters()).toMatchObject({ lost: 0, answered: 1 });
  });
});

describe('a call that the process did not answer before it ended', () => {
  test('is UNAVAILABLE child-lost, with the generation', async () => {
    const { service, gate, caller } = await startRouted();
    const child = await startChild();
    await routeTo(service, 3, child.address);
    const call = caller.invoke('player.ban', { idempotencyKey: 'not listed under replay' });
    await until('the call arrived', () => child.calls.length === 1);
    expect(gate.inFlight(3)).toEqual({ calls: 1, jobs: 0 });
    child.kill();
    const answer = await call.result;
    expect(answer.code).toBe(grpcStatus.UNAVAILABLE);
    expect(answer.message).toMatch(/^child-lost: .*the call may have run$/);
    expect([reasonOf(answer), generationOf(answer)]).toEqual(['child-lost', '3']);
    expect(gate.inFlight(3)).toEqual({ calls: 0, jobs: 0 });
    expect(gate.counters()).toMatchObject({ lost: 1, answered: 1, held: 0 });
  });

  test('is lost as well when the process is gone and its connection stays open', async () => {
    const { service, gate, caller } = await startRouted();
    const child = await startChild();
    await routeTo(service, 1, child.address);
    const call = caller.invoke('player.ban');
    await until('the call arrived', () => child.calls.length === 1);
    await gate.gone(1);
    expect(reasonOf(await call.result)).toBe('child-lost');
  });

  test('is answered if its answer was on the way', async () => {
    const { service, gate, caller } = await startRouted();
    const child = await startFaultChild((stream) => {
      // What the supervisor does at the exit of the process: the answer is out, and the gateway has not read it yet.
      stream.stream.on('close', () => {
        gate.retire(1);
        void gate.gone(1);
        child.dropConnections();
      });
      answerStream(stream, { body: ANSWER });
    });
    await routeTo(service, 1, child.address);
    expect((await caller.invoke('player.ban').result).payload).toBe('answer');
  });
});

describe('a call that was refused before it was sent', () => {
  test('because of GOAWAY is held again and answered over the next connection', async () => {
    const { service, gate, caller } = await startRouted();
    let isFirst = true;
    const child = await startFaultChild((stream) => {
      if (isFirst) stream.stream.close(7);
      else answerStream(stream, { body: ANSWER });
      isFirst = false;
    });
    await routeTo(service, 1, child.address);
    const answer = await caller.invoke('player.ban').result;
    expect([answer.code, answer.payload]).toEqual([grpcStatus.OK, 'answer']);
    expect(callsAt(child)).toHaveLength(2);
    expect(gate.counters()).toMatchObject({ lost: 0, replayed: 0, answered: 1 });
  });

  test('because the server stopped in order is answered by the successor', async () => {
    const { service, gate, caller } = await startRouted();
    const [first, second] = [await startEcho('first'), await startEcho('second')];
    await routeTo(service, 1, first.address);
    await first.stop();
    const call = caller.invoke('player.ban');
    await until('it is held again', () => gate.held() === 1);
    await routeTo(service, 2, second.address);
    expect((await call.result).payload).toBe('second');
    expect(gate.counters()).toMatchObject({ held: 1, lost: 0, answered: 1 });
  });

  test('goes before those that came after it', async () => {
    const { service, gate, caller } = await startRouted();
    const refused: string[] = [];
    const first = await startFaultChild(({ stream, message }) => {
      refused.push(InvokeRequest.decode(message).payload.toString());
      stream.close(7);
    });
    const second = await startEcho('second');
    await routeTo(service, 1, first.address);
    const early = caller.invoke('player.ban', { payload: 'early' });
    await until('it was refused and waits', () => refused.length > 0 && gate.held() === 1);
    gate.hold('all');
    const late = caller.invoke('player.ban', { payload: 'late' });
    await until('both wait', () => gate.held() === 2);
    await routeTo(service, 2, second.address);
    await Promise.all([early.result, late.result]);
    expect(second.payloads).toEqual(['early', 'late']);
  });
});

describe('replay', () => {
  async function loseOne(options: {
    readonly replay: readonly string[];
    readonly idempotencyKey?: string;
    readonly method?: 'invoke' | 'startJob';
  }) {
    const { service, gate, caller } = await startRouted({ replay: options.replay });
    const paths: string[] = [];
    const first = await startFaultChild(({ path }) => {
      paths.push(path);
      first.dropConnections();
    });
    await routeTo(service, 1, first.address);
    const call = caller[options.method ?? 'invoke']('player.ban', {
      idempotencyKey: options.idempotencyKey ?? 'once',
    });
    await until('the first child has it', () => paths.length > 0);
    return { gate, call, paths };
  }

  test('happens for a listed function with an idempotency key, on whatever is routed then', async () => {
    const { service, gate, caller } = await startRouted({ replay: ['player.ban'] });
    const [first, second] = [await startChild(), await startEcho('second')];
    await routeTo(service, 1, first.address);
    const call = caller.invoke('player.ban', { idempotencyKey: 'once', payload: 'same' });
    await until('the first has it', () => first.calls.length === 1);
    gate.hold('all');
    first.kill();
    await until('it waits for its second chance', () => gate.held() === 1);
    await routeTo(service, 2, second.address);
    expect((await call.result).payload).toBe('second');
    expect(second.calls[0]?.request).toMatchObject({ idempotencyKey: 'once', payload: Buffer.from('same') });
    expect(gate.counters()).toMatchObject({ held: 1, replayed: 1, lost: 0, answered: 1 });
  });

  test("is not tried after the caller's deadline", async () => {
    const { service, gate, caller } = await startRouted({ replay: ['player.ban'] });
    const first = await startChild();
    await routeTo(service, 1, first.address);
    const call = caller.invoke('player.ban', { idempotencyKey: 'once', deadlineMs: 1000 });
    await until('the first has it', () => first.calls.length === 1);
    gate.hold('all');
    await call.result;
    first.kill();
    await gate.gone(1);
    expect(gate.counters()).toMatchObject({ replayed: 0, held: 0 });
  });

  test('does not happen a second time', async () => {
    const { gate, call, paths } = await loseOne({ replay: ['player.ban'] });
    const answer = await call.result;
    expect(reasonOf(answer)).toBe('child-lost');
    expect(paths).toHaveLength(2);
    expect(gate.counters()).toMatchObject({ replayed: 1, lost: 1 });
  });

  test.each([
    ['a function that is not listed', { replay: ['other'] }],
    ['a call without a key', { replay: ['player.ban'], idempotencyKey: '' }],
  ])('does not happen for %s', async (_what, options) => {
    const { gate, call, paths } = await loseOne(options);
    expect(reasonOf(await call.result)).toBe('child-lost');
    expect(paths).toHaveLength(1);
    expect(gate.counters()).toMatchObject({ replayed: 0, lost: 1 });
  });

  test('happens for a job of which no id was given out yet', async () => {
    const { gate, call, paths } = await loseOne({ replay: ['player.ban'], method: 'startJob' });
    expect(reasonOf(await call.result)).toBe('child-lost');
    expect(paths.map((path) => path.split('/').at(-1))).toEqual(['StartJob', 'StartJob']);
    expect(gate.counters()).toMatchObject({ replayed: 1, lost: 1 });
  });
});

test('a child that makes a new server registers it: new calls go there, those under way end on the old one', async () => {
  const { service, gate, caller } = await startRouted();
  const [old, renewed] = [await startFaultChild(() => undefined), await startEcho('new')];
  const agentAddress = await routeTo(service, 1, old.address);
  const underway = caller.invoke('player.ban');
  await until('the call arrived', () => callsAt(old).length === 1);
  await register(agentAddress, renewed.address);
  expect((await caller.invoke('player.ban').result).payload).toBe('new');
  expect(gate.addresses(1)).toEqual([renewed.address]);
  expect(service.registered).toHaveLength(2);
  expect(isLeft(old)).toBe(false);
  for (const call of callsAt(old)) answerStream(call, { body: ANSWER });
  expect((await underway.result).payload).toBe('answer');
  await until('with its last call the old connection is closed', () => isLeft(old));
  expect(gate.counters()).toMatchObject({ lost: 0, answered: 2 });
});

test('the same address of two generations gets two connections', async () => {
  const { service, gate, caller } = await startRouted();
  const child = await startFaultChild((stream) => {
    if (callsAt(child).length > 1) answerStream(stream, { body: ANSWER });
  });
  await routeTo(service, 1, child.address);
  const underway = caller.invoke('player.ban');
  await until('the first has it', () => callsAt(child).length === 1);
  await routeTo(service, 2, child.address);
  expect((await caller.invoke('player.ban').result).payload).toBe('answer');
  const [one, two] = callsAt(child);
  expect(one?.session).not.toBe(two?.session);
  gate.retire(1);
  expect(reasonOf(await underway.result)).toBe('child-lost');
  expect(two?.session.destroyed).toBe(false);
});

test('one connection serves all calls of a generation', async () => {
  const { service, caller } = await startRouted();
  const child = await startFaultChild((stream) => answerStream(stream, { body: ANSWER }));
  await routeTo(service, 1, child.address);
  for (let index = 0; index < 5; index++) await caller.invoke('player.ban').result;
  expect(child.sessions).toHaveLength(1);
  expect(callsAt(child)).toHaveLength(5);
});

test('a caller that cancels: the child is told, and the call is nowhere any more', async () => {
  const { service, gate, caller } = await startRouted();
  const child = await startChild();
  await routeTo(service, 1, child.address);
  const call = caller.invoke('player.ban');
  await until('the call arrived', () => child.calls.length === 1);
  call.cancel();
  await until('the child knows', () => child.calls[0]?.isCancelled === true);
  await until('nothing is under way', () => gate.inFlight(1).calls === 0);
  expect(gate.counters()).toMatchObject({ lost: 0, answered: 0 });
});
