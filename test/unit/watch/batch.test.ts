import { describe, expect, it } from 'vitest';
import { BatchCollector } from '../../../src/watch/batch.js';
import type { Content } from '../../../src/watch/content.js';
import { VirtualClock } from '../../support/virtual-clock.js';

const content = (text: string): Content =>
  text === '' ? { kind: 'absent' } : { kind: 'hashed', digest: text, size: text.length };

function collect(quiet = 20) {
  const clock = new VirtualClock();
  const log: string[] = [];
  const tell = (what: string) => log.push(`${clock.now()} ${what}`);
  const batch = new BatchCollector(clock, quiet, {
    onOpen: (paths) => tell(`open ${paths.join(' ')}`),
    onGrow: () => tell('grow'),
    onClose: (paths) => tell(`close ${paths.length > 5 ? paths.length : paths.join(' ')}`.trim()),
  });
  const change = (path: string, before = 'old', after = 'new') =>
    batch.add({ path, before: content(before), after: content(after), at: clock.now() });
  return { clock, log, batch, change };
}

describe('BatchCollector', () => {
  it('opens at the first change and closes after the quiet time', async () => {
    const { clock, log, change } = collect();
    change('a');
    expect(log).toEqual(['0 open a']);
    await clock.advance(19);
    expect(log).toHaveLength(1);
    await clock.advance(1);
    expect(log).toEqual(['0 open a', '20 close a']);
    expect(clock.pending).toBe(0);
  });

  it('tells once that it grows, and each change starts the quiet time again', async () => {
    const { clock, log, change } = collect();
    change('a');
    await clock.advance(15);
    change('b');
    await clock.advance(15);
    change('c');
    await clock.advance(20);
    expect(log).toEqual(['0 open a', '15 grow', '50 close a b c']);
  });

  it('grows when the same file gets another content', async () => {
    const { clock, log, change } = collect();
    change('a', 'one', 'two');
    change('a', 'two', 'three');
    await clock.advance(20);
    expect(log).toEqual(['0 open a', '0 grow', '20 close a']);
  });

  it('closes at 500 ms however often files change', async () => {
    const { clock, log, change } = collect();
    for (let round = 0; round < 60; round++) {
      change('a', `${round}`, `${round + 1}`);
      await clock.advance(10);
    }
    expect(log).toContain('500 close a');
  });

  it('waits 250 ms after the last of more than 50 files, at most 10 s', async () => {
    const { clock, log, change } = collect();
    for (let file = 0; file < 51; file++) change(`file${file}`);
    await clock.advance(249);
    expect(log.at(-1)).toBe('0 grow');
    await clock.advance(1);
    expect(log.at(-1)).toBe('250 close 51');

    const busy = collect();
    for (let file = 0; busy.clock.now() < 12_000 && file < 200; file++) {
      for (let copy = 0; copy < 51; copy++) busy.change(`file${file}-${copy}`);
      await busy.clock.advance(200);
    }
    expect(busy.log.find((line) => line.includes('close'))).toMatch(/^10000 close/);
  });

  it('leaves out what is back to what it was before the batch', async () => {
    const { clock, log, change } = collect();
    change('a', 'one', 'two');
    change('b', 'one', '');
    change('c', 'one', 'two');
    change('a', 'two', 'one');
    change('b', '', 'one');
    await clock.advance(20);
    expect(log.at(-1)).toBe('20 close c');
  });

  it('closes with nothing when all is back, since work may have begun at its opening', async () => {
    const { clock, log, change } = collect();
    change('a', 'one', 'two');
    change('a', 'two', 'one');
    await clock.advance(20);
    expect(log).toEqual(['0 open a', '0 grow', '20 close']);
  });

  it('is kept open while more is being looked at', async () => {
    const { clock, log, batch, change } = collect();
    change('a');
    await clock.advance(15);
    batch.extend();
    await clock.advance(19);
    expect(log).toHaveLength(1);
    await clock.advance(1);
    expect(log.at(-1)).toBe('35 close a');
  });

  it('keeps changes while paused and reports them as one batch', async () => {
    const { clock, log, batch, change } = collect();
    change('a');
    batch.pause();
    expect(log).toEqual(['0 open a', '0 close a']);
    change('b');
    await clock.advance(60_000);
    change('c', 'one', 'two');
    change('d', 'one', 'two');
    change('d', 'two', 'one');
    expect(log).toHaveLength(2);
    batch.resume();
    await clock.advance(20);
    expect(log.slice(2)).toEqual(['60000 open b c', '60020 close b c']);
  });

  it('reports nothing on resume when nothing is left of the changes', async () => {
    const { clock, log, batch, change } = collect();
    batch.pause();
    change('a', 'one', 'two');
    change('a', 'two', 'one');
    batch.resume();
    await clock.advance(1000);
    expect(log).toEqual([]);
    change('b');
    expect(log).toEqual(['1000 open b']);
  });

  it('calls nothing after close', async () => {
    const { clock, log, batch, change } = collect();
    change('a');
    batch.close();
    change('b');
    await clock.advance(1000);
    expect(log).toEqual(['0 open a']);
    expect(clock.pending).toBe(0);
  });

  it('bears a quiet time above the cap', async () => {
    const { clock, log, change } = collect(2000);
    change('a');
    await clock.advance(1999);
    expect(log).toHaveLength(1);
    await clock.advance(1);
    expect(log.at(-1)).toBe('2000 close a');
  });
});
