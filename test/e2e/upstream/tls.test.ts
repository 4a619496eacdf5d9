import { readFileSync } from 'node:fs';
import { describe, expect, it, onTestFinished } from 'vitest';
import { until } from '../../support/dev-process.js';
import { gameServer } from '../../support/project.js';
import { Scenario } from '../dev/scenario.js';
import { tlsGameServer } from './tls-game-server.js';
import {
  askingNobody,
  authority,
  ca,
  client,
  croupier,
  gateway,
  peers,
  strangerCa,
  watch,
} from './tls-world.js';
import {
  answeredBy,
  expectNothingLost,
  openAgent,
  openCaller,
  openDeveloper,
  openEdge,
  openServer,
  saveAndSee,
} from './world.js';

/** Peers open a connection for every call, and each handshake takes some ms of a processor that may be busy. */
const PER_SECOND = 20;

/** The time that a peer gives a call. How long a swap takes on a busy machine is not what is tested here, ms. */
const CALL_MS = 15_000;

/** For callers. The name is set because Node warns where an address is sent as one. */
const dialTls = { ca: Buffer.from(authority.caPem), servername: 'localhost' };

async function openSecured(url: string, tls: object, config: object = {}) {
  const developer = await openDeveloper(url, { upstream: { url, tls }, ...config });
  watch(developer.dev);
  return developer;
}

describe('an upstream with TLS', () => {
  it('is an agent with a private authority', async () => {
    const agent = await openAgent({ tls: askingNobody(peers.good), limitMs: CALL_MS });
    const developer = await openSecured(`agent://${agent.address}`, { ca });
    const caller = openCaller({ address: agent.address, perSecond: PER_SECOND, tls: dialTls });
    for (let save = 1; save <= 3; save++) await saveAndSee(developer, caller, `v${save}`);
    await caller.stop();
    expectNothingLost(caller);
  });

  it('is an agent that asks for our certificate and has another name', async () => {
    const agent = await openAgent({ tls: { ...peers.elsewhere, ca }, limitMs: CALL_MS });
    const { dev } = await openSecured(`agent://${agent.address}`, { ...client, serverName: 'agent.example' });
    expect((await agent.control('registry')).map(({ id }) => id)).toContain('echo');
    await dev.stop();
    expect(await agent.control('registry')).toEqual([]);
  });

  it('is a server, which calls a gateway that serves TLS and asks for its certificate', async () => {
    const server = await openServer({
      tls: askingNobody(peers.good),
      dialTls: { ...client, serverName: null },
      limitMs: CALL_MS,
    });
    const developer = await openSecured(`server://${server.address}`, { ca }, { gateway: { tls: gateway } });
    const caller = openCaller({ address: server.address, perSecond: PER_SECOND, tls: dialTls });
    for (let save = 1; save <= 3; save++) await saveAndSee(developer, caller, `v${save}`);
    await caller.stop();
    expectNothingLost(caller);
  });

  it('is an edge that asks for our certificate, and its tunnel', async () => {
    const edge = await openEdge({ tls: peers.good });
    const developer = await openSecured(`edge://${edge.address}`, client);
    expect(await edge.control('tunnels')).toHaveLength(1);
    const tls = { ...dialTls, cert: readFileSync(client.cert ?? ''), key: readFileSync(client.key ?? '') };
    const caller = openCaller({ address: edge.address, perSecond: PER_SECOND, tls });
    for (let save = 1; save <= 3; save++) await saveAndSee(developer, caller, `v${save}`);
    await caller.stop();
    expectNothingLost(caller);
  });
});

describe('a gateway with TLS', () => {
  async function openGateway(tls: object) {
    const scenario = new Scenario();
    onTestFinished(() => scenario.close());
    scenario.save(gameServer('v0'));
    scenario.config({ gateway: { tls } });
    const dev = scenario.start();
    watch(dev);
    await dev.waitFor('reload.finished');
    const invoke = (...words: string[]) =>
      croupier(scenario.project.folder, ['invoke', 'echo', '{"id":"a"}', ...words]);
    return { invoke, address: await dev.gateway() };
  }

  it('is found and trusted by croupier invoke through the session file, or with --tls-ca', async () => {
    const { invoke, address } = await openGateway(askingNobody(gateway));
    const found = await invoke();
    expect(found.stderr).toBe('');
    expect(JSON.parse(found.stdout)).toMatchObject({ id: 'a', version: 'v0' });
    const named = await invoke('--agent', address, '--tls-ca', ca);
    expect(JSON.parse(named.stdout)).toMatchObject({ id: 'a' });
    const plain = await invoke('--agent', address);
    expect(plain.code).toBe(3);
    expect(plain.stderr).toContain(
      'it speaks TLS, but plain text was tried: use --tls-ca "<its authority>.pem"',
    );
    const strange = await invoke('--agent', address, '--tls-ca', strangerCa);
    expect(strange.code).toBe(3);
    expect(strange.stderr).toContain('of the authority "Test Authority" that --tls-ca does not hold');
  });

  it('that asks for certificates refuses whoever has none', async () => {
    const { invoke, address } = await openGateway({ ...gateway, ca });
    const found = await invoke();
    expect(found.stderr).toBe('');
    expect(JSON.parse(found.stdout)).toMatchObject({ id: 'a', version: 'v0' });
    const nobody = await invoke('--agent', address, '--tls-ca', ca);
    expect(nobody.code).toBe(3);
    expect(nobody.stderr).toContain('it asks for a client certificate, and none was sent: use --tls-cert');
    const known = ['--tls-ca', ca, '--tls-cert', client.cert ?? '', '--tls-key', client.key ?? ''];
    const named = await invoke('--agent', address, ...known);
    expect(JSON.parse(named.stdout)).toMatchObject({ id: 'a' });
  });
});

describe("a game server with TLS, which asks for the gateway's certificate", () => {
  it.each(['plain text', 'TLS'] as const)('registers by %s and is called', async (registersBy) => {
    const isSecure = registersBy === 'TLS';
    const agent = await openAgent({
      limitMs: CALL_MS,
      ...(isSecure ? { dialTls: { ...client, serverName: null } } : {}),
    });
    const scenario = new Scenario();
    onTestFinished(() => scenario.close());
    const save = (version: string) => scenario.save(tlsGameServer(version, gateway, registersBy));
    save('v0');
    scenario.config({ gateway: { childTls: client, ...(isSecure ? { tls: gateway } : {}) } });
    const dev = scenario.start([], { CROUPIER_UPSTREAM: `agent://${agent.address}` });
    watch(dev);
    await dev.waitFor('upstream.registered');
    await dev.waitFor('reload.finished');
    const caller = openCaller({ address: agent.address, perSecond: PER_SECOND });
    for (let nth = 1; nth <= 3; nth++) {
      const mark = dev.mark();
      save(`v${nth}`);
      const { outcome } = await dev.waitFor('reload.finished', () => true, mark);
      if (outcome !== 'swapped') throw new Error(dev.describe());
      await until(`an answer by v${nth}`, () => answeredBy(caller).has(`v${nth}`));
    }
    await caller.stop();
    expectNothingLost(caller);
  });
});
