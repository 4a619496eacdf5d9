import { describe, expect, it } from 'vitest';
import type { CallOrder } from '../../../src/control/controlled-session.js';
import { err, ok } from '../../../src/core/result.js';
import { report } from './fake-session.js';
import { type Answer, RunningApi } from './running-api.js';

function codeOf({ status, text }: Answer): string {
  return `${status} ${JSON.parse(text).error.code}`;
}

describe('who may ask', () => {
  it.each(['/v1/status', '/v1/functions', '/v1/events', '/v1/logs', '/openapi.json', '/v1/nothing'])(
    'nobody without the token: GET %s',
    async (path) => {
      const api = await RunningApi.open();
      const none = await api.ask(path, { token: null });
      expect(codeOf(none)).toBe('401 no-token');
      expect(none.headers['www-authenticate']).toBe('Bearer');
      expect(codeOf(await api.ask(path, { token: 'another' }))).toBe('401 wrong-token');
    },
  );

  it('nobody without the token: POST', async () => {
    const api = await RunningApi.open();
    for (const path of ['/v1/stop', '/v1/reload', '/v1/functions/player.ban/invoke']) {
      expect(codeOf(await api.ask(path, { json: {}, token: null }))).toBe('401 no-token');
    }
    expect(api.session.asked).toEqual([]);
  });

  it('anybody on this machine for health, readiness and metrics', async () => {
    const api = await RunningApi.open();
    expect(await api.ask('/healthz', { token: null })).toMatchObject({
      status: 200,
      text: '{"status":"ok"}',
    });
    expect(await api.ask('/readyz', { token: null })).toMatchObject({ status: 200 });
    expect(await api.ask('/metrics', { token: null })).toMatchObject({
      status: 200,
      text: 'croupier_info 1\n',
      headers: { 'content-type': 'text/plain; version=0.0.4' },
    });
    api.session.isReady = false;
    const notReady = await api.ask('/readyz', { token: null });
    expect(notReady).toMatchObject({
      status: 503,
      text: '{"isReady":false,"services":[{"name":"game","isServing":false}]}',
    });
  });

  it('no page of another site, and nobody who was led here by a foreign name', async () => {
    const api = await RunningApi.open();
    for (const path of ['/v1/status', '/healthz', '/metrics']) {
      expect(codeOf(await api.ask(path, { headers: { host: 'evil.example' } }))).toBe('403 foreign-host');
      expect(codeOf(await api.ask(path, { headers: { origin: 'http://evil.example' } }))).toBe(
        '403 foreign-origin',
      );
    }
    const own = { host: `localhost:${api.port}`, origin: `http://localhost:${api.port}` };
    const answer = await api.ask('/v1/status', { headers: own });
    expect(answer.status).toBe(200);
    expect(answer.headers['access-control-allow-origin']).toBeUndefined();
  });
});

describe('paths and methods', () => {
  it.each([
    '/',
    '/v1',
    '/v1/',
    '/v1/statusx',
    '/V1/status',
    '/v1/../v1/status',
    '/v1/%2e%2e/v1/status',
    '/v1/..%2fstatus',
    '/v1/.%2e/healthz',
    '/v1/functions/../status',
    '/v1/functions/%2e%2e%2f%2e%2e%2fstatus/invoke',
    '/v1/..\\status',
    '/v1/%5c..%5cstatus',
    '//v1/status',
    '/v1/%ff',
    '/etc/passwd',
  ])('there is nothing at %s', async (path) => {
    const api = await RunningApi.open();
    expect(codeOf(await api.ask(path))).toBe('404 not-found');
  });

  it('a path has its methods', async () => {
    const api = await RunningApi.open();
    const wrong = await api.ask('/v1/status', { json: {} });
    expect(codeOf(wrong)).toBe('405 method-not-allowed');
    expect(wrong.headers.allow).toBe('GET');
    expect(codeOf(await api.ask('/v1/stop'))).toBe('405 method-not-allowed');
    expect(codeOf(await api.ask('/openapi.json', { method: 'DELETE' }))).toBe('405 method-not-allowed');
    expect(api.session.asked).toEqual([]);
  });
});

