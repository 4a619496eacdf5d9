import { describe, expect, it } from 'vitest';
import { LineReader, OutputTail } from '../../../src/process/output-tail.js';

describe('LineReader', () => {
  it('puts lines together from pieces, even from halves of a character', () => {
    const reader = new LineReader();
    const bytes = Buffer.from('grün\r\nblau\nro');
    const lines = Array.from(bytes, (byte) => reader.read(Buffer.from([byte]))).flat();
    expect(lines).toEqual(['grün', 'blau']);
    expect(reader.unfinished).toBe('ro');
  });

  it('takes many lines at once', () => {
    expect(new LineReader().read(Buffer.from('a\n\nb\n'))).toEqual(['a', '', 'b']);
  });

  it('cuts long lines, in one piece or many, and goes on with the next', () => {
    const long = `${'x'.repeat(4096)}…`;
    const whole = new LineReader();
    expect(whole.read(Buffer.from(`${'x'.repeat(10_000)}\nnext\n`))).toEqual([long, 'next']);
    const pieces = new LineReader();
    for (let at = 0; at < 10; at++) pieces.read(Buffer.from('x'.repeat(1000)));
    expect(pieces.unfinished).toBe(long);
    expect(pieces.read(Buffer.from('\nnext\n'))).toEqual([long, 'next']);
  });

  it('leaves a line of exactly the longest length as it is', () => {
    expect(new LineReader().read(Buffer.from(`${'x'.repeat(4096)}\n`))).toEqual(['x'.repeat(4096)]);
  });
});

describe('OutputTail', () => {
  it('has the lines of both streams in the order of their ends, unfinished ones last', () => {
    const tail = new OutputTail();
    tail.add('stdout', Buffer.from('one\ntw'));
    tail.add('stderr', Buffer.from('error\npart'));
    tail.add('stdout', Buffer.from('o\nopen'));
    expect(tail.lines()).toEqual(['one', 'error', 'two', 'open', 'part']);
  });

  it('never has more than 50 lines', () => {
    const tail = new OutputTail();
    for (let at = 1; at <= 60; at++) tail.add('stdout', Buffer.from(`${at}\n`));
    tail.add('stderr', Buffer.from('open'));
    expect(tail.lines()).toHaveLength(50);
    expect(tail.lines()[0]).toBe('12');
    expect(tail.lines()[49]).toBe('open');
  });
});
