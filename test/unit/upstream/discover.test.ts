import { createServer as createHttpServer } from 'node:http';
import type { AddressInfo, Server } from 'node:net';
import { createServer as createTlsServer } from 'node:tls';
import { Server as GrpcServer, ServerCredentials } from '@grpc/grpc-js';
import { afterEach, expect, test } from 'vitest';
import { FunctionServiceService } from '../../../src/protocol/gen/croupier/function/v1/function.js';
import { probeAgent } from '../../../src/upstream/discover.js';
import { createAuthority } from '../../support/certificates.js';
import { listen } from './agent-fixtures.js';
import { DESCRIBED, FakeAgent } from './fake-agent.js';

const cleanup: (() => Promise<unknown>)[] = [];
/** Long enough for a machine that is busy; where a test is about the time it says so. */
const PATIENT_MS = 5_000;

afterEach(async () => {
  for (const one of cleanup.splice(0).reverse()) await one();
});

function probe(port: number, timeoutMs = PATIENT_MS): ReturnType<typeof probeAgent> {
  return probeAgent({ host: '127.0.0.1', port, timeoutMs });
}

async function serve(server: Server): Promise<number> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  cleanup.push(() => new Promise((resolve) => server.close(resolve)));
  const address: AddressInfo | string | null = server.address();
  if (address === null || typeof address === 'string') throw new Error('no TCP address');
  return address.port;
}

test('where nothing listens there is none, at once', async () => {
  const listener = await listen();
  await listener.close();
  await probe(listener.port);
  const startedAt = performance.now();
  expect(await probe(listener.port)).toEqual({ found: 'none' });
  expect(performance.now() - startedAt).toBeLessThan(250);
});

test('an agent of the field', async () => {
  const agent = await new FakeAgent().start();
  cleanup.push(() => agent.stop());
  expect(await probe(agent.port)).toEqual({ found: 'agent', session: null });
});

test('an agent that cannot list', async () => {
  const agent = await new FakeAgent().start();
  cleanup.push(() => agent.stop());
  agent.canList = false;
  expect(await probe(agent.port)).toEqual({ found: 'agent', session: null });
  expect(agent.registrations).toEqual([]);
});

test('a session of this program, with what it says about itself', async () => {
  const agent = await new FakeAgent({ isSession: true }).start();
  cleanup.push(() => agent.stop());
  expect(await probe(agent.port)).toEqual({
    found: 'agent',
    session: DESCRIBED,
  });
});

test('a peer that accepts and never answers costs the time that it is given', async () => {
  const silent = await listen();
  cleanup.push(() => silent.close());
  const startedAt = performance.now();
  expect(await probe(silent.port, 300)).toMatchObject({
    found: 'other',
    why: expect.stringContaining('does not answer'),
  });
  const took = performance.now() - startedAt;
  expect(took).toBeGreaterThanOrEqual(295);
  expect(took).toBeLessThan(1_500);
});

test('an agent that speaks HTTP/2 and then hangs costs the time that it is given', async () => {
  const agent = await new FakeAgent().start();
  cleanup.push(() => agent.stop());
  agent.hangs = true;
  expect(await probe(agent.port, 300)).toMatchObject({ found: 'other' });
});

test('a gRPC server that is no agent', async () => {
  const server = new GrpcServer();
  server.addService(FunctionServiceService, {});
  const port = await new Promise<number>((resolve, reject) => {
    server.bindAsync('127.0.0.1:0', ServerCredentials.createInsecure(), (error, bound) =>
      error === null ? resolve(bound) : reject(error),
    );
  });
  cleanup.push(async () => server.forceShutdown());
  expect(await probe(port)).toEqual({
    found: 'other',
    why: 'a gRPC server listens there that takes no registrations',
  });
});

test('a web server', async () => {
  const port = await serve(createHttpServer((_request, response) => response.end('hello')));
  expect(await probe(port)).toMatchObject({ found: 'other', why: expect.stringContaining('HTTP/1') });
});

test('an agent with TLS is told as such', async () => {
  const { certPem, keyPem } = createAuthority().issue({ names: ['127.0.0.1'] });
  const server = createTlsServer({ cert: certPem, key: keyPem, ALPNProtocols: ['h2'] });
  server.on('tlsClientError', () => undefined);
  const port = await serve(server);
  expect(await probe(port)).toMatchObject({ found: 'other', why: expect.stringContaining('TLS') });
});
