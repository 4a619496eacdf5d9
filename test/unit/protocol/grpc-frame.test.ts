import { expect, test } from 'vitest';
import { MessageReader, messagePrefix } from '../../../src/protocol/grpc-frame.js';
import { STATUS_CODES } from '../../../src/protocol/status-codes.js';

function frame(text: string): Buffer {
  return Buffer.concat([messagePrefix(Buffer.byteLength(text)), Buffer.from(text)]);
}

function read(reader: MessageReader, chunk: Buffer): readonly string[] {
  const messages = reader.push(chunk);
  if (!messages.ok) throw new Error(messages.error.message);
  return messages.value.map(String);
}

test('messages are the same however the stream is cut', () => {
  const stream = Buffer.concat([frame('one'), frame(''), frame('three and more')]);
  for (let size = 1; size <= stream.length; size++) {
    const reader = new MessageReader(1000);
    const messages: string[] = [];
    for (let start = 0; start < stream.length; start += size) {
      messages.push(...read(reader, stream.subarray(start, start + size)));
    }
    expect(messages).toEqual(['one', '', 'three and more']);
    expect(reader.isPartial).toBe(false);
  }
});

test('a stream that stops inside a message is known as partial', () => {
  const reader = new MessageReader(1000);
  read(reader, frame('whole').subarray(0, 5));
  expect(reader.isPartial).toBe(true);
  read(reader, Buffer.from('whole'));
  expect(reader.isPartial).toBe(false);
});

test('a message over the limit is refused by its prefix, before its bytes are there', () => {
  const result = new MessageReader(10).push(messagePrefix(11));
  expect(result).toMatchObject({ ok: false, error: { code: STATUS_CODES.RESOURCE_EXHAUSTED } });
});

test('a compressed message is refused: only identity was offered', () => {
  const compressed = frame('zip');
  compressed[0] = 1;
  expect(new MessageReader(10).push(compressed)).toMatchObject({
    ok: false,
    error: { code: STATUS_CODES.INTERNAL },
  });
});
