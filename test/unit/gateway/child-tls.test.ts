import { ServerCredentials } from '@grpc/grpc-js';
import { describe, expect, test } from 'vitest';
import { type AgentClient, connectAgent } from '../../../src/protocol/client.js';
import type { TlsMaterial } from '../../../src/protocol/tls.js';
import { createAuthority, type Issued, tlsMaterial } from '../../support/certificates.js';
import { FaultServer, type ServerCertificate } from '../protocol/fault-server.js';
import { startEcho } from './fake-child.js';
import { cleanUp, describeFunction, openService, startGateway, until } from './harness.js';

const CALL = { timeoutMs: 10_000 };
const INVOKE = { functionId: 'player.ban', idempotencyKey: '', payload: Buffer.alloc(0), metadata: {} };
/** More than it takes to be told. */
const FURTHER_DIALS = 6;
const ANSWER = { ok: true, value: { payload: Buffer.from('ok') } };

const authority = createAuthority();
const trusting = tlsMaterial({ caPem: authority.caPem });
const childCertificate = authority.issue({ names: ['localhost'] });
const gatewayTls = tlsMaterial(authority.issue({ names: ['127.0.0.1'] }));

/** @param asksFor authority whose client certificates it wants; null: none */
function serving({ certPem, keyPem }: Issued, asksFor: string | null = null): ServerCredentials {
  return ServerCredentials.createSsl(
    asksFor === null ? null : Buffer.from(asksFor),
    [{ cert_chain: Buffer.from(certPem), private_key: Buffer.from(keyPem) }],
    asksFor !== null,
  );
}

function dial(address: string, tls: TlsMaterial | null): AgentClient {
  const client = connectAgent(address, tls);
  cleanUp(() => client.close());
  return client;
}

/** Registers as a child of generation 1 does. */
async function registerWith(
  tls: Partial<Record<'tls' | 'childTls', TlsMaterial>>,
  rpcAddr: string,
  dialling: TlsMaterial | null = null,
) {
  const started = await startGateway(tls);
  const service = openService(started.gateway);
  const { agentAddress } = await service.gate.openGeneration(1);
  const registered = await dial(agentAddress, dialling).registerLocal(
    { serviceId: 'game', version: '1', rpcAddr, functions: [describeFunction('player.ban')] },
    CALL,
  );
  return { ...started, ...service, registered };
}

describe('a child that serves TLS', () => {
  test.each([
    ['as it is known here', (port: number) => `localhost:${port}`],
    ['as a wildcard', (port: number) => `0.0.0.0:${port}`],
  ])('is called, with its address %s', async (_what, addressOf) => {
    const child = await startEcho('ok', { credentials: serving(childCertificate) });
    const { gateway, gate, registered } = await registerWith({ childTls: trusting }, addressOf(child.port));
    await until('the supervisor is told', () => registered.ok && gate.functions(1).length === 1);
    gate.route(1);
    expect(await dial(gateway.address, null).invoke(INVOKE, CALL)).toEqual(ANSWER);
  });

  test('is called by the server name that is set', async () => {
    const credentials = serving(authority.issue({ names: ['game.example'] }));
    const child = await startEcho('ok', { credentials });
    const { gateway, gate } = await registerWith(
      { childTls: { ...trusting, serverName: 'game.example' } },
      child.address,
    );
    gate.route(1);
    expect(await dial(gateway.address, null).invoke(INVOKE, CALL)).toEqual(ANSWER);
  });

  test('and asks for a client certificate is shown ours', async () => {
    const child = await startEcho('ok', { credentials: serving(childCertificate, authority.caPem) });
    const us = authority.issue({ names: ['gateway'], client: true });
    const childTls = tlsMaterial({ caPem: authority.caPem, ...us });
    const { gateway, gate } = await registerWith({ childTls }, child.address);
    gate.route(1);
    expect(await dial(gateway.address, null).invoke(INVOKE, CALL)).toEqual(ANSWER);
  });

  test('registers over TLS at its own listener where the gateway has a certificate', async () => {
    const child = await startEcho('ok', { credentials: serving(childCertificate) });
    const { gateway, gate, registered } = await registerWith(
      { tls: gatewayTls, childTls: trusting },
      child.address,
      trusting,
    );
    expect(registered).toMatchObject({ ok: true });
    gate.route(1);
    expect(await dial(gateway.address, trusting).invoke(INVOKE, CALL)).toEqual(ANSWER);
  });
});

test('a child without TLS registers in plain text at a gateway whose shared port serves TLS', async () => {
  const child = await startEcho('ok');
  const { gateway, gate, registered } = await registerWith({ tls: gatewayTls }, child.address);
  expect(registered).toMatchObject({ ok: true });
  gate.route(1);
  expect(await dial(gateway.address, trusting).invoke(INVOKE, CALL)).toEqual(ANSWER);
  expect(await dial(gateway.address, null).invoke(INVOKE, CALL)).toMatchObject({
    error: { codeName: 'UNAVAILABLE' },
  });
});

describe('once, and in words, it is told that a child', () => {
  async function noticeOf(
    childTls: TlsMaterial | null,
    certificate: ServerCertificate | null,
  ): Promise<string | undefined> {
    const child = await new FaultServer(() => undefined, undefined, certificate).listen();
    cleanUp(() => child.close());
    const { notices } = await registerWith(childTls === null ? {} : { childTls }, child.address);
    await until('it is told', () => notices.length > 0);
    const dialled = child.sockets.length;
    await until('it was dialled again and again', () => child.sockets.length > dialled + FURTHER_DIALS);
    expect(notices).toHaveLength(1);
    return notices[0]?.message.replace(child.address, 'ADDRESS');
  }

  test('speaks plain text where TLS is expected', async () => {
    expect(await noticeOf(trusting, null)).toBe(
      'game: ADDRESS cannot be called: it does not speak TLS, which "childTls" of the configuration asks for; for plain text, set "childTls": null',
    );
  });

  test('speaks TLS where plain text is expected', async () => {
    expect(await noticeOf(null, childCertificate)).toBe(
      'game: ADDRESS cannot be called: it speaks TLS, but plain text was configured: set "childTls": { "ca": "<its authority>.pem" }',
    );
  });

  test('asks for a certificate that nobody gave', async () => {
    expect(await noticeOf(trusting, { ...childCertificate, caPem: authority.caPem })).toBe(
      'game: ADDRESS cannot be called: it asks for a client certificate, and none was sent: set "childTls": { "cert": "<ours>.pem", "key": "<its key>.pem" }',
    );
  });

  test('shows a certificate that nobody trusts', async () => {
    const notice = await noticeOf(tlsMaterial({ caPem: createAuthority('Other').caPem }), childCertificate);
    expect(notice).toContain('a certificate of the authority "Test Authority" that "ca" does not hold');
  });
});
