import { describe, expect, it } from 'vitest';
import { isSuccess, printable, statusOfHttp } from '../../../src/gateway/http-status.js';
import { statusName } from '../../../src/protocol/status-codes.js';

describe('the meaning of an HTTP status', () => {
  it.each([
    [302, 'FAILED_PRECONDITION'],
    [400, 'INVALID_ARGUMENT'],
    [401, 'UNAUTHENTICATED'],
    [403, 'PERMISSION_DENIED'],
    [404, 'NOT_FOUND'],
    [405, 'UNIMPLEMENTED'],
    [408, 'DEADLINE_EXCEEDED'],
    [409, 'ABORTED'],
    [410, 'NOT_FOUND'],
    [412, 'FAILED_PRECONDITION'],
    [413, 'RESOURCE_EXHAUSTED'],
    [415, 'INVALID_ARGUMENT'],
    [416, 'OUT_OF_RANGE'],
    [418, 'FAILED_PRECONDITION'],
    [422, 'INVALID_ARGUMENT'],
    [429, 'RESOURCE_EXHAUSTED'],
    [431, 'RESOURCE_EXHAUSTED'],
    [499, 'CANCELLED'],
    [500, 'INTERNAL'],
    [501, 'UNIMPLEMENTED'],
    [502, 'UNAVAILABLE'],
    [503, 'UNAVAILABLE'],
    [504, 'DEADLINE_EXCEEDED'],
    [507, 'INTERNAL'],
    [700, 'UNKNOWN'],
  ])('%i is %s', (httpStatus, name) => {
    expect(isSuccess(httpStatus)).toBe(false);
    expect(statusName(statusOfHttp(httpStatus, Buffer.alloc(0), undefined).code)).toBe(name);
  });

  it('is told with the body', () => {
    expect(statusOfHttp(404, Buffer.from('{"error":\n "no such player"}'), undefined).message).toBe(
      'HTTP 404 Not Found: {"error": "no such player"}',
    );
    expect(statusOfHttp(299 + 300, Buffer.from('x'), undefined).message).toBe('HTTP 599: x');
    expect(statusOfHttp(503, Buffer.alloc(0), undefined).message).toBe('HTTP 503 Service Unavailable');
  });

  it('of a redirect names where it points', () => {
    expect(statusOfHttp(307, Buffer.from('moved'), '/other').message).toBe(
      'HTTP 307 Temporary Redirect: redirects are not followed; it points to /other',
    );
  });
});

describe('a body in a message', () => {
  it('has no control characters', () => {
    expect(printable(Buffer.from('a\x00\x1b[31mb\r\n\u200Fc\t'))).toBe('a [31mb c');
  });

  it('is cut, between two characters', () => {
    const text = printable(Buffer.from('é'.repeat(1500)));
    expect(text).toBe(`${'é'.repeat(1000)}…`);
    expect(printable(Buffer.from(`x${'é'.repeat(1500)}`))).toBe(`x${'é'.repeat(999)}…`);
  });
});
