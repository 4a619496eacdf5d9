import { describe, expect, test } from 'vitest';
import { awaitRegistrations } from '../../../src/check/registrations.js';
import { judgeRegistrations, type RegistrationsInput } from '../../../src/check/registrations-step.js';
import { takeSnapshot } from '../../../src/check/snapshot.js';
import type { StampedEvent } from '../../../src/core/events.js';
import type { RoutableFunction } from '../../../src/gateway/types.js';
import { settle, VirtualClock } from '../../support/virtual-clock.js';
import { serviceConfig } from '../dev/service-config.js';
import { registered } from './registered.js';

function judge(part: Partial<RegistrationsInput> & { readonly expected?: readonly string[] }) {
  return judgeRegistrations({
    service: serviceConfig({ check: { functions: part.expected ?? [], invoke: [] } }),
    functions: [registered('player.ban'), registered('player.kick')],
    snapshot: null,
    update: false,
    strict: false,
    root: '/project',
    file: '/project/croupier.config.json',
    ...part,
  });
}

describe('what is registered', () => {
  test('is compared with what is expected; the nearest name is told', () => {
    expect(judge({ expected: ['player.ban'] })).toMatchObject({
      result: 'passed',
      remarks: [
        { text: '2 functions: player.ban, player.kick' },
        { text: expect.stringContaining('croupier check --update') },
      ],
    });
    expect(judge({ expected: ['player.bann', 'world.reset'] })).toMatchObject({
      result: 'failed',
      exitCode: 1,
      reason:
        'player.bann is not registered (but player.ban is)\nworld.reset is not registered\nregistered: player.ban, player.kick',
      position: { file: '/project/croupier.config.json' },
    });
  });

  test('nothing at all has a way out of its own', () => {
    expect(judge({ expected: ['a'], functions: [] })).toMatchObject({
      reason: 'a is not registered\nnothing is registered',
      wayOut: expect.stringContaining('CROUPIER_AGENT_ADDR'),
    });
    expect(judge({ functions: [] })).toEqual({
      result: 'passed',
      remarks: [{ level: 'info', text: 'no functions' }],
    });
  });
});

describe('against the snapshot', () => {
  const snapshot = { game: takeSnapshot([registered('player.ban'), registered('player.mute')]) };

  test('what breaks callers fails, and the rest is a warning', () => {
    expect(judge({ snapshot })).toMatchObject({
      result: 'failed',
      reason: 'callers break:\nplayer.mute is gone',
      position: { file: '/project/croupier.snapshot.json' },
      remarks: [{ level: 'info' }, { level: 'warn', text: 'player.kick is new' }],
    });
  });

  test('what breaks nobody passes with warnings, and fails when that is asked for', () => {
    const smaller = { game: takeSnapshot([registered('player.ban')]) };
    expect(judge({ snapshot: smaller })).toMatchObject({
      result: 'passed',
      remarks: [{}, { level: 'warn', text: 'player.kick is new' }, {}],
    });
    expect(judge({ snapshot: smaller, strict: true })).toMatchObject({
      result: 'failed',
      reason: expect.stringContaining('(--strict):\nplayer.kick is new'),
    });
  });

  test('an update accepts what there is', () => {
    expect(judge({ snapshot, update: true })).toMatchObject({
      result: 'passed',
      remarks: [{}, { text: 'player.mute is gone' }, { text: 'player.kick is new' }],
    });
  });

  test('the same is the same', () => {
    const same = { game: takeSnapshot([registered('player.kick'), registered('player.ban')]) };
    expect(judge({ snapshot: same, strict: true })).toMatchObject({
      remarks: [{}, { text: 'as in croupier.snapshot.json' }],
    });
  });
});

describe('waiting', () => {
  function open(expected: readonly string[]) {
    const clock = new VirtualClock();
    const functions: RoutableFunction[] = [];
    const sinks = new Set<(event: StampedEvent) => void>();
    let result: readonly string[] | null = null;
    void awaitRegistrations({
      service: 'game',
      expected,
      gateway: { functions: () => functions },
      clock,
      subscribe: (sink) => {
        sinks.add(sink);
        return () => sinks.delete(sink);
      },
    }).then((all) => {
      result = all.map(({ id }) => id);
    });
    const register = (id: string, service = 'game') => {
      functions.push({ ...registered(id), service, generation: 1 });
      const changed = { added: [id], removed: [], updated: [], breaking: [] };
      for (const sink of sinks)
        sink({ type: 'functions.changed', service, generation: 1, ...changed, time: '2026-01-01T00:00:00Z' });
    };
    return { clock, register, sinks, result: () => result };
  }

  test('ends 300 ms after the last change when all is there', async () => {
    const { clock, register, result, sinks } = open(['a', 'b']);
    register('a');
    await clock.advance(900);
    expect(result()).toBeNull();
    register('b');
    await clock.advance(299);
    expect(result()).toBeNull();
    await clock.advance(1);
    expect(result()).toEqual(['a', 'b']);
    expect(sinks.size).toBe(0);
  });

  test('ends 1 s after the last change when something is missing', async () => {
    const { clock, register, result } = open(['a', 'b']);
    register('a');
    register('b', 'lobby');
    await clock.advance(999);
    expect(result()).toBeNull();
    await clock.advance(1);
    await settle();
    expect(result()).toEqual(['a']);
  });
});
