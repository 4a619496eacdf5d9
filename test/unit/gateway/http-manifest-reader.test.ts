import { createServer } from 'node:net';
import { describe, expect, it } from 'vitest';
import { systemClock } from '../../../src/core/clock.js';
import { type ManifestReading, readManifest } from '../../../src/gateway/http-manifest-reader.js';
import { VirtualClock } from '../../support/virtual-clock.js';
import { cleanUp, until } from './harness.js';
import { type HttpHandler, startHttpProcess } from './http-process.js';

const never = new AbortController().signal;

async function readFrom(handle: HttpHandler): Promise<ManifestReading> {
  const { port } = await startHttpProcess(handle);
  return readManifest({ host: '127.0.0.1', port }, systemClock, never);
}

describe('reading a manifest', () => {
  it('asks once, and takes what is answered', async () => {
    const process = await startHttpProcess((_body, response) => response.end('{"functions":[{"id":"a"}]}'));
    const reading = await readManifest({ host: '127.0.0.1', port: process.port }, systemClock, never);
    expect(reading).toMatchObject({ kind: 'functions', functions: [{ descriptor: { id: 'a' } }] });
    expect(process.requests.map(({ request }) => `${request.method} ${request.url}`)).toEqual([
      'GET /croupier/manifest.json',
    ]);
    await until('its connection is closed', () => process.sockets.size === 0);
  });

  it.each([404, 401, 500, 302])('takes status %i for none', async (status) => {
    expect(await readFrom((_body, response) => response.writeHead(status).end('{'))).toEqual({
      kind: 'none',
    });
  });

  it.each(['text/html; charset=utf-8', 'application/octet-stream'])(
    'takes a page (%s) for none',
    async (type) => {
      const reading = await readFrom((_body, response) => {
        response.writeHead(200, { 'content-type': type }).end('<!doctype html>');
      });
      expect(reading).toEqual({ kind: 'none' });
    },
  );

  it('says what is wrong with one that is there', async () => {
    expect(await readFrom((_body, response) => response.end('{broken'))).toMatchObject({
      kind: 'broken',
      message: expect.stringMatching(/^the manifest \(\/croupier\/manifest\.json\) is not JSON: /),
    });
    expect(await readFrom((_body, response) => response.end('x'.repeat(5 * 1024 * 1024)))).toMatchObject({
      kind: 'broken',
      message: expect.stringContaining('is longer than 4194304 bytes'),
    });
  });

  it('gives up on a process that does not answer', async () => {
    const clock = new VirtualClock();
    const process = await startHttpProcess(() => undefined);
    const reading = readManifest({ host: '127.0.0.1', port: process.port }, clock, never);
    await until('it is asked', () => process.requests.length === 1);
    await clock.advance(5000);
    expect(await reading).toEqual({
      kind: 'no-answer',
      message: 'GET /croupier/manifest.json was not answered within 5000 ms',
    });
    await process.crash();
    expect(await readManifest({ host: '127.0.0.1', port: process.port }, clock, never)).toMatchObject({
      kind: 'no-answer',
    });
    expect(clock.pending).toBe(0);
  });

  it('takes what speaks no HTTP for none', async () => {
    const server = createServer((socket) => {
      socket.on('error', () => undefined);
      socket.write('hello\n');
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    cleanUp(() => server.close());
    const address = server.address();
    if (address === null || typeof address === 'string') throw new Error('no port');
    const reading = await readManifest({ host: '127.0.0.1', port: address.port }, systemClock, never);
    expect(reading).toEqual({ kind: 'none' });
  });

  it('ends when it is aborted', async () => {
    const abort = new AbortController();
    const process = await startHttpProcess(() => undefined);
    const reading = readManifest({ host: '127.0.0.1', port: process.port }, systemClock, abort.signal);
    await until('it is asked', () => process.requests.length === 1);
    abort.abort();
    expect(await reading).toEqual({ kind: 'aborted' });
    await until('the process sees it', () => process.sockets.size === 0);
    expect(await readManifest({ host: '127.0.0.1', port: process.port }, systemClock, abort.signal)).toEqual({
      kind: 'aborted',
    });
  });
});
