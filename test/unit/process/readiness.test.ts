import { once } from 'node:events';
import { createServer as createHttpServer, type RequestListener } from 'node:http';
import { createServer, type Server } from 'node:net';
import { afterEach, describe, expect, it, vi } from 'vitest';
import type { ReadyConfig } from '../../../src/config/types.js';
import { systemClock } from '../../../src/core/clock.js';
import { resolveProbeUrl } from '../../../src/process/http-probe.js';
import { freePort } from '../../../src/process/ports.js';
import { waitUntilReady } from '../../../src/process/readiness.js';
import type { Child, ChildExit } from '../../../src/process/types.js';
import { VirtualClock } from '../../support/virtual-clock.js';

/** A process that can be made to write and to exit. */
class FakeChild implements Child {
  // No process has this pid: the largest possible one is 2^22.
  readonly pid = 2 ** 30;
  readonly exited: Promise<ChildExit>;
  readonly tail: string[] = [];
  exit: () => void = () => {};
  readonly #listeners: ((stream: 'stdout' | 'stderr', chunk: Buffer) => void)[] = [];

  constructor() {
    this.exited = new Promise((resolve) => {
      this.exit = () => resolve({ exitCode: 1, signal: null });
    });
  }

  write(text: string, stream: 'stdout' | 'stderr' = 'stdout'): void {
    for (const listener of this.#listeners) listener(stream, Buffer.from(text));
  }

  outputTail(): readonly string[] {
    return this.tail;
  }

  onOutput(listener: (stream: 'stdout' | 'stderr', chunk: Buffer) => void): void {
    this.#listeners.push(listener);
  }

  stop(): never {
    throw new Error('not a part of this test');
  }
}

const servers: Server[] = [];
afterEach(() => {
  for (const server of servers.splice(0)) server.close();
});

async function listen(server: Server, port = 0, host = '127.0.0.1'): Promise<number> {
  servers.push(server);
  server.listen(port, host);
  await once(server, 'listening');
  const address = server.address();
  return typeof address === 'object' && address !== null ? address.port : 0;
}

function wait(ready: ReadyConfig, port: number, more: { clock?: VirtualClock; child?: FakeChild } = {}) {
  const child = more.child ?? new FakeChild();
  const abort = new AbortController();
  const clock = more.clock ?? systemClock;
  let isSettled = false;
  const result = waitUntilReady({ ready, port, child, clock, signal: abort.signal });
  void result.then(() => {
    isSettled = true;
  });
  return { child, result, abort: () => abort.abort(), isSettled: () => isSettled };
}

const timeout = 30_000;

describe('tcp', () => {
  it('is ready when the address accepts, not before', async () => {
    const port = await freePort();
    const clock = new VirtualClock();
    const waiting = wait({ kind: 'tcp', timeout, address: ':{port}' }, port, { clock });
    await vi.waitFor(() => expect(clock.pending).toBe(1));
    expect(waiting.isSettled()).toBe(false);
    await listen(createServer(), port);
    await clock.advance(20);
    expect(await waiting.result).toEqual({ ok: true });
  });

  it.each(['{port}', '127.0.0.1:{port}', 'localhost:{port}', '0.0.0.0:{port}'])(
    'takes %s',
    async (address) => {
      const port = await listen(createServer());
      expect(await wait({ kind: 'tcp', timeout, address }, port).result).toEqual({ ok: true });
    },
  );

  it('says what it waited for when the signal aborts, without waiting for the next look', async () => {
    const port = await freePort();
    const clock = new VirtualClock();
    const waiting = wait({ kind: 'tcp', timeout, address: 'localhost:{port}' }, port, { clock });
    await vi.waitFor(() => expect(clock.pending).toBe(1));
    waiting.abort();
    expect(await waiting.result).toEqual({ ok: false, waitedFor: `a connection on localhost:${port}` });
  });

  it('looks in growing pauses', async () => {
    const port = await freePort();
    const clock = new VirtualClock();
    const waiting = wait({ kind: 'tcp', timeout, address: '{port}' }, port, { clock });
    let looks = 0;
    const after = clock.after.bind(clock);
    const pauses: number[] = [];
    clock.after = (ms, callback) => {
      pauses.push(Math.round(ms));
      looks += 1;
      return after(ms, callback);
    };
    for (const ms of [20, 980, 4000, 10_000]) {
      const before = looks;
      await vi.waitFor(() => expect(clock.pending).toBe(1));
      await clock.advance(ms);
      await vi.waitFor(() => expect(looks).toBeGreaterThan(before));
    }
    waiting.abort();
    await waiting.result;
    expect(Math.min(...pauses)).toBe(20);
    expect(pauses.at(-1)).toBe(250);
  });
});

describe('http', () => {
  const serve = (listener: RequestListener) => listen(createHttpServer(listener));

  it.each([200, 204, 302, 399])('%i is ready', async (status) => {
    const port = await serve((_request, response) => response.writeHead(status, { location: '/x' }).end());
    expect(await wait({ kind: 'http', timeout, url: '/health' }, port).result).toEqual({ ok: true });
  });

  it('asks until the answer is good', async () => {
    const statuses = [500, 404, 200];
    const asked: string[] = [];
    const port = await serve((request, response) => {
      asked.push(`${request.method} ${request.url} ${request.headers.host}`);
      response.writeHead(statuses.shift() ?? 200).end('not read');
    });
    expect(await wait({ kind: 'http', timeout, url: '/health?deep=1' }, port).result).toEqual({ ok: true });
    expect(asked).toEqual(Array(3).fill(`GET /health?deep=1 localhost:${port}`));
  });

  it('says the last answer', async () => {
    const port = await serve((_request, response) => response.writeHead(503).end());
    const url = `http://127.0.0.1:{port}/health`;
    const clock = new VirtualClock();
    const waiting = wait({ kind: 'http', timeout, url }, port, { clock });
    await vi.waitFor(() => expect(clock.pending).toBe(1));
    waiting.abort();
    expect(await waiting.result).toEqual({
      ok: false,
      waitedFor: `GET http://127.0.0.1:${port}/health (last answer: 503)`,
    });
  });

  it('a server that does not answer does not keep an abort waiting', async () => {
    let isAsked = false;
    const port = await serve(() => {
      isAsked = true;
    });
    const waiting = wait({ kind: 'http', timeout, url: '/' }, port);
    await vi.waitFor(() => expect(isAsked).toBe(true));
    waiting.abort();
    expect(await waiting.result).toMatchObject({ ok: false });
  });

  it('reaches a server that listens on IPv6 only', async () => {
    const server = createHttpServer((_request, response) => response.end());
    const port = await listen(server, 0, '::1');
    expect(await wait({ kind: 'http', timeout, url: '/' }, port).result).toEqual({ ok: true });
  });

  it('fills in the port, and refuses what is no http URL', () => {
    expect(resolveProbeUrl('/ready', 4000)?.href).toBe('http://localhost:4000/ready');
    expect(resolveProbeUrl('https://localhost:{port}/ready', 4000)?.href).toBe(
      'https://localhost:4000/ready',
    );
    expect(resolveProbeUrl('ftp://localhost/', 4000)).toBeNull();
    expect(resolveProbeUrl('ready', 4000)).toBeNull();
  });
});

describe('log', () => {
  const ready = { kind: 'log', timeout, pattern: '^listening on \\d+$' } as const;

  it('finds a line that comes in pieces, on either stream', async () => {
    for (const stream of ['stdout', 'stderr'] as const) {
      const { child, result, isSettled } = wait(ready, 1);
      child.write('starting\nlisten', stream);
      child.write('ing on 4000', stream);
      await new Promise((resolve) => setImmediate(resolve));
      expect(isSettled()).toBe(false);
      child.write('\n', stream);
      expect(await result).toEqual({ ok: true });
    }
  });

  it('does not put together pieces of two streams', async () => {
    const { child, result, abort } = wait(ready, 1);
    child.write('listening ', 'stdout');
    child.write('on 4000\n', 'stderr');
    abort();
    expect(await result).toEqual({
      ok: false,
      waitedFor: 'a line of output that matches /^listening on \\d+$/',
    });
  });

  it('sees through colours', async () => {
    const { child, result } = wait(ready, 1);
    child.write('\u001b[32mlistening on \u001b[1m4000\u001b[0m\r\n');
    expect(await result).toEqual({ ok: true });
  });

  it('knows the lines that were written before', async () => {
    const child = new FakeChild();
    child.tail.push('listening on 4000');
    expect(await wait(ready, 1, { child }).result).toEqual({ ok: true });
  });

  it('ends when the process exits', async () => {
    const { child, result } = wait(ready, 1);
    child.exit();
    expect(await result).toMatchObject({ ok: false });
  });
});

it('spawn: it runs, and that is all', async () => {
  expect(await wait({ kind: 'spawn', timeout }, 1).result).toEqual({ ok: true });
});

describe('auto', () => {
  it('is ready when PORT accepts, on either family', async () => {
    for (const host of ['127.0.0.1', '::1']) {
      const port = await listen(createServer(), 0, host);
      expect(await wait({ kind: 'auto', timeout }, port).result).toEqual({ ok: true });
    }
  });

  it('is not ready while nobody listens', async () => {
    const port = await freePort();
    const clock = new VirtualClock();
    const waiting = wait({ kind: 'auto', timeout }, port, { clock });
    for (let look = 0; look < 3; look++) {
      await vi.waitFor(() => expect(clock.pending).toBe(1));
      await clock.advance(20);
    }
    expect(waiting.isSettled()).toBe(false);
    waiting.abort();
    expect(await waiting.result).toEqual({
      ok: false,
      waitedFor: `a connection on PORT ${port}, or on any port of the process`,
    });
  });
});
