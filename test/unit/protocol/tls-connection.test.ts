import { connect } from 'node:net';
import { describe, expect, onTestFinished, test } from 'vitest';
import { type AgentClient, connectAgent } from '../../../src/protocol/client.js';
import { DescribeResponse } from '../../../src/protocol/gen/croupier/dev/v1/session.js';
import { openRawServer, type RawMethod } from '../../../src/protocol/raw-server.js';
import type { TlsMaterial } from '../../../src/protocol/tls.js';
import { NO_METADATA } from '../../../src/protocol/wire-metadata.js';
import { createAuthority, tlsMaterial } from '../../support/certificates.js';
import { answerStream, FaultServer } from './fault-server.js';

const CALL = { timeoutMs: 10_000 };
const DESCRIBED = {
  sessionId: 'one',
  version: '1.0.0',
  pid: 4711,
  services: ['game'],
  leaving: [],
  takenOut: [],
};
const BODY = Buffer.from(DescribeResponse.encode(DESCRIBED).finish());

const authority = createAuthority();
const server = authority.issue({ names: ['127.0.0.1'] });
const trusting = tlsMaterial({ caPem: authority.caPem });
const us = authority.issue({ names: ['us'], client: true });

const DESCRIBE: RawMethod = {
  kind: 'unary',
  path: '/croupier.dev.v1.SessionService/Describe',
  handle: (call) =>
    call.answer({ status: { code: 0, message: '' }, headers: null, trailers: NO_METADATA, body: BODY }),
};

async function serve(tls: TlsMaterial | null): Promise<number> {
  const opened = await openRawServer({ host: '127.0.0.1', port: 0, methods: [DESCRIBE], tls });
  if (!opened.ok) throw new Error(JSON.stringify(opened.error));
  onTestFinished(() => opened.value.close(0));
  return opened.value.port;
}

function dial(address: string, tls: TlsMaterial | null): AgentClient {
  const client = connectAgent(address, tls);
  onTestFinished(() => client.close());
  return client;
}

function describeOver(port: number, tls: TlsMaterial | null): ReturnType<AgentClient['describe']> {
  return dial(`127.0.0.1:${port}`, tls).describe(CALL);
}

const ANSWER = { ok: true, value: DESCRIBED };
const UNAVAILABLE = { ok: false, error: { codeName: 'UNAVAILABLE' } };

test('Describe is UNIMPLEMENTED at an agent that is no session', async () => {
  const opened = await openRawServer({ host: '127.0.0.1', port: 0, methods: [] });
  if (!opened.ok) throw new Error(JSON.stringify(opened.error));
  onTestFinished(() => opened.value.close(0));
  expect(await describeOver(opened.value.port, null)).toMatchObject({
    ok: false,
    error: { codeName: 'UNIMPLEMENTED' },
  });
});

