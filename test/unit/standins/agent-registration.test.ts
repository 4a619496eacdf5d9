import { describe, expect, test } from 'vitest';
import { LocalControlServiceService as AgentV1 } from '../../standins/gen/agent.js';
import {
  ClientServiceService as Client,
  LocalControlServiceService as SdkV1,
} from '../../standins/gen/sdk.js';
import { agent, Calls } from './calls.js';
import { registration, shown } from './registrations.js';

const NAMES = [
  ['agent.local.v1', AgentV1.registerLocal, AgentV1.heartbeat, AgentV1.listLocal],
  ['sdk.v1', SdkV1.registerLocal, SdkV1.heartbeat, SdkV1.listLocal],
  ['sdk.v1 ClientService', Client.registerClient, Client.heartbeat, Client.listClients],
] as const;

describe.each(NAMES)('registration by %s', (_name, register, heartbeat, list) => {
  test('is answered with a session id, kept, and listed', async () => {
    const { address, control } = await agent();
    const calls = new Calls(address);
    const answer = await calls.send(register, registration('game', 'a:1', ['echo@1.2.0']));
    expect(answer).toEqual({ ok: { sessionId: expect.stringMatching(/./) } });
    expect(await calls.send(heartbeat, { serviceId: 'game', sessionId: 'any' })).toEqual({ ok: {} });

    const listed = await calls.send(list, {});
    expect('ok' in listed && shown(listed.ok.functions)).toEqual({ echo: ['game a:1 1.2.0'] });
    expect(shown(control.registry())).toEqual({ echo: ['game a:1 1.2.0'] });
    expect(control.received().map(({ rpc }) => rpc)).toEqual(['register', 'heartbeat', 'list']);
    expect(control.received()[0]).toMatchObject({
      request: { rpcAddr: 'a:1', functions: [{ version: '1.2.0' }] },
    });
  });

  test('a heartbeat of an unknown service is answered OK', async () => {
    const calls = new Calls((await agent()).address);
    expect(await calls.send(heartbeat, { serviceId: 'nobody', sessionId: 'x' })).toEqual({ ok: {} });
  });
});

test.each(['replacing', 'appending'] as const)('%s: what it is told is what it does', async (kind) => {
  const { address, control } = await agent({ kind });
  const calls = new Calls(address);
  await calls.send(AgentV1.registerLocal, registration('game', 'a:1', ['echo']));
  await calls.send(AgentV1.registerLocal, registration('game', 'a:1', []));
  expect(Object.keys(shown(control.registry()))).toEqual(kind === 'replacing' ? [] : ['echo']);
});

test('an appending agent forgets whoever is silent', async () => {
  const { address, control } = await agent({ kind: 'appending', silenceMs: 0 });
  await new Calls(address).send(AgentV1.registerLocal, registration('game', 'a:1', ['echo']));
  expect(control.registry()).toEqual([]);
});
