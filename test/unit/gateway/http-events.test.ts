import { describe, expect, it } from 'vitest';
import { eventReaderFor } from '../../../src/gateway/http-events.js';

const SSE = 'text/event-stream';
const LINES = 'application/x-ndjson';

/** The events of a body, however it is cut into pieces. */
function read(contentType: string, body: string): readonly string[] {
  const whole = readPieces(contentType, [Buffer.from(body)]);
  const bytes = Array.from(Buffer.from(body), (byte) => Buffer.from([byte]));
  expect(readPieces(contentType, bytes)).toEqual(whole);
  return whole;
}

function readPieces(contentType: string, pieces: readonly Buffer[]): readonly string[] {
  const reader = eventReaderFor(contentType, 1000);
  if (reader === null) throw new Error('no reader');
  const events = [...pieces.flatMap((piece) => reader.read(piece)), ...reader.end()];
  return events.map(({ type, progress, message, payload }) => `${type}|${progress}|${message}|${payload}`);
}

describe('a stream of events', () => {
  it.each([
    [
      'names its events',
      'event: progress\ndata: {"progress": 40, "message": "half"}\n\n',
      ['progress|40|half|'],
    ],
    ['has text', 'event: log\ndata: one\ndata: two\n\n', ['log|0|one\ntwo|']],
    ['has text without a name', 'data: hello\n\n', ['log|0|hello|']],
    ['has the type in the data', 'data: {"type":"done","payload":{"a":1}}\n\n', ['done|0||{"a":1}']],
    ['has progress alone', 'data: {"progress": 12.6}\n\n', ['progress|13||']],
    ['has a result as data', 'event: done\ndata: {"banned": 3}\n\n', ['done|0||{"banned":3}']],
    [
      'has a result with a field that events have',
      'event: done\ndata: {"message":"m","n":1}\n\n',
      ['done|0||{"message":"m","n":1}'],
    ],
    ['has a payload that is no object', 'event: done\ndata: {"payload": [1]}\n\n', ['done|0||[1]']],
    ['ends without data', 'event: done\n\n', ['done|0||']],
    [
      'has comments, ids and CRLF',
      ': hello\r\nid: 1\r\nretry: 5\r\nevent:done\r\ndata:x\r\n\r\n',
      ['done|0|x|'],
    ],
    ['has the default name', 'event: message\ndata: x\n\n', ['log|0|x|']],
    ['ends in the middle of the last event', 'data: a\n\nevent: done\ndata: b', ['log|0|a|', 'done|0|b|']],
    ['begins with a byte order mark', '\uFEFFdata: é\n\n', ['log|0|é|']],
    ['has a failure', 'event: error\ndata: {"message":"no space"}\n\n', ['error|0|no space|']],
    ['is empty', '\n\n: ping\n\n', []],
  ])('that %s', (_, body, events) => {
    expect(read(SSE, body)).toEqual(events);
  });
});

describe('lines of JSON', () => {
  it.each([
    [
      'events',
      '{"type":"progress","progress":5,"message":"m"}\n{"type":"done","payload":{"x":[1]}}\n',
      ['progress|5|m|', 'done|0||{"x":[1]}'],
    ],
    ['no last line end', '{"type":"done"}', ['done|0||']],
    ['CRLF and empty lines', '\r\n{"type":"log","message":"é"}\r\n\r\n', ['log|0|é|']],
    ['text', 'not json\n', ['log|0|not json|']],
    ['an object of its own', '{"a":1}\n', ['log|0||{"a":1}']],
    ['a message that is no text', '{"type":"log","message":{"a":1}}\n', ['log|0|{"a":1}|']],
    [
      'progress out of bounds',
      '{"progress":170}\n{"progress":-3}\n{"progress":"x"}\n',
      ['progress|100||', 'progress|0||', 'log|0||'],
    ],
  ])('with %s', (_, body, events) => {
    expect(read(LINES, body)).toEqual(events);
  });
});

describe('the kind of a response', () => {
  it('is seen from its content type', () => {
    expect(eventReaderFor('Text/Event-Stream; charset=utf-8', 1)).not.toBe(null);
    expect(eventReaderFor('application/jsonl', 1)).not.toBe(null);
    expect(eventReaderFor('application/json', 1)).toBe(null);
    expect(eventReaderFor(undefined, 1)).toBe(null);
  });

  it.each([SSE, LINES])('%s has a limit for one event', (contentType) => {
    const reader = eventReaderFor(contentType, 1000);
    reader?.read(Buffer.from(`data: ${'x'.repeat(900)}`));
    expect(reader?.isTooLong).toBe(false);
    reader?.read(Buffer.from('x'.repeat(200)));
    expect(reader?.isTooLong).toBe(true);
  });
});
