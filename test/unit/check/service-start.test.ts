import { beforeEach, expect, test } from 'vitest';
import { ServiceStart, type StartPhase } from '../../../src/check/service-start.js';
import { describeBoot, describeBuild, describeReady } from '../../../src/check/start-steps.js';
import type { CroupierEvent } from '../../../src/core/events.js';
import { events } from '../../support/events.js';
import { commandLine, serviceConfig, sessionConfig } from '../dev/service-config.js';

let now: number;
let start: ServiceStart;

beforeEach(() => {
  now = 0;
  start = new ServiceStart('game', () => now);
});

function happens(at: number, event: CroupierEvent): void {
  now = at;
  start.take({ ...event, time: '2026-01-01T00:00:00.000Z' });
}

async function phases(): Promise<Record<'built' | 'booted' | 'ready', StartPhase>> {
  return { built: await start.built, booted: await start.booted, ready: await start.ready };
}

function failed(reason: 'exited' | 'not-ready' | 'spawn-failed'): CroupierEvent {
  return {
    type: 'generation.failed',
    service: 'game',
    generation: 1,
    pid: 1,
    reason,
    message: 'it failed',
    exitCode: null,
    signal: null,
    serving: null,
    retryMs: null,
    outputTail: ['oh', 'no'],
  };
}

test('a build, a start and readiness, each with its time; others are nobody here', async () => {
  happens(0, events.building(1));
  happens(5, events.starting(1, 'lobby'));
  happens(590, events.built(1));
  happens(600, events.starting(1));
  happens(650, events.active(1, [], 'lobby'));
  happens(900, events.active(1));
  expect(await phases()).toEqual({
    built: { kind: 'done', ms: 590 },
    booted: { kind: 'done', ms: 10 },
    ready: { kind: 'done', ms: 300 },
  });
});

test('no build', async () => {
  happens(10, events.starting(1));
  happens(20, events.active(1));
  expect(await phases()).toMatchObject({ built: { kind: 'none' }, booted: { ms: 10 }, ready: { ms: 10 } });
});

test('a build that fails leaves nothing to start', async () => {
  happens(80, events.buildFailed(1));
  expect(await phases()).toMatchObject({
    built: { kind: 'failed', ms: 80 },
    booted: { kind: 'unreached' },
    ready: { kind: 'unreached' },
  });
});

test('a process that ends before it is ready has not booted', async () => {
  happens(10, events.starting(1));
  happens(110, failed('exited'));
  expect(await phases()).toMatchObject({ booted: { kind: 'failed', ms: 110 }, ready: { kind: 'unreached' } });
});

test('a command that cannot be started has not booted, and has no build to blame', async () => {
  happens(10, failed('spawn-failed'));
  expect(await phases()).toMatchObject({ built: { kind: 'none' }, booted: { kind: 'failed' } });
});

test('a process that is not ready in time has booted', async () => {
  happens(10, events.starting(1));
  happens(510, failed('not-ready'));
  expect(await phases()).toMatchObject({
    booted: { kind: 'done', ms: 10 },
    ready: { kind: 'failed', ms: 500 },
  });
});

test('what was given up stays so', async () => {
  start.giveUp('lobby is not ready');
  happens(10, events.starting(1));
  happens(20, events.active(1));
  const unreached = { kind: 'unreached', why: 'lobby is not ready' };
  expect(await phases()).toEqual({ built: unreached, booted: unreached, ready: unreached });
});

test('phases are told as steps', () => {
  const config = sessionConfig();
  const where = { config, service: serviceConfig({ command: commandLine('node server.js') }) };
  expect(describeBuild({ kind: 'none' }, where)).toMatchObject({ result: 'skipped' });
  expect(describeBoot({ kind: 'done', ms: 3 }, where)).toMatchObject({
    result: 'passed',
    ms: 3,
    remarks: [{ text: 'node server.js' }],
  });
  expect(describeReady({ kind: 'unreached', why: 'no' }, where)).toMatchObject({
    result: 'skipped',
    reason: 'no',
  });
  const crash = { reason: 'exited', message: 'it failed', output: ['oh', 'no'] } as const;
  expect(describeBoot({ kind: 'failed', ms: 3, failure: crash }, where)).toMatchObject({
    result: 'failed',
    exitCode: 1,
    reason: 'it failed',
    output: ['oh', 'no'],
  });
  const spawn = { ...crash, reason: 'spawn-failed' } as const;
  expect(describeBoot({ kind: 'failed', ms: 3, failure: spawn }, where)).toMatchObject({ exitCode: 3 });
});
