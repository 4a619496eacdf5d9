import { describe, expect, test } from 'vitest';
import { droppedEvent, normalizeEvent, terminalEvent } from '../../../src/gateway/job-events.js';
import { JobEvent } from '../../../src/protocol/gen/croupier/function/v1/function.js';

function encode(fields: Partial<JobEvent>): Buffer {
  const event = { type: '', message: '', progress: 0, payload: Buffer.alloc(0), ...fields };
  return Buffer.from(JobEvent.encode(event).finish());
}

function normalize(fields: Partial<JobEvent>, prefix?: string) {
  const result = normalizeEvent(encode(fields), prefix);
  if (!result.ok) throw new Error(result.error);
  return { event: JobEvent.decode(result.value.bytes), end: result.value.end };
}

const REST = { progress: 42, payload: Buffer.from('{"a":1}') };

describe('an event of a child', () => {
  test.each(['started', 'progress', 'log', 'something new', ''])('of type "%s" is not the end', (type) => {
    const { event, end } = normalize({ type, message: 'm', ...REST });
    expect(event).toEqual({ type, message: 'm', ...REST });
    expect(end).toBeNull();
  });

  test.each(['done', 'completed'])('of type %s ends the job as done', (type) => {
    const { event, end } = normalize({ type, message: 'm', ...REST });
    expect(event).toEqual({ type: 'done', message: 'm', ...REST });
    expect(end).toEqual({ state: 'done', payload: REST.payload, error: '' });
  });

  test.each([
    ['error', 'no such player', 'no such player'],
    ['cancelled', '', 'cancelled'],
    ['canceled', 'by the operator', 'cancelled: by the operator'],
  ])('of type %s and text "%s" ends it as error "%s"', (type, message, text) => {
    const { event, end } = normalize({ type, message, ...REST });
    expect(event).toEqual({ type: 'error', message: text, ...REST });
    expect(end).toEqual({ state: 'error', payload: REST.payload, error: text });
  });

  test('that is an error without a text says at least that', () => {
    expect(normalize({ type: 'error' }).end?.error).toBe('failed');
  });

  test('after the end of a drain says so in its error', () => {
    expect(normalize({ type: 'cancelled' }, 'drain-timeout: ').event.message).toBe(
      'drain-timeout: cancelled',
    );
  });

  test('that is no protobuf is an error in words', () => {
    expect(normalizeEvent(Buffer.from([0x0a, 0xff]))).toMatchObject({
      ok: false,
      error: expect.stringContaining('not valid protobuf'),
    });
  });
});

test('events of our own', () => {
  expect(JobEvent.decode(terminalEvent('done', 'm').bytes)).toMatchObject({ type: 'done', progress: 100 });
  expect(terminalEvent('error', 'm').end).toMatchObject({ state: 'error', error: 'm' });
  expect(JobEvent.decode(droppedEvent(1)).message).toMatch(/^1 event was dropped/);
  expect(JobEvent.decode(droppedEvent(2))).toMatchObject({
    type: 'log',
    message: expect.stringMatching(/^2 events were dropped/),
  });
});
