import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ChannelCredentials } from '@grpc/grpc-js';
import { expect, onTestFinished, test } from 'vitest';
import { SteadyCaller } from '../../standins/caller.js';
import { LocalControlServiceService as Control } from '../../standins/gen/agent.js';
import { FunctionServiceService as Functions } from '../../standins/gen/function.js';
import { ControlServiceService as ServerV1 } from '../../standins/gen/server.js';
import { createAuthority, type WrittenTls, writeTls } from '../../support/certificates.js';
import { agent, Calls, edge, gameServer, server } from './calls.js';
import { registration } from './registrations.js';

const CALL = { functionId: 'echo', idempotencyKey: '', payload: Buffer.from('"hi"'), metadata: {} };

/** Files of one authority: the agent's own, and those of a caller. */
async function files() {
  const folder = mkdtempSync(join(tmpdir(), 'standins-tls-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  const authority = createAuthority();
  const { caPem } = authority;
  const serving = await writeTls(folder, 'server', {
    caPem,
    ...authority.issue({ names: ['127.0.0.1', 'localhost'] }),
  });
  const dialling = await writeTls(folder, 'client', {
    caPem,
    ...authority.issue({ names: ['client'], client: true }),
  });
  return { serving, dialling, withoutMutual: { ...serving, ca: null } };
}

function read(path: string | null): Buffer | null {
  return path === null ? null : readFileSync(path);
}

function callsWith(address: string, { ca, cert, key }: WrittenTls): Calls {
  // By name: an IP address is no server name in TLS, and Node warns of it.
  const options = { 'grpc.ssl_target_name_override': 'localhost' };
  return new Calls(address, ChannelCredentials.createSsl(read(ca), read(key), read(cert)), options);
}

test('with a certificate it serves TLS, and nothing in plain text', async () => {
  const { withoutMutual, dialling } = await files();
  for (const start of [agent, server, edge]) {
    const { address } = await start({ tls: withoutMutual });
    const withTls = callsWith(address, { ...dialling, cert: null, key: null });
    const request = { functionId: 'nothing', idempotencyKey: '', payload: Buffer.alloc(0), metadata: {} };
    const answer = await withTls.send(Functions.invoke, request);
    expect(answer).toEqual(
      start === agent
        ? { ok: { payload: Buffer.alloc(0) } }
        : { failed: expect.stringMatching(/^NOT_FOUND/) },
    );
    expect(await new Calls(address).send(Functions.invoke, request)).toMatchObject({
      failed: expect.stringMatching(/^UNAVAILABLE/),
    });
  }
});

test('with an authority it asks callers for a certificate of it', async () => {
  const { serving, dialling } = await files();
  const { address } = await server({ tls: serving });
  const heartbeat = { agentId: 'agent', sessionId: '' };
  expect(await callsWith(address, dialling).send(ServerV1.heartbeat, heartbeat)).toEqual({ ok: {} });
  const unknown = callsWith(address, { ...dialling, cert: null, key: null });
  expect(await unknown.send(ServerV1.heartbeat, heartbeat)).toMatchObject({
    failed: expect.stringMatching(/^UNAVAILABLE/),
  });
});

test('a registered address that serves TLS is dialled with it, its name checked', async () => {
  const { serving, dialling } = await files();
  const game = await gameServer();
  const behind = await agent({ tls: serving });
  await callsWith(behind.address, dialling).send(
    Control.registerLocal,
    registration('game', game.address, ['echo']),
  );

  const invokeThrough = async (options: Parameters<typeof agent>[0]) => {
    const calls = new Calls((await agent(options)).address);
    await calls.send(Control.registerLocal, registration('behind', behind.address, ['echo']));
    return calls.send(Functions.invoke, CALL);
  };
  expect(await invokeThrough({ dialTls: dialling })).toEqual({ ok: { payload: CALL.payload } });
  expect(await invokeThrough({ dialTls: { ...dialling, serverName: 'localhost' } })).toMatchObject({
    ok: {},
  });
  expect(await invokeThrough({ dialTls: { ...dialling, serverName: 'other' } })).toMatchObject({
    failed: expect.stringMatching(/^UNAVAILABLE: .*other/),
  });
  expect(await invokeThrough({})).toMatchObject({ failed: expect.stringMatching(/^UNAVAILABLE/) });
});

test('steady calls can be made over TLS', async () => {
  const { withoutMutual, dialling } = await files();
  const game = await gameServer();
  const { address } = await agent({ tls: withoutMutual });
  await callsWith(address, dialling).send(
    Control.registerLocal,
    registration('game', game.address, ['echo']),
  );
  const caller = new SteadyCaller({
    address,
    perSecond: 1,
    tls: { ca: readFileSync(dialling.ca ?? ''), servername: 'localhost' },
  });
  caller.send();
  await caller.stop();
  expect(caller.losses).toEqual([]);
  expect(caller.answers).toHaveLength(1);
});
