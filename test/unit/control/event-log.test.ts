import { describe, expect, it } from 'vitest';
import { type EventFilter, EventLog } from '../../../src/control/event-log.js';
import type { StampedEvent } from '../../../src/core/events.js';
import { events, stamp } from '../../support/events.js';

const ALL: EventFilter = { types: null, service: null };
const EVERYTHING = Number.POSITIVE_INFINITY;

function output(line: string, service = 'game'): Extract<StampedEvent, { type: 'process.output' }> {
  return stamp({ type: 'process.output', service, generation: 1, stream: 'stdout', line });
}

function linesOf(read: { readonly events: readonly { readonly event: StampedEvent }[] }): readonly string[] {
  return read.events.map(({ event }) => (event.type === 'process.output' ? event.line : event.type));
}

describe('reading', () => {
  it('goes on where it was, in the order in which things happened', () => {
    const log = new EventLog();
    log.add(stamp(events.notice('info', 'one')));
    log.add(output('a'));
    log.add(output('b', 'chat'));
    const first = log.read(0, ALL, EVERYTHING);
    expect(linesOf(first)).toEqual(['session.notice', 'a', 'b']);
    expect(first).toMatchObject({ position: 3, hasGap: false });
    expect(log.read(first.position, ALL, EVERYTHING)).toEqual({ events: [], position: 3, hasGap: false });
    log.add(output('c'));
    expect(linesOf(log.read(first.position, ALL, EVERYTHING))).toEqual(['c']);
  });

  it('stops at its limit, and a single event passes however large it is', () => {
    const log = new EventLog();
    for (let number = 0; number < 10; number++) log.add(output('x'.repeat(1000)));
    let position = 0;
    const sizes: number[] = [];
    while (position < log.last) {
      const batch = log.read(position, ALL, 3000);
      sizes.push(batch.events.length);
      position = batch.position;
    }
    expect(sizes).toEqual([2, 2, 2, 2, 2]);
    expect(log.read(0, ALL, 1).events).toHaveLength(1);
  });

  it('filters by type and service, and tells everybody that the session ends', () => {
    const log = new EventLog();
    log.add(stamp(events.notice('info', 'one')));
    log.add(output('a'));
    log.add(output('b', 'chat'));
    log.add(stamp(events.closed()));
    const outputOnly = { types: new Set(['process.output']), service: 'chat' };
    expect(linesOf(log.read(0, outputOnly, EVERYTHING))).toEqual(['b', 'session.closed']);
    const noticesOnly = { types: new Set(['session.notice']), service: null };
    expect(linesOf(log.read(0, noticesOnly, EVERYTHING))).toEqual(['session.notice', 'session.closed']);
  });

  it('calls back after each event, until it is told not to', () => {
    const log = new EventLog();
    let calls = 0;
    const stop = log.onAdded(() => {
      calls += 1;
    });
    log.add(output('a'));
    stop();
    log.add(output('b'));
    expect(calls).toBe(1);
  });
});

describe('what is kept', () => {
  it('is bounded, and much output pushes nothing else out', () => {
    const log = new EventLog();
    log.add(stamp(events.notice('info', 'long ago')));
    for (let number = 0; number < 100_000; number++) log.add(output(`line ${number} ${'x'.repeat(200)}`));
    expect(log.bytes).toBeLessThan(2.5 * 1024 * 1024);
    expect(linesOf(log.read(0, { types: new Set(['session.notice']), service: null }, EVERYTHING))).toEqual([
      'session.notice',
    ]);
    const read = log.read(0, ALL, EVERYTHING);
    expect(read.hasGap).toBe(true);
    expect(linesOf(read).at(-1)).toMatch(/^line 99999 /);
  });

  it('is bounded for events and for many services as well', () => {
    const log = new EventLog();
    const large = 'x'.repeat(64 * 1024);
    for (let number = 0; number < 500; number++) log.add(stamp(events.notice('info', large)));
    expect(log.bytes).toBeLessThan(5 * 1024 * 1024);
    for (let number = 0; number < 1500; number++) log.add(stamp(events.notice('info', 'short')));
    expect(log.read(0, ALL, EVERYTHING).events).toHaveLength(1000);
    for (let number = 0; number < 200; number++) log.add(output('x', `service ${number}`));
    expect(log.lines(null, 1000)).toHaveLength(64);
  });

  it('tells of a gap only those who miss something', () => {
    const log = new EventLog();
    for (let number = 0; number < 20_000; number++) log.add(output('x'));
    const { position } = log.read(0, ALL, EVERYTHING);
    expect(log.read(position, ALL, EVERYTHING).hasGap).toBe(false);
    expect(log.read(0, { types: new Set(['session.notice']), service: null }, EVERYTHING).hasGap).toBe(false);
    expect(log.read(0, { types: null, service: 'chat' }, EVERYTHING).hasGap).toBe(false);
    expect(log.read(0, { types: null, service: 'game' }, EVERYTHING).hasGap).toBe(true);
  });

  it('gives the newest lines of one service or all', () => {
    const log = new EventLog();
    for (let number = 0; number < 5; number++) {
      log.add(output(`game ${number}`));
      log.add(output(`chat ${number}`, 'chat'));
    }
    log.add(stamp(events.notice('info', 'no line')));
    const texts = (lines: ReturnType<EventLog['lines']>) => linesOf({ events: lines });
    expect(texts(log.lines(null, 3))).toEqual(['chat 3', 'game 4', 'chat 4']);
    expect(texts(log.lines('game', 2))).toEqual(['game 3', 'game 4']);
    expect(texts(log.lines('nobody', 2))).toEqual([]);
  });
});

describe('output that nobody else is told of', () => {
  const written = (line: string) =>
    ({ type: 'process.output', service: 'game', generation: 1, stream: 'stdout', line }) as const;

  it('gets the time at which it was written', () => {
    const log = new EventLog();
    log.addOutput(written('a'), Date.parse('2026-01-01T00:00:00.001Z'));
    log.addOutput(written('b'), Date.parse('2026-01-01T00:00:00.002Z'));
    expect(log.lines(null, 2).map(({ event }) => event.time)).toEqual([
      '2026-01-01T00:00:00.001Z',
      '2026-01-01T00:00:00.002Z',
    ]);
  });

  it('is asked for before anything is read, and before what follows it', () => {
    const waiting: string[] = [];
    const log: EventLog = new EventLog(() => {
      for (const line of waiting.splice(0)) log.addOutput(written(line), 0);
    });
    waiting.push('one');
    log.add(stamp(events.notice('info', 'after it')));
    waiting.push('two');
    expect(linesOf(log.read(0, ALL, EVERYTHING))).toEqual(['one', 'session.notice', 'two']);
    waiting.push('three');
    expect(log.last).toBe(4);
    waiting.push('four');
    expect(log.lines(null, 1)).toMatchObject([{ event: { line: 'four' } }]);
  });
});

describe('ids', () => {
  it('lead back to a position of this session, and of no other', () => {
    const log = new EventLog();
    log.add(output('a'));
    log.add(output('b'));
    expect(log.positionOf(log.idOf(1))).toEqual({ kind: 'position', position: 1 });
    for (const id of [
      log.idOf(3),
      new EventLog().idOf(1),
      '',
      '1',
      'x-y-z',
      `${log.idOf(1)}0000000000000000000`,
    ]) {
      expect(log.positionOf(id)).toEqual({ kind: 'unknown' });
    }
  });
});
