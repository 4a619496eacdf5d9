import { beforeEach, describe, expect, test } from 'vitest';
import { makeCalls } from '../../../src/check/calls-step.js';
import { makeSmokeCall } from '../../../src/check/smoke-call.js';
import type { CheckCall } from '../../../src/config/types.js';
import { ok } from '../../../src/core/result.js';
import { settle, VirtualClock } from '../../support/virtual-clock.js';
import { FakeCalls, refusal } from './fake-calls.js';

let calls: FakeCalls;
let clock: VirtualClock;

beforeEach(() => {
  calls = new FakeCalls();
  clock = new VirtualClock();
});

function call(part: Partial<CheckCall> = {}): CheckCall {
  return {
    function: 'echo',
    payload: { id: 'a' },
    expect: null,
    timeout: 5000,
    metadata: { game_id: 'demo' },
    job: false,
    ...part,
  };
}

describe('a call', () => {
  test('is made as configured, with its time limit and a key of its own', async () => {
    await makeSmokeCall(calls, call(), clock);
    await makeSmokeCall(calls, call(), clock);
    const [one, other] = calls.requests;
    expect(one).toMatchObject({ functionId: 'echo', deadlineMs: 5000, metadata: { game_id: 'demo' } });
    expect(JSON.parse(String(one?.payload))).toEqual({ id: 'a' });
    expect(one?.idempotencyKey).not.toBe(other?.idempotencyKey);
  });

  test.each([
    [null, 'no JSON at all', 'answered', undefined],
    [{ id: 'a' }, '{"id":"a","more":1}', 'answered', undefined],
    [{ id: 'a' }, '{"id":"b"}', 'wrong', 'id is "b", expected "a"'],
    ['pong', 'pong', 'wrong', 'the answer is no JSON: pong'],
  ])('that expects %j and gets %s is %s', async (expected, text, kind, message) => {
    calls.answer = async () => ok(text);
    const outcome = await makeSmokeCall(calls, call({ expect: expected }), clock);
    expect(outcome).toMatchObject(message === undefined ? { kind } : { kind, message });
  });

  test.each([
    [refusal('NOT_FOUND', 'no such function'), 'refused', 'NOT_FOUND: no such function'],
    [refusal('UNAVAILABLE', 'busy'), 'refused', 'UNAVAILABLE: busy'],
    [refusal('DEADLINE_EXCEEDED', 'late'), 'slow', 'no answer within 5 s'],
    [refusal('UNAVAILABLE', 'it died', 'child-lost'), 'lost', 'UNAVAILABLE: it died (child-lost)'],
    [refusal('INTERNAL', ''), 'refused', 'INTERNAL'],
  ])('answered by %j is %s', async (answer, kind, message) => {
    calls.answer = async () => answer;
    expect(await makeSmokeCall(calls, call(), clock)).toMatchObject({ kind, message });
  });
});

describe('a job', () => {
  const job = (part: Partial<CheckCall> = {}) => call({ job: true, expect: { steps: 3 }, ...part });

  test('counts by its end, and by what that says', async () => {
    calls.answer = async () => ok('echo-1');
    const outcome = makeSmokeCall(calls, job(), clock);
    await settle();
    calls.tellJob('progress');
    calls.tellJob('done', '{"steps":3}');
    expect(await outcome).toMatchObject({ kind: 'answered' });
    expect(clock.pending).toBe(0);
  });

  test('that fails is a refusal', async () => {
    calls.answer = async () => ok('echo-1');
    const outcome = makeSmokeCall(calls, job(), clock);
    await settle();
    calls.tellJob('error', '', 'out of cards');
    expect(await outcome).toMatchObject({ kind: 'refused', message: 'the job failed: out of cards' });
  });

  test('that does not end in time is cancelled', async () => {
    calls.answer = async () => ok('echo-1');
    const outcome = makeSmokeCall(calls, job({ timeout: 700 }), clock);
    await clock.advance(700);
    expect(await outcome).toMatchObject({
      kind: 'slow',
      ms: 700,
      message: 'the job has not ended after 700 ms',
    });
    expect(calls.cancelled).toEqual(['echo-1']);
  });

  test('that nobody knows is a refusal', async () => {
    calls.answer = async () => ok('');
    expect(await makeSmokeCall(calls, job(), clock)).toMatchObject({ kind: 'refused' });
  });
});

describe('the step', () => {
  test('without calls is skipped, and says how to have some', async () => {
    const { outcome } = await makeCalls(calls, [], { file: null }, clock);
    expect(outcome).toMatchObject({ result: 'skipped', wayOut: expect.stringContaining('"check.invoke"') });
  });

  test('makes every call, tells all that went wrong, and which may be made again', async () => {
    calls.answer = async ({ functionId }) =>
      functionId === 'bad'
        ? refusal('INTERNAL', 'no')
        : functionId === 'late'
          ? refusal('DEADLINE_EXCEEDED', '')
          : ok('{}');
    const invoke = ['good', 'bad', 'late'].map((id) => call({ function: id }));
    const { outcome, repeatable } = await makeCalls(
      calls,
      invoke,
      { file: '/p/croupier.config.json' },
      clock,
    );
    expect(outcome).toMatchObject({
      result: 'failed',
      reason: 'bad: INTERNAL: no\nlate: no answer within 5 s',
      wayOut: expect.stringContaining('"timeout"'),
      remarks: [{ text: 'good answered in 0 ms' }],
      position: { file: '/p/croupier.config.json' },
    });
    expect(repeatable.map((one) => one.function)).toEqual(['good']);
  });
});
