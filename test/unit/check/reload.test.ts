import { beforeEach, describe, expect, test } from 'vitest';
import { reloadUnderLoad } from '../../../src/check/reload-step.js';
import type { StepOutcome } from '../../../src/check/step.js';
import type { CheckCall } from '../../../src/config/types.js';
import type { CroupierEvent, ReloadOutcome, StampedEvent } from '../../../src/core/events.js';
import { ok } from '../../../src/core/result.js';
import { events } from '../../support/events.js';
import { settle, VirtualClock } from '../../support/virtual-clock.js';
import { serviceConfig } from '../dev/service-config.js';
import { FakeCalls, refusal } from './fake-calls.js';

const ECHO: CheckCall = {
  function: 'echo',
  payload: {},
  expect: null,
  timeout: 1000,
  metadata: {},
  job: false,
};

let calls: FakeCalls;
let clock: VirtualClock;
let sinks: Set<(event: StampedEvent) => void>;
let reloads: number;
let listings: number;
let end: () => void;

beforeEach(() => {
  calls = new FakeCalls();
  clock = new VirtualClock();
  sinks = new Set();
  reloads = 0;
  listings = 0;
});

function happens(event: CroupierEvent): void {
  for (const sink of sinks) sink({ ...event, time: '2026-01-01T00:00:00.000Z' });
}

function finished(outcome: ReloadOutcome = 'swapped', lost = 0): CroupierEvent {
  return {
    type: 'reload.finished',
    service: 'game',
    generation: 2,
    trigger: { kind: 'manual', paths: [] },
    rule: 'manual',
    strategy: 'overlap',
    outcome,
    ms: { build: 0, drain: 0, stop: 0, start: 200, total: 200 },
    calls: { held: 0, drained: 0, replayed: 0, lost },
  };
}

const client = {
  listLocal: async () => {
    listings += 1;
    return ok({ functions: [] });
  },
};

/** Begins, and goes on until the reload was asked for. */
async function begin(
  repeatable: readonly CheckCall[] = [ECHO],
  isPlainText = true,
): Promise<() => Promise<StepOutcome | undefined>> {
  const ended = new Promise<void>((resolve) => {
    end = resolve;
  });
  const outcomes = reloadUnderLoad({
    services: [serviceConfig()],
    repeatable: new Map([['game', repeatable]]),
    calls,
    client: isPlainText ? client : null,
    clock,
    ended,
    subscribe: (sink) => {
      sinks.add(sink);
      return () => sinks.delete(sink);
    },
    reload: () => {
      reloads += 1;
    },
  });
  await clock.advance(249);
  expect(reloads).toBe(0);
  await clock.advance(1);
  expect(reloads).toBe(1);
  return async () => (await outcomes).get('game');
}

test('calls go on until the old generation is gone, and all of them count', async () => {
  const outcome = await begin();
  happens(events.active(2));
  happens(events.draining(1));
  happens(finished());
  await clock.advance(500);
  const before = calls.requests.length;
  expect(before).toBeGreaterThan(20);
  happens(events.stopped(1));
  expect(await outcome()).toMatchObject({
    result: 'passed',
    remarks: [
      { text: expect.stringMatching(/^\d+ calls answered, none lost$/) },
      { text: 'generation 2 by overlap in 200 ms' },
    ],
  });
  // One call more, to see that the new generation answers alone; then nobody calls any more.
  expect(calls.requests.length).toBe(before + 1);
  expect(sinks.size).toBe(0);
  await clock.advance(1000);
  expect(calls.requests.length).toBe(before + 1);
});

test('a call that is lost fails it, by reason and number', async () => {
  const outcome = await begin();
  calls.answer = async () => refusal('UNAVAILABLE', 'it died', 'child-lost');
  await clock.advance(50);
  calls.answer = async () => ok('{}');
  happens(finished());
  expect(await outcome()).toMatchObject({
    result: 'failed',
    reason: expect.stringMatching(
      /^2 of \d+ calls were lost or answered wrongly:\necho: UNAVAILABLE: it died \(child-lost\) \(2 times\)$/,
    ),
  });
});

test('a wrong answer after the reload fails it', async () => {
  const outcome = await begin();
  happens(finished());
  calls.answer = async () => refusal('INTERNAL', 'no such table');
  expect(await outcome()).toMatchObject({
    result: 'failed',
    reason: 'after the reload echo: INTERNAL: no such table',
  });
});

test('calls of others that were lost fail it', async () => {
  const outcome = await begin();
  happens(finished('swapped', 3));
  expect(await outcome()).toMatchObject({ result: 'failed', reason: '3 calls were lost' });
});

test('a second generation that does not come up fails it, with what it said', async () => {
  const outcome = await begin();
  happens({ ...events.buildFailed(2), serving: 1, output: 'no\n' });
  happens(finished('kept-old'));
  expect(await outcome()).toMatchObject({
    result: 'failed',
    reason: 'the build failed with exit code 1',
    output: ['no'],
  });
});

describe('where nothing can be called again', () => {
  test('the listing is asked for, and that is said', async () => {
    const outcome = await begin([]);
    happens(finished());
    expect(await outcome()).toMatchObject({
      result: 'passed',
      remarks: [
        { text: expect.stringMatching(/^ListLocal answered \d+ times$/) },
        {},
        { level: 'warn', text: expect.stringContaining('only ListLocal') },
      ],
    });
    expect(listings).toBeGreaterThan(3);
    expect(calls.requests).toEqual([]);
  });

  test('nor can that be, by TLS, nothing is called', async () => {
    const outcome = await begin([], false);
    happens(finished());
    expect(await outcome()).toMatchObject({
      result: 'passed',
      remarks: [
        { text: 'generation 2 by overlap in 200 ms' },
        { level: 'warn', text: expect.stringContaining('nothing was called') },
      ],
    });
  });

  test('a call that is refused the second time is left out', async () => {
    calls.answer = async () => refusal('ALREADY_EXISTS', 'banned already');
    const outcome = await begin();
    happens(finished());
    expect(await outcome()).toMatchObject({ result: 'passed' });
    expect(calls.requests).toHaveLength(1);
  });
});

test('a check that has to end stops calling', async () => {
  const outcome = await begin();
  end();
  expect(await outcome()).toBeUndefined();
  const before = calls.requests.length;
  await clock.advance(1000);
  await settle();
  expect(calls.requests.length).toBe(before);
});
