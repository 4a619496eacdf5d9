import { describe, expect, test } from 'vitest';
import { JobServiceService as Jobs } from '../../standins/gen/edge-job.js';
import { FunctionServiceService as Functions, type JobEvent } from '../../standins/gen/function.js';
import { ControlServiceService as Control } from '../../standins/gen/server.js';
import type { EdgeOptions } from '../../standins/standin-edge.js';
import { Calls, edge, gameServer, isPending, until } from './calls.js';
import { event } from './fake-game-server.js';
import { FakeTunnelAgent } from './fake-tunnel-agent.js';

const CALL = {
  functionId: 'echo',
  idempotencyKey: '',
  payload: Buffer.from('"hi"'),
  metadata: { route: 'x' },
};

/** An edge at which one agent has registered and opened its tunnel. */
async function connected(options: Partial<EdgeOptions> = {}, rpcAddr = '127.0.0.1:1') {
  const { address, control } = await edge(options);
  const calls = new Calls(address);
  await calls.send(Control.register, registration(rpcAddr));
  const agent = new FakeTunnelAgent(address);
  agent.hello();
  await until('the tunnel is open', () => control.tunnels().length === 1);
  const roundTrip = () => calls.send(Control.heartbeat, { agentId: 'agent', sessionId: '' });
  return { address, control, calls, agent, roundTrip };
}

function registration(rpcAddr: string) {
  const texts = { category: '', risk: '', entity: '', operation: '', inputSchema: '', outputSchema: '' };
  const functions = [{ ...texts, id: 'echo', version: '1.0.0', enabled: true, tags: [] }];
  const place = { gameId: 'poker', env: 'dev', region: '', zone: '', labels: {} };
  return { agentId: 'agent', version: '1', functions, rpcAddr, processes: [], ttlSeconds: 60, ...place };
}

describe('the opening of a tunnel', () => {
  test.each(['tunnel.v1', 'server.v1'] as const)('by %s', async (name) => {
    const { address, control } = await edge({ tunnel: [name] });
    const agent = new FakeTunnelAgent(address, name);
    agent.hello('one');
    agent.send('heartbeat');
    await until('it is heard of', () => control.counts()['tunnel-heartbeat'] === 1);
    expect(control.tunnels()).toEqual(['one']);
    expect(control.received()).toMatchObject([
      { rpc: 'hello', by: name, hello: { agentId: 'one', gameId: 'poker' } },
      { rpc: 'tunnel-heartbeat', agentId: 'one' },
    ]);
    const other = new FakeTunnelAgent(address, name === 'tunnel.v1' ? 'server.v1' : 'tunnel.v1');
    await until('the other name is refused', () => other.ended?.startsWith('UNIMPLEMENTED') ?? false);
  });

  test('is UNIMPLEMENTED where it is a stub', async () => {
    const { address } = await edge({ tunnel: [] });
    const agents = [new FakeTunnelAgent(address), new FakeTunnelAgent(address, 'server.v1')];
    await until('both are refused', () => agents.every(({ ended }) => ended?.startsWith('UNIMPLEMENTED')));
  });

  test('is refused for a game that is not known', async () => {
    const { address, control } = await edge({ gameIds: ['chess'] });
    const agent = new FakeTunnelAgent(address);
    agent.hello('agent', 'poker');
    await until('it has ended', () => agent.ended !== null);
    expect(agent.ended).toBe('PERMISSION_DENIED: unknown game_id "poker"');
    expect(control.tunnels()).toEqual([]);
  });

  test('begins with hello', async () => {
    const agent = new FakeTunnelAgent((await edge()).address);
    agent.send('heartbeat');
    await until('it has ended', () => agent.ended !== null);
    expect(agent.ended).toBe('INVALID_ARGUMENT: expected hello, got heartbeat');
  });

  test('hangs on demand', async () => {
    const { address, control } = await edge();
    control.hang(['tunnel']);
    const agent = new FakeTunnelAgent(address);
    agent.hello();
    await until('hello came', () => control.counts().hello === 1);
    expect(control.tunnels()).toEqual([]);
    control.resume();
    await until('it is open', () => control.tunnels().length === 1);
  });
});

