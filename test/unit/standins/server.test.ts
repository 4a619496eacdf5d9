import { gzipSync } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import { AgentDirectory } from '../../standins/agent-directory.js';
import { ControlServiceService as ControlV1 } from '../../standins/gen/control.js';
import { FunctionServiceService as Functions, type JobEvent } from '../../standins/gen/function.js';
import {
  type FunctionDescriptor,
  type RegisterRequest,
  ControlServiceService as ServerV1,
} from '../../standins/gen/server.js';
import { Calls, gameServer, isPending, server } from './calls.js';
import { event } from './fake-game-server.js';

function described(id: string, version = '1.0.0'): FunctionDescriptor {
  const texts = { category: '', risk: 'low', entity: '', operation: '', inputSchema: '{}', outputSchema: '' };
  return { ...texts, id, version, enabled: true, tags: ['a'] };
}

function registration(agentId: string, rpcAddr: string, functions: readonly string[]): RegisterRequest {
  return {
    agentId,
    version: '0.1.0',
    functions: functions.map((id) => described(id)),
    rpcAddr,
    gameId: 'poker',
    env: 'dev',
    processes: [],
    ttlSeconds: 60,
    region: '',
    zone: '',
    labels: {},
  };
}

const CALL = { functionId: 'echo', idempotencyKey: 'key', payload: Buffer.from('"hi"'), metadata: {} };

describe('registration', () => {
  test('is answered with a session and its end, and kept', async () => {
    const { address, control } = await server({ expiryMs: 60_000 });
    const calls = new Calls(address);
    const before = Math.floor(Date.now() / 1000);
    const answer = await calls.send(ServerV1.register, registration('agent', 'a:1', ['echo']));
    if (!('ok' in answer)) throw new Error(answer.failed);
    expect(answer.ok.sessionId).not.toBe('');
    expect(answer.ok.expireAt - before).toBeGreaterThanOrEqual(60);
    expect(control.agents()).toMatchObject([{ request: { rpcAddr: 'a:1', ttlSeconds: 60 } }]);
    expect(control.received()).toMatchObject([
      { rpc: 'register', by: 'server.v1', request: { gameId: 'poker' } },
    ]);
  });

  test('a later one takes its place; an empty one leaves nothing to call', async () => {
    const { address, control } = await server();
    const calls = new Calls(address);
    await calls.send(ServerV1.register, registration('agent', 'a:1', ['echo', 'ban']));
    await calls.send(ServerV1.register, registration('agent', 'b:2', ['echo']));
    expect(control.agents()).toMatchObject([{ request: { rpcAddr: 'b:2', functions: [{ id: 'echo' }] } }]);
    await calls.send(ServerV1.register, registration('agent', 'b:2', []));
    expect(await calls.send(Functions.invoke, CALL)).toEqual({
      failed: 'NOT_FOUND: no agent has the function echo',
    });
  });

  test('can be answered without a session id and without an end', async () => {
    const calls = new Calls((await server({ withoutSessionId: true, withoutExpireAt: true })).address);
    expect(await calls.send(ServerV1.register, registration('agent', 'a:1', []))).toEqual({
      ok: { sessionId: '', expireAt: 0 },
    });
  });

  test('of a game that is not known is refused', async () => {
    const { address, control } = await server({ gameIds: ['chess'] });
    const calls = new Calls(address);
    expect(await calls.send(ServerV1.register, registration('agent', 'a:1', ['echo']))).toEqual({
      failed: 'PERMISSION_DENIED: unknown game_id "poker"',
    });
    expect(control.agents()).toEqual([]);
    const ofChess = { ...registration('agent', 'a:1', ['echo']), gameId: 'chess' };
    expect(await calls.send(ServerV1.register, ofChess)).toMatchObject({ ok: {} });
  });

  test('an agent expires without heartbeats, and lives with them', () => {
    const directory = new AgentDirectory(60_000);
    directory.register(registration('silent', 'a:1', ['echo']), 0);
    directory.register(registration('heard', 'b:2', ['echo']), 0);
    directory.heartbeat('heard', 30_000);
    expect(directory.find('echo', 59_999)?.request.agentId).toBe('silent');
    expect(directory.find('echo', 60_000)?.request.agentId).toBe('heard');
    expect(directory.agents(89_999)).toHaveLength(1);
    // Too late to count.
    directory.heartbeat('heard', 90_000);
    expect(directory.agents(90_000)).toEqual([]);
  });

  test('an agent is dropped by a server that is told a short time', async () => {
    const { address, control } = await server({ expiryMs: 0 });
    await new Calls(address).send(ServerV1.register, registration('agent', 'a:1', ['echo']));
    expect(control.agents()).toEqual([]);
  });

  test('a heartbeat of an unknown agent is answered OK', async () => {
    const calls = new Calls((await server()).address);
    expect(await calls.send(ServerV1.heartbeat, { agentId: 'nobody', sessionId: '' })).toEqual({ ok: {} });
  });
});

