import { describe, expect, test } from 'vitest';
import { formatTarget, parseRpcAddress } from '../../../src/protocol/address.js';

const LOOPBACKS = ['127.0.0.1:41234', '[::1]:41234'];

describe('addresses as game servers send them', () => {
  test.each<[string, readonly string[]]>([
    ['127.0.0.1:41234', ['127.0.0.1:41234']],
    ['[::1]:41234', ['[::1]:41234']],
    ['10.0.0.7:1', ['10.0.0.7:1']],
    ['game-1.internal:65535', ['game-1.internal:65535']],
    [' 127.0.0.1:41234 ', ['127.0.0.1:41234']],
    ['[::]:41234', LOOPBACKS],
    ['0.0.0.0:41234', LOOPBACKS],
    [':41234', LOOPBACKS],
    ['*:41234', LOOPBACKS],
    [':::41234', LOOPBACKS],
    ['localhost:41234', LOOPBACKS],
    ['LOCALHOST:41234', LOOPBACKS],
  ])('%s is dialled at %j', (text, expected) => {
    const parsed = parseRpcAddress(text);
    expect(parsed.ok && parsed.value.map(formatTarget)).toEqual(expected);
  });

  test.each([
    ['', 'is not an address'],
    ['41234', 'is not an address'],
    ['127.0.0.1', 'is not an address'],
    ['127.0.0.1:', 'is not an address'],
    ['127.0.0.1:http', 'is not an address'],
    ['http://127.0.0.1:41234', 'is not an address'],
    ['::1:41234', 'is not an address'],
    ['127.0.0.1:0', 'no usable port'],
    ['127.0.0.1:65536', 'no usable port'],
    ['127.0.0.1:999999999999', 'no usable port'],
    ['a b:41234', 'no usable host'],
    ['[nonsense!]:41234', 'no usable host'],
  ])('"%s" is refused in words that name it', (text, words) => {
    const parsed = parseRpcAddress(text);
    expect(parsed.ok ? null : parsed.error).toContain(words);
    expect(parsed.ok ? null : parsed.error).toContain(`"${text}"`);
  });
});