describe('a call', () => {
  test('goes through the tunnel of the agent that registered the function', async () => {
    const { calls, agent } = await connected();
    agent.echo();
    const request = { ...CALL, idempotencyKey: 'key-1' };
    expect(await calls.send(Functions.invoke, request)).toEqual({ ok: { payload: CALL.payload } });
    expect(agent.frames[0]).toMatchObject({ type: 'invoke', invoke: { ...request, requestId: 'key-1' } });
  });

  test('has one and the same request id without an idempotency key', async () => {
    const { calls, agent } = await connected();
    agent.echo();
    for (let nth = 0; nth < 2; nth++) await calls.send(Functions.invoke, CALL);
    expect(agent.frames.map(({ invoke }) => invoke?.requestId)).toEqual(['rid-agent', 'rid-agent']);
  });

  test('fails with what the agent says', async () => {
    const { calls, agent } = await connected();
    const outcome = calls.send(Functions.invoke, CALL);
    const { invoke } = await agent.frame('invoke');
    const requestId = invoke?.requestId ?? '';
    agent.send('result', {
      result: { requestId, payload: Buffer.alloc(0), error: 'UNAVAILABLE: child-lost' },
    });
    expect(await outcome).toEqual({ failed: 'INTERNAL: UNAVAILABLE: child-lost' });
  });

  test('is given up without a result, and not cancelled; a late result changes nothing', async () => {
    const { calls, agent, control } = await connected({ resultMs: 100 });
    expect(await calls.send(Functions.invoke, CALL)).toEqual({
      failed: 'UNAVAILABLE: no answer through the tunnel of agent',
    });
    agent.send('result', { result: { requestId: 'rid-agent', payload: CALL.payload, error: '' } });
    await until('the late result came', () => control.counts().result === 1);
    expect(agent.frames.map(({ type }) => type)).toEqual(['invoke']);
    agent.echo();
    expect(await calls.send(Functions.invoke, CALL)).toMatchObject({ ok: {} });
  });

  test('is run again at rpc_addr, where that is done', async () => {
    const game = await gameServer();
    const { calls, agent } = await connected({ resultMs: 100, fallbackDial: true }, game.address);
    expect(await calls.send(Functions.invoke, CALL)).toEqual({ ok: { payload: CALL.payload } });
    expect(agent.frames.map(({ type }) => type)).toEqual(['invoke']);
    expect(game.seen).toMatchObject([{ timeout: '5000m' }]);
    agent.end();
    await until('the agent has noticed', () => agent.ended !== null);
    expect(await calls.send(Functions.invoke, CALL)).toMatchObject({ ok: {} });
  });

  test('without a tunnel fails at once', async () => {
    const { address } = await edge();
    const calls = new Calls(address);
    await calls.send(Control.register, registration('127.0.0.1:1'));
    expect(await calls.send(Functions.invoke, CALL)).toMatchObject({
      failed: expect.stringMatching(/^UNAVAILABLE/),
    });
    expect(await calls.send(Functions.invoke, { ...CALL, functionId: 'other' })).toMatchObject({
      failed: expect.stringMatching(/^NOT_FOUND/),
    });
  });
});

