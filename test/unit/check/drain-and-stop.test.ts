import { describe, expect, test } from 'vitest';
import { DrainedCalls } from '../../../src/check/drain-step.js';
import { serviceOfMarker } from '../../../src/check/leftovers.js';
import { judgeStops, StopLog } from '../../../src/check/stop-step.js';
import type { CheckCall } from '../../../src/config/types.js';
import type { CroupierEvent } from '../../../src/core/events.js';
import { ok } from '../../../src/core/result.js';
import { VirtualClock } from '../../support/virtual-clock.js';
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

describe('drain', () => {
  test('calls that were under way are waited for; how long is told', async () => {
    const calls = new FakeCalls();
    const clock = new VirtualClock();
    calls.answer = async () => {
      await new Promise<void>((resolve) => clock.after(300, resolve));
      return ok('{}');
    };
    const drained = new DrainedCalls(calls, [ECHO], clock);
    expect(calls.requests).toHaveLength(10);
    await clock.advance(2000);
    expect(await drained.judge()).toMatchObject({ result: 'passed', ms: 300 });
  });

  test('one that was cut fails it; one that was refused was answered', async () => {
    const calls = new FakeCalls();
    let made = 0;
    calls.answer = async () => {
      made += 1;
      return made === 1 ? refusal('UNAVAILABLE', 'cut', 'drain-timeout') : refusal('ALREADY_EXISTS', 'twice');
    };
    const drained = new DrainedCalls(calls, [ECHO], new VirtualClock());
    expect(await drained.judge()).toMatchObject({
      result: 'failed',
      reason: '1 of 10 calls under way were not answered:\necho: UNAVAILABLE: cut (drain-timeout)',
    });
  });

  test('nothing under way is said', async () => {
    const drained = new DrainedCalls(new FakeCalls(), [], new VirtualClock());
    expect(await drained.judge()).toMatchObject({
      result: 'passed',
      remarks: [{ text: 'nothing was under way' }],
    });
  });
});

describe('stop', () => {
  type Stopped = Extract<CroupierEvent, { type: 'generation.stopped' }>;
  const judge = (stopped: readonly Partial<Stopped>[], leftovers: readonly string[] = []) => {
    const log = new StopLog();
    for (const [at, part] of stopped.entries()) {
      const event: Stopped = {
        type: 'generation.stopped',
        service: 'game',
        generation: at + 1,
        pid: 1,
        exitCode: 0,
        signal: null,
        ms: 10 * (at + 1),
        ...part,
      };
      log.take({ ...event, time: '2026-01-01T00:00:00.000Z' });
    }
    return judgeStops(serviceConfig(), log.of('game'), leftovers);
  };

  test('in time is well; the longest counts; others are not looked at', () => {
    expect(judge([{}, {}, { service: 'lobby', killed: true }])).toEqual({
      result: 'passed',
      ms: 20,
      remarks: [
        { level: 'info', text: 'generation 1 in 10 ms' },
        { level: 'info', text: 'generation 2 in 20 ms' },
      ],
    });
  });

  test('one that had to be killed is told with the signal and the time that it had', () => {
    expect(judge([{ killed: true, ms: 5003 }])).toMatchObject({
      result: 'failed',
      reason: 'generation 1 was still there 5 s after SIGTERM and had to be killed',
      wayOut: expect.stringContaining('stopTimeout'),
    });
  });

  test('what was left behind is told', () => {
    expect(
      judge([{}, { leftBehind: ['sleep 60 (pid 7)'] }], ['127.0.0.1:80 is still listened on by x (pid 8)']),
    ).toMatchObject({
      result: 'failed',
      reason: 'generation 2 left sleep 60 (pid 7) behind\n127.0.0.1:80 is still listened on by x (pid 8)',
    });
  });

  test('a marker names its service, whatever that is called', () => {
    expect(serviceOfMarker('0123456789abcdef.game.2')).toBe('game');
    expect(serviceOfMarker('0123456789abcdef.game.eu.west.12')).toBe('game.eu.west');
  });
});
