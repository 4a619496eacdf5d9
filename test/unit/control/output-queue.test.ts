import { describe, expect, it } from 'vitest';
import { EventLog } from '../../../src/control/event-log.js';
import { OutputEvents } from '../../../src/dev/output-events.js';
import { OutputQueue } from '../../../src/dev/output-queue.js';

/** Two services whose output nobody has read yet, and the log that reads it. */
function open() {
  let waiting = 0;
  const queue: OutputQueue = new OutputQueue({
    onWaiting: () => {
      waiting += 1;
    },
    onDropped: (service) => log.noteGap(service),
  });
  const log = new EventLog(() => queue.flush());
  const told: string[] = [];
  const publish = (event: Parameters<EventLog['addOutput']>[0], at: number | null): void => {
    told.push(event.line);
    log.addOutput(event, at ?? 0);
  };
  return {
    log,
    told,
    waiting: () => waiting,
    game: new OutputEvents('game', publish, queue),
    chat: new OutputEvents('chat', publish, queue),
    direct: new OutputEvents('direct', publish),
  };
}

const linesOf = (lines: ReturnType<EventLog['lines']>) =>
  lines.map(({ event }) => (event.type === 'process.output' ? `${event.service} ${event.line}` : event.type));

describe('output that waits for a reader', () => {
  it('is cut into lines when it is read, in the order in which it was written', () => {
    const { log, told, waiting, game, chat } = open();
    game.take(1, 'stdout', Buffer.from('one\ntw'));
    chat.take(1, 'stdout', Buffer.from('hello\n'));
    game.take(1, 'stderr', Buffer.from('oops\n'));
    game.take(1, 'stdout', Buffer.from('o\nthree'));
    expect(told).toEqual([]);
    expect(waiting()).toBe(4);
    expect(linesOf(log.lines(null, 100))).toEqual(['game one', 'chat hello', 'game oops', 'game two']);
    game.end(1);
    expect(linesOf(log.lines('game', 1))).toEqual(['game three']);
    expect(told).toHaveLength(5);
  });

  it('is told at once where there is no queue', () => {
    const { told, direct } = open();
    direct.take(1, 'stdout', Buffer.from('one\ntwo'));
    direct.end(1);
    expect(told).toEqual(['one', 'two']);
  });

  it('is bounded; of what is dropped a reader hears that it is missing, and no line is glued together of two', () => {
    const { log, told, game, chat } = open();
    game.take(1, 'stdout', Buffer.from('beginning '));
    expect(log.last).toBe(0);
    const chunk = Buffer.from(`${'x'.repeat(1023)}\n`.repeat(64));
    chat.take(1, 'stdout', Buffer.from('kept\n'));
    for (let count = 0; count < 100; count++) game.take(1, 'stdout', chunk);
    const filter = { types: null, service: null };
    const { events, hasGap } = log.read(0, filter, Number.POSITIVE_INFINITY);
    expect(hasGap).toBe(true);
    expect(told.length).toBeGreaterThan(1000);
    expect(told.length).toBeLessThan(2100);
    expect(told).toContain('kept');
    expect(told.some((line) => line.startsWith('beginning'))).toBe(false);
    expect(log.read(0, { types: null, service: 'chat' }, Number.POSITIVE_INFINITY).hasGap).toBe(false);
    expect(log.read(events.at(-1)?.number ?? 0, filter, 1)).toEqual({
      events: [],
      position: log.last,
      hasGap: false,
    });
  });
});
