import { describe, expect, test } from 'vitest';
import {
  InvokeRequest,
  JobEvent,
  StartJobResponse,
} from '../../../src/protocol/gen/croupier/function/v1/function.js';
import { readInvokeHead, readJobId, withEventText, withJobId } from '../../../src/protocol/raw-codec.js';

/** Field 99, length-delimited, "new": a field that these definitions do not have. */
const UNKNOWN_FIELD = Buffer.from([0x9a, 0x06, 0x03, 0x6e, 0x65, 0x77]);

function invokeRequest(fields: Partial<InvokeRequest>): Buffer {
  const request = { functionId: '', idempotencyKey: '', payload: Buffer.alloc(0), metadata: {}, ...fields };
  return Buffer.from(InvokeRequest.encode(request).finish());
}

describe('the head of an InvokeRequest', () => {
  test('is read whatever surrounds it', () => {
    const bytes = Buffer.concat([
      UNKNOWN_FIELD,
      invokeRequest({
        functionId: 'player.ban',
        idempotencyKey: 'once',
        payload: Buffer.alloc(100_000, 1),
        metadata: { route: 'a' },
      }),
      UNKNOWN_FIELD,
    ]);
    expect(readInvokeHead(bytes)).toEqual({
      ok: true,
      value: { functionId: 'player.ban', idempotencyKey: 'once' },
    });
  });

  test('is empty in an empty message', () => {
    expect(readInvokeHead(Buffer.alloc(0))).toEqual({
      ok: true,
      value: { functionId: '', idempotencyKey: '' },
    });
  });

  test('takes the last of repeated fields, as protobuf demands', () => {
    const bytes = Buffer.concat([invokeRequest({ functionId: 'a' }), invokeRequest({ functionId: 'b' })]);
    expect(readInvokeHead(bytes)).toMatchObject({ ok: true, value: { functionId: 'b' } });
  });

  test.each([
    ['a truncated string', Buffer.from([0x0a, 0x10, 0x61])],
    ['no protobuf at all', Buffer.from('{"function_id":"a"}')],
  ])('is refused in words for %s', (_what, bytes) => {
    const head = readInvokeHead(bytes);
    expect(head.ok ? null : head.error).toContain('not valid protobuf');
  });
});

test('a job id is replaced and every other byte of the answer is kept', () => {
  const answer = Buffer.concat([StartJobResponse.encode({ jobId: 'fn-1' }).finish(), UNKNOWN_FIELD]);
  const replaced = withJobId(answer, 'job-77');
  expect(readJobId(replaced)).toEqual({ ok: true, value: 'job-77' });
  expect(replaced.subarray(-UNKNOWN_FIELD.length)).toEqual(UNKNOWN_FIELD);
  expect(replaced).toHaveLength(answer.length + 2);
});

test('an event gets another type and text; progress, payload and unknown fields stay', () => {
  const original = { type: 'completed', message: 'old', progress: 100, payload: Buffer.from('{"a":1}') };
  const bytes = Buffer.concat([JobEvent.encode(original).finish(), UNKNOWN_FIELD]);
  const changed = withEventText(bytes, 'done', 'new');
  expect(JobEvent.decode(changed)).toEqual({ ...original, type: 'done', message: 'new' });
  expect(changed.includes(UNKNOWN_FIELD)).toBe(true);
});
