import { describe, expect, it } from 'vitest';
import {
  checkRoute,
  defaultRoute,
  type HttpFunction,
  parseRoute,
} from '../../../src/gateway/http-function.js';
import { buildRequest, type CallFacts } from '../../../src/gateway/http-request.js';
import type { InvokeRequest } from '../../../src/protocol/gen/croupier/function/v1/function.js';
import { httpFunction } from './http-process.js';

const EMPTY: InvokeRequest = { functionId: 'f', idempotencyKey: '', payload: Buffer.alloc(0), metadata: {} };
const CALL: CallFacts = { kind: 'call', metadata: {}, timeoutMs: null };

function build(target: HttpFunction, invoke: Partial<InvokeRequest>, call: Partial<CallFacts> = {}) {
  return buildRequest(target, { ...EMPTY, ...invoke }, { ...CALL, ...call });
}

function built(target: HttpFunction, invoke: Partial<InvokeRequest>, call: Partial<CallFacts> = {}) {
  const parts = build(target, invoke, call);
  if (!parts.ok) throw new Error(parts.error);
  return parts.value;
}

const payload = (value: unknown): Buffer => Buffer.from(JSON.stringify(value));

describe('the request for a call', () => {
  it('has the payload as its body, byte for byte, and says what it is', () => {
    const bytes = Buffer.from('{ "a" : 1 }');
    const { method, path, headers, body } = built(httpFunction('f'), { payload: bytes });
    expect([method, path]).toEqual(['POST', '/functions/f']);
    expect(body).toEqual(bytes);
    expect(headers).toMatchObject({
      'content-type': 'application/json',
      'content-length': '11',
      'croupier-function-id': 'f',
    });
    expect(headers).not.toHaveProperty('idempotency-key');
    expect(headers).not.toHaveProperty('croupier-timeout-ms');
  });

  it('has an empty object for an empty payload', () => {
    expect(built(httpFunction('f'), {}).body?.toString()).toBe('{}');
  });

  it('carries idempotency key, deadline and metadata as headers', () => {
    const { headers } = built(
      httpFunction('f'),
      { idempotencyKey: 'k-1', metadata: { route: 'lb', Game_ID: 'g7' } },
      { timeoutMs: 1499.2, metadata: { traceparent: ['00-ab-cd-01'], 'x-many': ['a', 'b'] } },
    );
    expect(headers).toMatchObject({
      'idempotency-key': 'k-1',
      'croupier-timeout-ms': '1500',
      'croupier-metadata-route': 'lb',
      'croupier-metadata-game_id': 'g7',
      traceparent: ['00-ab-cd-01'],
      'x-many': ['a', 'b'],
    });
  });

  it('encodes what a header cannot hold, so that it can be read back', () => {
    const metadata = { 'player name': 'Jörg\r\nx: 1', percent: '100%', blank: ' a b ', 名: 'ok' };
    const { headers } = built(httpFunction('f'), { functionId: 'ä', metadata });
    expect(headers).toMatchObject({
      'croupier-function-id': '%C3%A4',
      'croupier-metadata-player%20name': 'J%C3%B6rg%0D%0Ax: 1',
      'croupier-metadata-percent': '100%25',
      'croupier-metadata-blank': '%20a b%20',
      'croupier-metadata-%E5%90%8D': 'ok',
    });
    for (const [name, value] of Object.entries(metadata)) {
      const key = encodeURIComponent(name).toLowerCase();
      const sent = Object.entries(headers).find(
        ([header]) => header.toLowerCase() === `croupier-metadata-${key}`,
      );
      expect(decodeURIComponent(String(sent?.[1]))).toBe(value);
    }
  });

  it('passes no metadata that would change how HTTP is spoken', () => {
    const { headers } = built(
      httpFunction('f'),
      {},
      {
        metadata: {
          expect: ['100-continue'],
          'if-match': ['x'],
          range: ['bytes=0-1'],
          accept: ['text/plain'],
          'user-agent': ['grpc-node'],
          'croupier-function-id': ['other'],
          'idempotency-key': ['other'],
          authorization: ['Bearer t'],
        },
      },
    );
    expect(Object.keys(headers).sort()).toEqual([
      'accept',
      'accept-encoding',
      'authorization',
      'content-length',
      'content-type',
      'croupier-function-id',
      'user-agent',
    ]);
    expect(headers).toMatchObject({ 'croupier-function-id': 'f', 'user-agent': 'croupier' });
  });

  it('asks for events where it starts a job, and tells no deadline: that one is of StartJob alone', () => {
    const { headers } = built(httpFunction('f'), {}, { kind: 'job', timeoutMs: 1000 });
    expect(headers.accept).toMatch(/^text\/event-stream, application\/x-ndjson, application\/json/);
    expect(headers).not.toHaveProperty('croupier-timeout-ms');
  });

  it.each(['GET', 'DELETE'])('has the fields of the payload in the query for %s', (method) => {
    const target = httpFunction('f', { method, path: '/players?all=1' });
    const value = { id: 7, name: 'a b&c', ok: true, tags: ['x', 'y'], none: null };
    const { path, body, headers } = built(target, { payload: payload(value) });
    expect(path).toBe('/players?all=1&id=7&name=a+b%26c&ok=true&tags=x&tags=y');
    expect(body).toBe(null);
    expect(headers).not.toHaveProperty('content-type');
    expect(built({ ...target, path: '/p' }, {}).path).toBe('/p');
  });

  it.each([
    [{ where: { x: 1 } }, '"where" holds an object'],
    [[1], 'takes a JSON object'],
  ])('cannot put %j into a query', (value, words) => {
    const parts = build(httpFunction('f', { method: 'GET' }), { payload: payload(value) });
    expect(parts).toMatchObject({ ok: false, error: expect.stringContaining(words) });
  });

  it('is not made of a payload that the schema does not allow', () => {
    const input = { text: '{}', check: (value: unknown) => (value === 1 ? null : 'the payload must be 1') };
    const target = httpFunction('f', { input });
    expect(build(target, { payload: payload(1) }).ok).toBe(true);
    expect(build(target, { payload: payload(2) })).toEqual({
      ok: false,
      error: "the payload does not fit the function's input schema: the payload must be 1",
    });
    expect(build(target, { payload: Buffer.from('{') })).toMatchObject({
      ok: false,
      error: expect.stringContaining('the payload is not JSON'),
    });
    expect(build(target, { payload: Buffer.from([0x22, 0xff, 0x22]) }).ok).toBe(false);
  });
});

describe('a route', () => {
  it.each([
    ['POST /functions/player.ban', 'POST', '/functions/player.ban'],
    ['get   /a?b=c', 'GET', '/a?b=c'],
    ['PUT /spieler/jörg', 'PUT', '/spieler/j%C3%B6rg'],
    ['POST //x/../y', 'POST', '//y'],
    ['POST /a%20b', 'POST', '/a%20b'],
  ])('%s', (text, method, path) => {
    expect(parseRoute(text)).toEqual({ ok: true, value: { method, path } });
  });

  it.each(['POST', '/x', 'POST x', 'BREW /x', 'CONNECT /x', 'POST /a b', ''])('%j is none', (text) => {
    expect(parseRoute(text).ok).toBe(false);
  });

  it('is read from its parts as well', () => {
    expect(checkRoute('post', '/x').ok).toBe(true);
    expect(checkRoute('TRACE', '/x')).toMatchObject({ ok: false });
  });

  it('is made from the id where none is given', () => {
    expect(defaultRoute('a/b c')).toEqual({ method: 'POST', path: '/functions/a%2Fb%20c' });
  });
});
