import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { describe, expect, onTestFinished, test } from 'vitest';
import { SteadyCaller } from '../../standins/caller.js';
import { LocalControlServiceService as Control } from '../../standins/gen/agent.js';
import { ControlServiceService as ServerV1 } from '../../standins/gen/server.js';
import type { StandIn } from '../../standins/standin-process.js';
import { startAgent, startEdge, startServer } from '../../standins/start.js';
import { Calls, gameServer, until } from '../../unit/standins/calls.js';
import { FakeTunnelAgent } from '../../unit/standins/fake-tunnel-agent.js';
import { registration, shown } from '../../unit/standins/registrations.js';

/** The caller's own connection comes back a little later than the agent, on a slow machine. */
const RECOVERY_MS = 1_000;

async function started<Control extends object>(
  starting: Promise<StandIn<Control>>,
): Promise<StandIn<Control>> {
  const standIn = await starting;
  onTestFinished(() => standIn.stop());
  return standIn;
}

/** Calls that give up a port that refuses them only for a moment. */
function callsTo(address: string): Calls {
  return new Calls(address, undefined, {
    'grpc.max_reconnect_backoff_ms': 50,
    'grpc.initial_reconnect_backoff_ms': 20,
  });
}

describe('an agent in a process of its own', () => {
  test('serves, takes commands, and says what it received', async () => {
    const agent = await started(startAgent({ kind: 'appending' }));
    const calls = callsTo(agent.address);
    await calls.send(Control.registerLocal, registration('game', 'a:1', ['echo']));
    await calls.send(Control.registerLocal, registration('game', 'a:1', []));
    expect(shown(await agent.control('registry'))).toEqual({ echo: ['game a:1 1.0.0'] });
    expect(await agent.control('received')).toMatchObject([
      {
        rpc: 'register',
        request: { serviceId: 'game', functions: [{ id: 'echo' }] },
        at: expect.any(Number),
      },
      { rpc: 'register', request: { functions: [] } },
    ]);
    await agent.control('refuse', 'PERMISSION_DENIED', 'not today');
    expect(await calls.send(Control.registerLocal, registration('game', 'a:1', []))).toEqual({
      failed: 'PERMISSION_DENIED: not today',
    });
    expect(await agent.control('counts')).toEqual({ register: 3 });
  });

  test('dies and comes back on its port, and knows nothing', async () => {
    const agent = await started(startAgent());
    const { address, pid, listeningSince } = agent;
    const calls = callsTo(address);
    await calls.send(Control.registerLocal, registration('game', 'a:1', ['echo']));
    const goneAt = await agent.kill();
    expect(goneAt).toBeGreaterThanOrEqual(listeningSince);
    expect(agent.isRunning).toBe(false);
    expect(await calls.send(Control.listLocal, {})).toMatchObject({
      failed: expect.stringMatching(/^UNAVAILABLE/),
    });
    expect(() => agent.control('registry')).toThrow('does not run');
    await agent.start();
    expect(agent.address).toBe(address);
    expect(agent.pid).not.toBe(pid);
    expect(agent.listeningSince).toBeGreaterThanOrEqual(goneAt);
    await until('it answers again', async () => 'ok' in (await calls.send(Control.listLocal, {})));
    expect(await agent.control('registry')).toEqual([]);
  });

  test('is frozen as a whole: connections are accepted, nothing is answered', async () => {
    const agent = await started(startAgent());
    const calls = callsTo(agent.address);
    await calls.send(Control.listLocal, {});
    agent.freeze();
    for (const one of [calls, callsTo(agent.address)]) {
      expect(await one.send(Control.listLocal, {}, { deadline: Date.now() + 200 })).toMatchObject({
        failed: expect.stringMatching(/^DEADLINE_EXCEEDED/),
      });
    }
    agent.thaw();
    expect(await calls.send(Control.listLocal, {})).toMatchObject({ ok: {} });
  });

  test('that is started again and again loses calls only while it is down', async () => {
    const game = await gameServer();
    const agent = await started(startAgent());
    const calls = callsTo(agent.address);
    const register = () => calls.send(Control.registerLocal, registration('game', game.address, ['echo']));
    await register();
    const caller = new SteadyCaller({ address: agent.address, perSecond: 100 });
    onTestFinished(() => caller.stop());
    caller.start();
    const outages: { readonly from: number; readonly to: number }[] = [];
    for (let nth = 0; nth < 2; nth++) {
      const before = Date.now();
      await until('calls are answered', () => (caller.answers.at(-1)?.sentAt ?? 0) > before);
      const from = Date.now();
      await agent.restart();
      await until('it is registered again', async () => 'ok' in (await register()));
      outages.push({ from, to: Date.now() });
    }
    const before = Date.now();
    await until('calls are answered', () => (caller.answers.at(-1)?.sentAt ?? 0) > before);
    await caller.stop();
    const within = (at: number) => outages.some(({ from, to }) => at >= from && at <= to + RECOVERY_MS);
    expect(caller.losses.length).toBeGreaterThan(0);
    // Those under way at the kill are lost with it.
    expect(caller.losses.filter(({ sentAt, lostAt }) => !within(lostAt) && !within(sentAt))).toEqual([]);
    expect(caller.answers.length + caller.losses.length).toBe(caller.sent);
  });

  test('that cannot start says why', async () => {
    const agent = await started(startAgent());
    await expect(startAgent({ port: agent.port })).rejects.toThrow(`port ${agent.port} is in use`);
    await expect(startAgent({ tls: { cert: '/nowhere.pem', key: '/nowhere.pem' } })).rejects.toThrow(
      '/nowhere.pem',
    );
  });

  test('ends when nobody commands it any more', async () => {
    const program = fileURLToPath(new URL('../../standins/agent.ts', import.meta.url));
    const child = spawn(process.execPath, ['--import', import.meta.resolve('tsx'), program], {
      stdio: ['pipe', 'pipe', 'inherit'],
    });
    onTestFinished(() => void child.kill('SIGKILL'));
    const lines = createInterface({ input: child.stdout });
    const [line] = await once(lines, 'line');
    const calls = callsTo(JSON.parse(line).listening);
    child.stdin.write(`${JSON.stringify({ id: 1, do: 'hang', args: [] })}\n`);
    await once(lines, 'line');
    const hanging = calls.send(Control.listLocal, {});
    child.stdin.end();
    const [code] = await once(child, 'exit');
    expect(code).toBe(0);
    expect(await hanging).toMatchObject({ failed: expect.stringMatching(/^UNAVAILABLE/) });
  });
});