describe('a call', () => {
  test('is answered in plain text', async () => {
    expect(await describeOver(await serve(null), null)).toEqual(ANSWER);
  });

  test('is answered with TLS, and Node has nothing to warn about', async () => {
    const warnings: Error[] = [];
    const onWarning = (warning: Error): void => void warnings.push(warning);
    process.on('warning', onWarning);
    onTestFinished(() => void process.off('warning', onWarning));
    expect(await describeOver(await serve(tlsMaterial(server)), trusting)).toEqual(ANSWER);
    // Warnings are emitted in a turn of their own.
    await new Promise((resolve) => setImmediate(resolve));
    expect(warnings).toEqual([]);
  });

  test.each([
    ['plain text to a server with TLS', tlsMaterial(server), null],
    ['TLS to a server without', null, trusting],
    [
      'an authority that is not trusted',
      tlsMaterial(server),
      tlsMaterial({ caPem: createAuthority().caPem }),
    ],
    [
      'a certificate that has expired',
      tlsMaterial(authority.issue({ names: ['127.0.0.1'], expired: true })),
      trusting,
    ],
    ['a certificate for another name', tlsMaterial(authority.issue({ names: ['agent.example'] })), trusting],
    [
      'a certificate for the host where another name is set',
      tlsMaterial(server),
      { ...trusting, serverName: 'agent.example' },
    ],
  ])('fails with %s', async (_what, serving, dialling) => {
    expect(await describeOver(await serve(serving), dialling)).toMatchObject(UNAVAILABLE);
  });

  test.each([
    ['a loopback address', '127.0.0.1', ['localhost']],
    ['localhost', 'localhost', ['127.0.0.1']],
  ])('to %s takes a certificate for the same machine', async (_what, host, names) => {
    const port = await serve(tlsMaterial(authority.issue({ names })));
    expect(await dial(`${host}:${port}`, trusting).describe(CALL)).toEqual(ANSWER);
  });

  test('takes the certificate of a private authority that is named itself, and no other of that authority', async () => {
    const itself = tlsMaterial({ caPem: server.certPem });
    expect(await describeOver(await serve(tlsMaterial(server)), itself)).toEqual(ANSWER);
    const another = await serve(tlsMaterial(authority.issue({ names: ['127.0.0.1'] })));
    expect(await describeOver(another, itself)).toMatchObject(UNAVAILABLE);
  });

  test('goes to the server name that is set, which is told as authority, too', async () => {
    const { certPem, keyPem } = authority.issue({ names: ['agent.example'] });
    const peer = await new FaultServer((stream) => answerStream(stream, { body: BODY }), undefined, {
      certPem,
      keyPem,
    }).listen();
    onTestFinished(() => peer.close());
    expect(await describeOver(peer.port, { ...trusting, serverName: 'agent.example' })).toEqual(ANSWER);
    expect(peer.streams[0]?.headers[':authority']).toBe('agent.example');
  });

  test('to an address says that address as authority', async () => {
    const peer = await new FaultServer(
      (stream) => answerStream(stream, { body: BODY }),
      undefined,
      server,
    ).listen();
    onTestFinished(() => peer.close());
    expect(await describeOver(peer.port, trusting)).toEqual(ANSWER);
    expect(peer.streams[0]?.headers[':authority']).toBe(peer.address);
  });
});

describe('a server that trusts an authority', () => {
  const serving = tlsMaterial({ caPem: authority.caPem, ...server });

  test('serves callers with a certificate of it', async () => {
    const port = await serve(serving);
    expect(await describeOver(port, tlsMaterial({ caPem: authority.caPem, ...us }))).toEqual(ANSWER);
  });

  test.each([
    ['without a certificate', trusting],
    [
      'with one of another authority',
      tlsMaterial({
        caPem: authority.caPem,
        ...createAuthority('Other').issue({ names: ['us'], client: true }),
      }),
    ],
    [
      'with one that has expired',
      tlsMaterial({
        caPem: authority.caPem,
        ...authority.issue({ names: ['us'], client: true, expired: true }),
      }),
    ],
  ])('refuses callers %s, and tells them nothing of a key', async (_what, dialling) => {
    const result = await describeOver(await serve(serving), dialling);
    expect(result).toMatchObject(UNAVAILABLE);
    for (const key of [dialling.key, serving.key]) {
      const [, line = 'none'] = key?.toString().split('\n') ?? [];
      expect(JSON.stringify(result)).not.toContain(line);
    }
  });

  test('lives on after callers that are no good', async () => {
    const port = await serve(serving);
    const stranger = connect(port, '127.0.0.1');
    stranger.on('error', () => undefined);
    stranger.write('GET / HTTP/1.1\r\n\r\n');
    await new Promise((resolve) => stranger.once('close', resolve));
    expect(await describeOver(port, tlsMaterial({ caPem: authority.caPem, ...us }))).toEqual(ANSWER);
  });
});

test.each([
  ['a certificate', tlsMaterial({ keyPem: server.keyPem })],
  ['a key', tlsMaterial({ certPem: server.certPem })],
])('TLS is not served without %s', async (_what, tls) => {
  expect(await openRawServer({ host: '127.0.0.1', port: 0, methods: [], tls })).toEqual({
    ok: false,
    error: {
      reason: 'cannot-listen',
      message: 'serving TLS takes a certificate and its private key: set "tls": { "cert": ..., "key": ... }',
    },
  });
});