describe('bodies', () => {
  it('are JSON, and are said to be: a form of another page is none', async () => {
    const api = await RunningApi.open();
    const plain = { body: '{}', headers: { 'content-type': 'text/plain' } };
    expect(codeOf(await api.ask('/v1/reload', plain))).toBe('415 not-json');
    expect(codeOf(await api.ask('/v1/reload', { body: '{}' }))).toBe('415 not-json');
    const broken = { body: '{', headers: { 'content-type': 'application/json; charset=utf-8' } };
    expect(codeOf(await api.ask('/v1/reload', broken))).toBe('400 invalid-request');
    expect(api.session.asked).toEqual([]);
  });

  it('say what is wrong with them', async () => {
    const api = await RunningApi.open();
    const unknown = await api.ask('/v1/reload', { json: { target: ['game'] } });
    expect(codeOf(unknown)).toBe('400 invalid-request');
    expect(unknown.text).toContain('target');
    const wrong = await api.ask('/v1/drain', { json: { timeoutMs: 'soon' } });
    expect(wrong.text).toContain('timeoutMs');
    expect(codeOf(await api.ask('/v1/logs?lines=0'))).toBe('400 invalid-request');
    expect(codeOf(await api.ask('/v1/status?x=1'))).toBe('400 invalid-request');
    expect(api.session.asked).toEqual([]);
  });

  it('have a limit, known beforehand or not', async () => {
    const api = await RunningApi.open();
    const large = JSON.stringify({ targets: ['x'.repeat(1024 * 1024)] });
    const known = { body: large, headers: { 'content-type': 'application/json' } };
    expect(codeOf(await api.ask('/v1/reload', known))).toBe('413 body-too-large');
    const chunked = { ...known, headers: { ...known.headers, 'transfer-encoding': 'chunked' } };
    expect(codeOf(await api.ask('/v1/reload', chunked))).toBe('413 body-too-large');
    expect(api.session.asked).toEqual([]);
    const payload = 'x'.repeat(2 * 1024 * 1024);
    const call = await api.ask('/v1/functions/player.ban/invoke', { json: { payload } });
    expect(JSON.parse(call.text)).toEqual({ payload });
  });
});

describe('commands', () => {
  it('reach the session as they were sent, and its answers come back', async () => {
    const api = await RunningApi.open();
    api.session.reloads = ok({
      ok: false,
      services: [report({ outcome: 'kept-old', failure: 'the build failed' })],
      functions: [],
    });
    const reloaded = await api.ask('/v1/reload', { json: { targets: ['game', 'player.ban'] } });
    expect(JSON.parse(reloaded.text)).toMatchObject({
      ok: false,
      services: [{ failure: 'the build failed' }],
    });
    await api.ask('/v1/reload', {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: '{}',
    });
    await api.ask('/v1/rollback', { json: {} });
    await api.ask('/v1/rollback', { json: { target: 'player.ban' } });
    await api.ask('/v1/drain', { json: { target: 'game', timeoutMs: 5 } });
    expect(await api.ask('/v1/stop', { json: {} })).toMatchObject({ status: 202 });
    expect(api.session.asked).toEqual([
      { reload: ['game', 'player.ban'] },
      { reload: [] },
      { rollback: null },
      { rollback: 'player.ban' },
      { drain: { target: 'game', timeoutMs: 5 } },
      { stop: false },
    ]);
  });

  it('pause and resume', async () => {
    const api = await RunningApi.open();
    expect(await api.ask('/v1/pause', { method: 'POST' })).toMatchObject({ text: '{"isPaused":true}' });
    expect(api.session.isPaused).toBe(true);
    expect(await api.ask('/v1/resume', { json: {} })).toMatchObject({ text: '{"isPaused":false}' });
    expect(api.session.isPaused).toBe(false);
  });

  it('that cannot be carried out say why', async () => {
    const api = await RunningApi.open();
    api.session.rollbacks = err({ code: 'not-possible', message: 'there is no build to go back to' });
    const refused = await api.ask('/v1/rollback', { json: {} });
    expect(codeOf(refused)).toBe('409 not-possible');
    expect(JSON.parse(refused.text).error.message).toBe('there is no build to go back to');
    expect(codeOf(await api.ask('/v1/generations?service=gmae'))).toBe('404 unknown-target');
  });

  it('a bug is told to the session, not to the client', async () => {
    const api = await RunningApi.open();
    api.session.drain = () => Promise.reject(new Error('secret detail'));
    const answer = await api.ask('/v1/drain', { json: {} });
    expect(codeOf(answer)).toBe('500 internal-error');
    expect(answer.text).not.toContain('secret detail');
    expect(api.bugs).toEqual([new Error('secret detail')]);
  });
});