describe('service names', () => {
  test('a server with the older one only does not know the newer fields', async () => {
    const { address, control } = await server({ names: ['control.v1'] });
    const calls = new Calls(address);
    expect(await calls.send(ServerV1.register, registration('agent', 'a:1', ['echo']))).toMatchObject({
      failed: expect.stringMatching(/^UNIMPLEMENTED/),
    });
    const asOld = { ...ServerV1.register, path: ControlV1.register.path };
    expect(await calls.send(asOld, registration('agent', 'a:1', ['echo']))).toMatchObject({ ok: {} });
    expect(control.agents()).toMatchObject([
      { request: { functions: [{ id: 'echo', tags: [] }], ttlSeconds: 0 } },
    ]);
  });

  test('a server with the newer one only does not serve the older', async () => {
    const calls = new Calls((await server({ names: ['server.v1'] })).address);
    expect(await calls.send(ControlV1.heartbeat, { agentId: 'agent', sessionId: '' })).toMatchObject({
      failed: expect.stringMatching(/^UNIMPLEMENTED/),
    });
  });

  test('the newer one lists every function once', async () => {
    const calls = new Calls((await server()).address);
    await calls.send(ServerV1.register, registration('one', 'a:1', ['echo', 'ban']));
    await calls.send(ServerV1.register, registration('two', 'b:2', ['echo']));
    expect(await calls.send(ServerV1.listFunctionsSummary, {})).toEqual({
      ok: { functions: [described('echo'), described('ban')] },
    });
  });
});

describe('capabilities', () => {
  const provider = { id: 'game', version: '1.0.0', lang: 'node', sdk: 'croupier' };

  test.each([
    ['server.v1', ServerV1],
    ['control.v1', ControlV1],
  ] as const)('by %s are unzipped and kept', async (by, service) => {
    const { address, control } = await server();
    const manifest = { provider, functions: [{ id: 'echo', request: { json_schema: {} } }] };
    const manifestJsonGz = gzipSync(JSON.stringify(manifest));
    const calls = new Calls(address);
    expect(await calls.send(service.registerCapabilities, { provider, manifestJsonGz })).toEqual({ ok: {} });
    expect(control.capabilities()).toEqual([{ provider, manifest }]);
    expect(control.received()).toMatchObject([{ rpc: 'capabilities', by, manifest }]);
  });

  test('that are not gzip, or not JSON, are refused', async () => {
    const { address, control } = await server();
    const calls = new Calls(address);
    for (const manifestJsonGz of [Buffer.from('{}'), gzipSync('not JSON')]) {
      expect(await calls.send(ServerV1.registerCapabilities, { provider, manifestJsonGz })).toMatchObject({
        failed: expect.stringMatching(/^INVALID_ARGUMENT: manifest_json_gz/),
      });
    }
    expect(control.capabilities()).toEqual([]);
  });

  test('can be UNIMPLEMENTED', async () => {
    const calls = new Calls((await server({ withoutCapabilities: true })).address);
    const request = { provider, manifestJsonGz: gzipSync('{}') };
    for (const service of [ServerV1, ControlV1]) {
      expect(await calls.send(service.registerCapabilities, request)).toMatchObject({
        failed: expect.stringMatching(/^UNIMPLEMENTED/),
      });
    }
  });
});

describe('calls', () => {
  async function connected(limitMs = 5_000) {
    const game = await gameServer();
    const { address, control } = await server({ limitMs });
    const calls = new Calls(address);
    await calls.send(ServerV1.register, registration('agent', game.address, ['echo', 'slow', 'job']));
    return { game, control, calls };
  }

  test('are made with a new connection each, within 5 s', async () => {
    const { game, calls } = await connected();
    for (let nth = 0; nth < 2; nth++) {
      expect(await calls.send(Functions.invoke, CALL)).toEqual({ ok: { payload: Buffer.from('"hi"') } });
    }
    expect(game.seen.map(({ connection, timeout }) => [connection, timeout])).toEqual([
      [1, '5000m'],
      [2, '5000m'],
    ]);
  });

  test('end at the limit', async () => {
    const { game, calls } = await connected(100);
    game.functions.set('slow', () => 'hang');
    expect(await calls.send(Functions.invoke, { ...CALL, functionId: 'slow' })).toMatchObject({
      failed: expect.stringMatching(/^DEADLINE_EXCEEDED/),
    });
  });

  test('as jobs are streamed, and cancelled where they run', async () => {
    const { game, calls } = await connected();
    game.jobEvents = [event('started'), event('done')];
    const started = await calls.send(Functions.startJob, { ...CALL, functionId: 'job' });
    if (!('ok' in started)) throw new Error(started.failed);
    const events: JobEvent[] = [];
    const { jobId } = started.ok;
    expect(await calls.stream(Functions.streamJob, { jobId }, (one) => events.push(one)).ended).toBe('OK');
    expect(events).toEqual(game.jobEvents);
    await calls.send(Functions.cancelJob, { jobId });
    expect(game.cancelledJobs).toEqual([jobId]);
  });

  test('hang on demand, and nothing else does', async () => {
    const { calls, control } = await connected();
    control.hang(['call']);
    const answer = calls.send(Functions.invoke, CALL);
    expect(
      await isPending(answer, () => calls.send(ServerV1.heartbeat, { agentId: 'agent', sessionId: '' })),
    ).toBe(true);
    control.resume();
    expect(await answer).toMatchObject({ ok: {} });
  });

  test('find no agent after the server forgot', async () => {
    const { calls, control } = await connected();
    control.forget();
    expect(await calls.send(Functions.invoke, CALL)).toMatchObject({
      failed: expect.stringMatching(/^NOT_FOUND/),
    });
  });
});