test('a server in a process of its own', async () => {
  const server = await started(
    startServer({ names: ['server.v1'], withoutSessionId: true, gameIds: ['chess', 'go'] }),
  );
  const calls = callsTo(server.address);
  const request = {
    ...{
      agentId: 'agent',
      version: '1',
      functions: [],
      rpcAddr: 'a:1',
      gameId: 'go',
      env: '',
      processes: [],
    },
    ...{ ttlSeconds: 60, region: '', zone: '', labels: {} },
  };
  expect(await calls.send(ServerV1.register, request)).toMatchObject({ ok: { sessionId: '' } });
  expect(await calls.send(ServerV1.register, { ...request, gameId: 'poker' })).toMatchObject({
    failed: expect.stringMatching(/^PERMISSION_DENIED/),
  });
  expect(await server.control('agents')).toMatchObject([{ request: { agentId: 'agent' } }]);
});

test('an edge in a process of its own, with no tunnel after a restart', async () => {
  const edge = await started(startEdge({ tunnel: ['server.v1'], fallbackDial: true, resultMs: 1_000 }));
  const agent = new FakeTunnelAgent(edge.address, 'server.v1');
  agent.hello();
  await until('the tunnel is open', async () => (await edge.control('tunnels')).length === 1);
  const asking = edge.control('listLocal', 'agent', 'echo');
  const { listReq } = await agent.frame('list_local_req');
  const listRes = {
    requestId: listReq?.requestId ?? '',
    functionId: 'echo',
    serviceIds: ['game'],
    error: '',
  };
  agent.send('list_local_res', { listRes });
  expect(await asking).toEqual(['game']);
  await edge.restart();
  await until('the agent has noticed', () => agent.ended !== null);
  expect(await edge.control('tunnels')).toEqual([]);
  await edge.stop();

  const stub = await started(startEdge({ tunnel: [] }));
  const refused = new FakeTunnelAgent(stub.address);
  await until('it is refused', () => refused.ended?.startsWith('UNIMPLEMENTED') ?? false);
});