describe('calls', () => {
  it('carry everything, and the answer is shown as what it is', async () => {
    const api = await RunningApi.open();
    const orders: CallOrder[] = [];
    const answers = [
      Buffer.from('{"a":1}'),
      Buffer.from('no json'),
      Buffer.from([0xff, 0xfe]),
      Buffer.alloc(0),
    ];
    api.session.answer = async (order) => {
      orders.push(order);
      return ok(answers[orders.length - 1] ?? Buffer.alloc(0));
    };
    const json = { payload: { x: [1] }, metadata: { game_id: 'demo' }, idempotencyKey: 'k', timeoutMs: 500 };
    const invoke = (body: object) => api.ask('/v1/functions/player%2Fban%20%C3%A9/invoke', { json: body });
    expect(JSON.parse((await invoke(json)).text)).toEqual({ payload: { a: 1 } });
    expect(JSON.parse((await invoke({ payloadBase64: '//4=' })).text)).toEqual({
      payloadBase64: Buffer.from('no json').toString('base64'),
    });
    expect(JSON.parse((await invoke({ payload: null })).text)).toEqual({ payloadBase64: '//4=' });
    expect(JSON.parse((await invoke({})).text)).toEqual({});
    expect(orders[0]).toEqual({
      functionId: 'player/ban é',
      payload: Buffer.from('{"x":[1]}'),
      metadata: { game_id: 'demo' },
      idempotencyKey: 'k',
      deadlineMs: 500,
      dispatchWithinMs: null,
    });
    expect(orders.slice(1).map(({ payload }) => payload)).toEqual([
      Buffer.from([0xff, 0xfe]),
      Buffer.from('null'),
      Buffer.alloc(0),
    ]);
    expect(codeOf(await invoke({ payload: 1, payloadBase64: '' }))).toBe('400 invalid-request');
  });

  it.each([
    ['NOT_FOUND', 'player.ban', '502 call-failed'],
    ['NOT_FOUND', 'player.bann', '404 unknown-function'],
    ['DEADLINE_EXCEEDED', 'player.ban', '504 call-timed-out'],
    ['UNAVAILABLE', 'player.ban', '502 call-failed'],
  ])('that fail with %s of %s are %s', async (code, id, expected) => {
    const api = await RunningApi.open();
    api.session.answer = async () => err({ code, message: 'it failed', reason: 'child-lost' });
    const answer = await api.ask(`/v1/functions/${id}/invoke`, { json: {} });
    expect(codeOf(answer)).toBe(expected);
    expect(JSON.parse(answer.text).error.call).toEqual({ status: code, reason: 'child-lost' });
  });

  it('are given up when the client goes away', async () => {
    const api = await RunningApi.open();
    let onCalled = (_: AbortSignal): void => undefined;
    const called = new Promise<AbortSignal>((resolve) => {
      onCalled = resolve;
    });
    api.session.answer = (_, signal) => {
      onCalled(signal);
      return new Promise(() => undefined);
    };
    const client = await api.openStream('/v1/status');
    client.destroy();
    const leaving = await api.openPost('/v1/functions/player.ban/invoke', '{}');
    const signal = await called;
    expect(signal.aborted).toBe(false);
    const aborted = new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve()));
    leaving.destroy();
    await aborted;
  });
});

describe('jobs', () => {
  it('are started, read to their end, asked for and cancelled', async () => {
    const api = await RunningApi.open();
    api.session.jobEvents = [
      { type: 'started', message: '', progress: 0, payload: Buffer.alloc(0) },
      { type: 'progress', message: 'step 1', progress: 50, payload: Buffer.alloc(0) },
      { type: 'done', message: '', progress: 100, payload: Buffer.from('{"steps":3}') },
    ];
    const started = await api.ask('/v1/functions/player.ban/jobs', { json: {} });
    expect(started).toMatchObject({ status: 201, text: '{"jobId":"job-1"}' });
    const stream = await api.ask('/v1/jobs/job-1/events');
    expect(stream.headers['content-type']).toBe('text/event-stream; charset=utf-8');
    expect(stream.text).toBe(
      [
        'event: started\ndata: {"jobId":"job-1","type":"started","message":"","progress":0}\n\n',
        'event: progress\ndata: {"jobId":"job-1","type":"progress","message":"step 1","progress":50}\n\n',
        'event: done\ndata: {"jobId":"job-1","type":"done","message":"","progress":100,"payload":{"steps":3}}\n\n',
      ].join(''),
    );
    expect(api.streams.size).toBe(0);
    expect(JSON.parse((await api.ask('/v1/jobs/job-1')).text)).toEqual({
      jobId: 'job-1',
      state: 'done',
      error: '',
      payload: { steps: 3 },
    });
    expect(await api.ask('/v1/jobs/job-1/cancel', { method: 'POST' })).toMatchObject({ status: 202 });
    expect(api.session.asked).toEqual([{ cancel: 'job-1' }]);
  });

  it('that are not there are unknown', async () => {
    const api = await RunningApi.open();
    expect(codeOf(await api.ask('/v1/jobs/job-2'))).toBe('404 unknown-job');
    expect(codeOf(await api.ask('/v1/jobs/job-2/events'))).toBe('404 unknown-job');
    expect(codeOf(await api.ask('/v1/jobs/job-2/cancel', { method: 'POST' }))).toBe('404 unknown-job');
    expect(codeOf(await api.ask('/v1/functions/echo/jobs', { json: {} }))).toBe('404 unknown-function');
  });

  it('that say more than a client takes send it away', async () => {
    const api = await RunningApi.open();
    const payload = Buffer.alloc(1024 * 1024, 'x');
    api.session.jobEvents = Array.from({ length: 60 }, () => ({
      type: 'log',
      message: '',
      progress: 0,
      payload,
    }));
    const client = await api.openStream('/v1/jobs/job-1/events');
    await client.closed;
    expect(client.text).toContain('"reason":"too-slow"');
    expect(client.text.length).toBeLessThan(33 * 1024 * 1024);
  });
});