describe('a job', () => {
  async function withJob() {
    const all = await connected();
    const outcome = all.calls.send(Functions.startJob, { ...CALL, idempotencyKey: 'job-key' });
    const { start } = await all.agent.frame('start_job');
    expect(start).toMatchObject({ requestId: 'job-key', functionId: 'echo', payload: CALL.payload });
    all.agent.send('start_job_result', { startR: { requestId: 'job-key', jobId: 'j1', error: '' } });
    expect(await outcome).toEqual({ ok: { jobId: 'j1' } });
    return all;
  }
  const jobEvent = (agent: FakeTunnelAgent, one: JobEvent, jobId = 'j1') =>
    agent.send('job_event', { jobEvt: { ...one, jobId } });

  test('is streamed from its first event to done', async () => {
    const { agent, calls, control } = await withJob();
    jobEvent(agent, event('started'));
    await until('it came', () => control.counts().job_event === 1);
    const events: JobEvent[] = [];
    const { ended } = calls.stream(Functions.streamJob, { jobId: 'j1' }, (one) => events.push(one));
    await until('the first is passed on', () => events.length === 1);
    jobEvent(agent, event('progress', '', 50));
    jobEvent(agent, event('done'));
    expect(await ended).toBe('OK');
    expect(events).toEqual([event('started'), event('progress', '', 50), event('done')]);
  });

  test('whose last event is "completed" keeps its caller waiting', async () => {
    const { agent, calls, roundTrip } = await withJob();
    const events: JobEvent[] = [];
    const { ended } = calls.stream(Functions.streamJob, { jobId: 'j1' }, (one) => events.push(one));
    jobEvent(agent, event('completed'));
    await until('it is passed on', () => events.length === 1);
    expect(await isPending(ended, roundTrip)).toBe(true);
  });

  test('of which only a reader is known is streamed once its events come', async () => {
    const { agent, calls, roundTrip } = await connected();
    const events: JobEvent[] = [];
    const { ended } = calls.stream(Functions.streamJob, { jobId: 'old' }, (one) => events.push(one));
    expect(await isPending(ended, roundTrip)).toBe(true);
    jobEvent(agent, event('error', 'broken'), 'old');
    expect(await ended).toBe('OK');
    expect(events).toEqual([event('error', 'broken')]);
  });

  test('is cancelled by a frame', async () => {
    const { agent, calls } = await withJob();
    expect(await calls.send(Functions.cancelJob, { jobId: 'j1' })).toEqual({ ok: { jobId: 'j1' } });
    expect((await agent.frame('cancel_job')).cancel).toEqual({ jobId: 'j1' });
  });

  test('that the agent refuses fails', async () => {
    const { agent, calls } = await connected();
    const outcome = calls.send(Functions.startJob, CALL);
    await agent.frame('start_job');
    agent.send('start_job_result', {
      startR: { requestId: 'rid-agent', jobId: '', error: 'NOT_FOUND: no echo' },
    });
    expect(await outcome).toEqual({ failed: 'INTERNAL: NOT_FOUND: no echo' });
  });

  test('has its result asked for at the agent; an unknown one is said to be running', async () => {
    const { agent, calls } = await withJob();
    const outcome = calls.send(Jobs.getJobResult, { jobId: 'j1' });
    const { jobResReq } = await agent.frame('get_job_result_req');
    const payload = Buffer.from('"won"');
    const requestId = jobResReq?.requestId ?? '';
    expect(jobResReq?.jobId).toBe('j1');
    agent.send('get_job_result_res', { jobResRes: { requestId, state: 'done', payload, error: '' } });
    expect(await outcome).toEqual({ ok: { state: 'done', payload, error: '' } });
    expect(await calls.send(Jobs.getJobResult, { jobId: 'other' })).toMatchObject({
      ok: { state: 'running' },
    });
  });
});

test('an agent is asked who has a function', async () => {
  const { agent, control } = await connected();
  const listed = control.listLocal('agent', 'echo');
  const { listReq } = await agent.frame('list_local_req');
  const requestId = listReq?.requestId ?? '';
  agent.send('list_local_res', {
    listRes: { requestId, functionId: 'echo', serviceIds: ['game'], error: '' },
  });
  expect(await listed).toEqual(['game']);
});

describe('the end of a stream', () => {
  test('takes the agent out, whichever of its streams it was', async () => {
    const { address, agent, calls, control } = await connected();
    const next = new FakeTunnelAgent(address);
    next.echo();
    next.hello();
    await until('the second said hello', () => control.counts().hello === 2);
    expect(await calls.send(Functions.invoke, CALL)).toMatchObject({ ok: {} });
    agent.end();
    await until('the first has ended', () => control.counts()['tunnel-end'] === 1);
    expect(control.received().at(-1)).toMatchObject({
      rpc: 'tunnel-end',
      agentId: 'agent',
      wasActive: false,
    });
    expect(control.tunnels()).toEqual([]);
    expect(next.ended).toBeNull();
    expect(await calls.send(Functions.invoke, CALL)).toMatchObject({
      failed: expect.stringMatching(/^UNAVAILABLE/),
    });
  });

  test('closed before the next one is opened, an agent stays reachable', async () => {
    const { address, agent, calls, control } = await connected();
    agent.end();
    await until('the first has ended', () => agent.ended !== null);
    const next = new FakeTunnelAgent(address);
    next.echo();
    next.hello();
    await until('the second is open', () => control.tunnels().length === 1);
    expect(await calls.send(Functions.invoke, CALL)).toMatchObject({ ok: {} });
  });

  test('can be asked for, and leaves the connection', async () => {
    const { agent, control } = await connected();
    const connections = control.connections();
    control.dropStreams();
    await until('the agent has noticed', () => agent.ended !== null);
    expect(agent.ended).toBe('UNAVAILABLE: the tunnel is closed');
    expect(control.connections()).toBe(connections);
    expect(control.tunnels()).toEqual([]);
  });

  test('with its connection takes the agent out as well', async () => {
    const { agent, control } = await connected();
    control.drop();
    await until('the agent has noticed', () => agent.ended !== null);
    await until('it is out', () => control.tunnels().length === 0);
  });
});
