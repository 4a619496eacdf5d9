import { describe, expect, it } from 'vitest';
import type { CroupierEvent } from '../../../src/core/events.js';
import { findService, initialStatus, reduceStatus, type ServiceStatus } from '../../../src/observe/status.js';
import { events } from '../../support/events.js';

function statusAfter(...happened: readonly CroupierEvent[]): ServiceStatus {
  return findService(happened.reduce(reduceStatus, initialStatus(['game'])), 'game');
}

const running = [events.starting(1), events.ready(1), events.active(1)] as const;

describe('reduceStatus', () => {
  it.each<readonly [string, readonly CroupierEvent[], string, number | null, readonly number[]]>([
    ['nothing yet', [], 'idle', null, []],
    ['a first build', [events.building(1)], 'building 1', null, []],
    ['a first build is done', [events.building(1), events.built(1)], 'idle', null, []],
    ['a first start', [events.starting(1)], 'starting 1', null, []],
    ['ready but without calls yet', [events.starting(1), events.ready(1)], 'starting 1', null, []],
    ['the first is active', running, 'ready', 1, []],
    ['a build while it serves', [...running, events.building(2)], 'building 2', 1, []],
    ['a build is done while it serves', [...running, events.building(2), events.built(2)], 'ready', 1, []],
    ['a build is cancelled', [...running, events.building(2), events.buildCancelled(2)], 'ready', 1, []],
    [
      'a cancelled build does not hide the one that took its place',
      [...running, events.building(2), events.building(3), events.buildCancelled(2)],
      'building 3',
      1,
      [],
    ],
    ['a build fails', [...running, events.building(2), events.buildFailed(2)], 'failed 2', 1, []],
    ['a candidate', [...running, events.starting(2)], 'starting 2', 1, []],
    ['a candidate fails', [...running, events.starting(2), events.failed(2)], 'failed 2', 1, []],
    [
      'a candidate is superseded',
      [...running, events.starting(2), events.stopped(2), events.building(3)],
      'building 3',
      1,
      [],
    ],
    ['a candidate is thrown away', [...running, events.starting(2), events.stopped(2)], 'ready', 1, []],
    ['swapped', [...running, events.starting(2), events.active(2)], 'ready', 2, []],
    [
      'the old one drains after the swap',
      [...running, events.starting(2), events.active(2), events.draining(1)],
      'ready',
      2,
      [1],
    ],
    [
      'the old one is gone',
      [...running, events.starting(2), events.active(2), events.draining(1), events.stopped(1)],
      'ready',
      2,
      [],
    ],
    ['the serving one drains (stop-first)', [...running, events.draining(1)], 'draining 1', 1, []],
    ['it is gone (stop-first)', [...running, events.draining(1), events.stopped(1)], 'idle', null, []],
    [
      'its successor starts (stop-first)',
      [...running, events.draining(1), events.stopped(1), events.starting(2)],
      'starting 2',
      null,
      [],
    ],
    ['a crash', [...running, events.failed(1, { retryMs: 500 })], 'failed 1', null, []],
    [
      'the process of a failed generation is gone',
      [...running, events.starting(2), events.failed(2), events.stopped(2)],
      'failed 2',
      1,
      [],
    ],
    [
      'a retiring one dies',
      [...running, events.starting(2), events.active(2), events.draining(1), events.failed(1)],
      'ready',
      2,
      [],
    ],
    [
      'calls went back to the old one',
      [
        ...running,
        events.starting(2),
        events.active(2),
        events.draining(1),
        events.failed(2),
        events.active(1),
      ],
      'failed 2',
      1,
      [],
    ],
    [
      'a first one that was late gets ready after all',
      [events.starting(1), events.failed(1, { reason: 'not-ready' }), events.active(1)],
      'ready',
      1,
      [],
    ],
    ['the session is closed', [...running, events.closed()], 'idle', 1, []],
  ])('%s', (_, happened, state, serving, retiring) => {
    const { activity, ...rest } = statusAfter(...happened);
    expect('generation' in activity ? `${activity.state} ${activity.generation}` : activity.state).toBe(
      state,
    );
    expect(rest.serving?.generation ?? null).toBe(serving);
    expect(rest.retiring).toEqual(retiring);
  });

  it('keeps the delay of the next attempt', () => {
    expect(statusAfter(...running, events.failed(1, { retryMs: 500 })).activity).toMatchObject({
      retryMs: 500,
    });
  });

  it('follows the functions of the serving generation only', () => {
    const changes = { added: ['player.mute'], removed: ['player.ban'] };
    expect(statusAfter(...running, events.functions(1, changes)).serving?.functions).toEqual(['player.mute']);
    expect(statusAfter(...running, events.functions(2, changes)).serving?.functions).toEqual(['player.ban']);
  });

  it('does not count a function twice that was active before it was told as added', () => {
    const ids = ['player.ban', 'player.mute'];
    const { serving } = statusAfter(
      ...running,
      events.active(2, ids),
      events.functions(2, { added: ['player.mute'] }),
    );
    expect(serving?.functions).toEqual(ids);
  });

  it('takes in a service that it was not told of', () => {
    const status = reduceStatus(initialStatus(['game']), events.starting(1, 'chat'));
    expect(status.services.map(({ name, activity }) => [name, activity.state])).toEqual([
      ['game', 'idle'],
      ['chat', 'starting'],
    ]);
  });

  it('knows the gateway', () => {
    expect(reduceStatus(initialStatus([]), events.sessionReady('127.0.0.1:1')).gateway).toBe('127.0.0.1:1');
  });
});
