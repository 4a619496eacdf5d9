import { describe, expect, it } from 'vitest';
import { formatSse, HEARTBEAT, SseReader } from '../../../src/control/sse.js';

describe('an event stream', () => {
  const first = formatSse({
    id: 'abc-1',
    type: 'process.output',
    data: { line: 'two\nlines, \u2028 and "quotes"' },
  });
  const second = formatSse({ id: null, type: 'stream.gap', data: { reason: 'dropped' } });

  it('has one line of data for each event, whatever that holds', () => {
    expect(first).toBe(
      'id: abc-1\nevent: process.output\ndata: {"line":"two\\nlines, \u2028 and \\"quotes\\""}\n\n',
    );
  });

  it('is read back as it was written, in whatever pieces it comes', () => {
    const text = first + HEARTBEAT + second;
    const expected = [
      { id: 'abc-1', type: 'process.output', data: '{"line":"two\\nlines, \u2028 and \\"quotes\\""}' },
      { id: '', type: 'stream.gap', data: '{"reason":"dropped"}' },
    ];
    for (const size of [1, 2, 7, text.length]) {
      const reader = new SseReader();
      const read = [];
      for (let from = 0; from < text.length; from += size)
        read.push(...reader.read(text.slice(from, from + size)));
      expect(read).toEqual(expected);
    }
  });

  it('of other servers is read as well: line ends of two characters, no blank, several lines of data', () => {
    expect(new SseReader().read('event:x\r\ndata:a\r\ndata: b\r\nretry: 3\r\n\r\n')).toEqual([
      { id: '', type: 'x', data: 'a\nb' },
    ]);
  });
});
