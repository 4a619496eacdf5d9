import { describe, expect, test } from 'vitest';
import {
  decodeStatusMessage,
  encodeTimeout,
  statusFromHttp,
  statusFromReset,
} from '../../../src/protocol/grpc-status.js';
import { STATUS_CODES, type StatusName } from '../../../src/protocol/status-codes.js';

describe('an HTTP answer without a gRPC status', () => {
  test.each<[number, StatusName]>([
    [400, 'INTERNAL'],
    [401, 'UNAUTHENTICATED'],
    [403, 'PERMISSION_DENIED'],
    [404, 'UNIMPLEMENTED'],
    [429, 'UNAVAILABLE'],
    [502, 'UNAVAILABLE'],
    [503, 'UNAVAILABLE'],
    [504, 'UNAVAILABLE'],
    [500, 'UNKNOWN'],
    [302, 'UNKNOWN'],
  ])('%i means %s', (http, name) => {
    expect(statusFromHttp(http).code).toBe(STATUS_CODES[name]);
    expect(statusFromHttp(http).message).toContain(String(http));
  });
});

describe('a reset stream', () => {
  test.each<[number, StatusName]>([
    [0, 'INTERNAL'],
    [1, 'INTERNAL'],
    [2, 'INTERNAL'],
    [3, 'INTERNAL'],
    [7, 'UNAVAILABLE'],
    [8, 'CANCELLED'],
    [11, 'RESOURCE_EXHAUSTED'],
    [12, 'PERMISSION_DENIED'],
  ])('with HTTP/2 code %i means %s', (code, name) => {
    expect(statusFromReset(code).code).toBe(STATUS_CODES[name]);
  });
});

test.each([
  ['plain text', 'plain text'],
  ['caf%C3%A9 100%25', 'café 100%'],
  ['broken %zz', 'broken %zz'],
])('the status message %s reads %s', (header, text) => {
  expect(decodeStatusMessage(header)).toBe(text);
});

test.each([
  [0, '1m'],
  [0.2, '1m'],
  [1500.4, '1501m'],
  [99_999_999, '99999999m'],
  [100_000_000, '100000S'],
  [Number.MAX_SAFE_INTEGER, '99999999S'],
])('%d ms until the deadline is sent as %s', (ms, header) => {
  expect(encodeTimeout(ms)).toBe(header);
});
