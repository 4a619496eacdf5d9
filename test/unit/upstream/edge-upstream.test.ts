import { status } from '@grpc/grpc-js';
import { expect, onTestFinished, test } from 'vitest';
import { err, ok } from '../../../src/core/result.js';
import { tunnelFrame } from '../../../src/protocol/tunnel-stream.js';
import { openEdgeUpstream } from '../../../src/upstream/edge-upstream.js';
import type { Upstream } from '../../../src/upstream/types.js';
import { FakeServer, type FakeServerOptions } from './fake-server.js';
import {
  barrier,
  EventLog,
  FakeCalls,
  jobEvent,
  linkOptions,
  offeredFunction,
  offeredService,
  until,
} from './server-fixtures.js';

interface Setup {
  readonly edge: FakeServer;
  readonly upstream: Upstream;
  readonly log: EventLog;
  readonly calls: FakeCalls;
}

const GAME = offeredService('game', [offeredFunction('player.ban')], { gameId: 'demo', env: 'dev' });

async function serve(options: FakeServerOptions = {}): Promise<FakeServer> {
  const edge = await new FakeServer(options).start();
  onTestFinished(() => edge.stop());
  return edge;
}

function connect(edge: FakeServer): Setup {
  const log = new EventLog();
  const calls = new FakeCalls();
  const upstream = openEdgeUpstream(linkOptions('edge', edge.port, log, { calls }));
  onTestFinished(() => upstream.close());
  upstream.offer([GAME]);
  return { edge, upstream, log, calls };
}

async function connected(options: FakeServerOptions = {}): Promise<Setup> {
  const setup = connect(await serve(options));
  await until('it is connected', () => setup.upstream.status.state === 'connected');
  return setup;
}

/** The frames of one type that have come through the tunnel that was opened last. */
function received(edge: FakeServer, type: string) {
  return edge.tunnels.flatMap((tunnel) => tunnel.frames).filter((frame) => frame.type === type);
}

test('the agent registers first, then opens the tunnel and says who it is', async () => {
  const { edge, log } = await connected();
  expect(edge.registers).toMatchObject([{ gameId: 'demo', functions: [{ id: 'player.ban' }] }]);
  expect(edge.tunnel.frames).toMatchObject([
    { type: 'hello', hello: { agentId: 'agent-1', gameId: 'demo', env: 'dev' } },
  ]);
  expect(log.story).toEqual(['upstream.connected', 'upstream.registered']);
});

test('a tunnel under the other name is found, with the hello first', async () => {
  const { edge, calls } = await connected({ tunnel: 'croupier.server.v1' });
  expect(edge.tunnel.frames.map((frame) => frame.type)).toEqual(['hello']);
  edge.invoke('player.ban');
  await until('the call has come', () => calls.requests.length === 1);
});

test('a call goes to the functions with 4.5 s to be sent to a process, and its result comes back', async () => {
  const { edge, calls } = await connected();
  edge.invoke('player.ban', {
    requestId: 'r-7',
    idempotencyKey: 'k',
    payload: Buffer.from('{"id":7}'),
    metadata: { route: 'hash' },
  });
  await until('the result is back', () => received(edge, 'result').length === 1);
  expect(calls.requests).toEqual([
    {
      functionId: 'player.ban',
      idempotencyKey: 'k',
      payload: Buffer.from('{"id":7}'),
      metadata: { route: 'hash' },
      deadlineMs: null,
      dispatchWithinMs: 4_500,
    },
  ]);
  expect(received(edge, 'result')[0]?.result).toEqual({
    requestId: 'r-7',
    payload: Buffer.from('{"id":7}'),
    error: '',
  });
});

test('calls with one request id are calls of their own, each with its answer', async () => {
  const { edge, calls } = await connected();
  calls.answer = async (request) => ok(Buffer.from(`${request.functionId} did`));
  for (const functionId of ['a', 'b', 'c']) edge.invoke(functionId, { requestId: 'same' });
  await until('all results are back', () => received(edge, 'result').length === 3);
  expect(
    received(edge, 'result')
      .map((frame) => frame.result?.payload.toString())
      .sort(),
  ).toEqual(['a did', 'b did', 'c did']);
});

test('a failure comes back as its code and words', async () => {
  const { edge, calls } = await connected();
  calls.answer = async () =>
    err({ code: 'UNAVAILABLE', message: 'hold-timeout: no generation serves', reason: 'hold-timeout' });
  edge.invoke('player.ban');
  await until('the result is back', () => received(edge, 'result').length === 1);
  expect(received(edge, 'result')[0]?.result).toMatchObject({
    requestId: 'r',
    error: 'UNAVAILABLE: hold-timeout: no generation serves',
  });
});

test('a job is started, its events follow until its end, and it can be cancelled and asked about', async () => {
  const { edge, calls } = await connected();
  edge.startJob('player.export', { requestId: 'start-1' });
  await until('the job is followed', () => calls.readers.has('job-1'));
  const read = calls.readers.get('job-1');
  read?.(jobEvent('started'));
  read?.({ type: 'progress', message: 'half', progress: 50, payload: Buffer.from('p') });
  read?.(jobEvent('done', 'all', 100));
  await until('the end has come', () => received(edge, 'job_event').length === 3);
  expect(received(edge, 'start_job_result')[0]?.startR).toEqual({
    requestId: 'start-1',
    jobId: 'job-1',
    error: '',
  });
  expect(edge.tunnel.frames.map((frame) => frame.type)).toEqual([
    'hello',
    'start_job_result',
    'job_event',
    'job_event',
    'job_event',
  ]);
  expect(received(edge, 'job_event').map((frame) => frame.jobEvt)).toEqual([
    { jobId: 'job-1', type: 'started', message: '', progress: 0, payload: Buffer.alloc(0) },
    { jobId: 'job-1', type: 'progress', message: 'half', progress: 50, payload: Buffer.from('p') },
    { jobId: 'job-1', type: 'done', message: 'all', progress: 100, payload: Buffer.alloc(0) },
  ]);

  edge.send(tunnelFrame('cancel_job', { cancel: { jobId: 'job-1' } }));
  calls.result = { state: 'done', payload: Buffer.from('42'), error: '' };
  for (const jobId of ['job-1', 'nowhere']) {
    edge.send(tunnelFrame('get_job_result_req', { jobResReq: { requestId: `ask ${jobId}`, jobId } }));
  }
  await until('both answers have come', () => received(edge, 'get_job_result_res').length === 2);
  expect(calls.cancelled).toEqual(['job-1']);
  expect(received(edge, 'get_job_result_res').map((frame) => frame.jobResRes)).toEqual([
    { requestId: 'ask job-1', state: 'done', payload: Buffer.from('42'), error: '' },
    {
      requestId: 'ask nowhere',
      state: '',
      payload: Buffer.alloc(0),
      error: 'NOT_FOUND: there is no job "nowhere"',
    },
  ]);
});

test('an edge learns which services serve a function', async () => {
  const { edge } = await connected();
  for (const functionId of ['player.ban', 'other']) {
    edge.send(tunnelFrame('list_local_req', { listReq: { requestId: 'l', functionId } }));
  }
  await until('both answers have come', () => received(edge, 'list_local_res').length === 2);
  expect(received(edge, 'list_local_res').map((frame) => frame.listRes)).toEqual([
    { requestId: 'l', functionId: 'player.ban', serviceIds: ['game-1a2b'], error: '' },
    { requestId: 'l', functionId: 'other', serviceIds: [], error: '' },
  ]);
});

test('frames of types to come, and ones without their body, change nothing', async () => {
  const { edge, calls } = await connected();
  for (const type of ['', 'later', 'invoke', 'start_job', 'cancel_job', 'list_local_req', 'hello']) {
    edge.send(tunnelFrame(type));
  }
  edge.invoke('player.ban');
  await until('the call was answered', () => received(edge, 'result').length === 1);
  expect(calls.requests).toHaveLength(1);
  expect(edge.tunnel.frames.map((frame) => frame.type)).toEqual(['hello', 'result']);
});

test('after a restart of the edge calls come again, calls under way have gone on, and jobs tell their end there', async () => {
  const { edge, calls, log } = await connected();
  const gate = barrier();
  calls.answer = async (request) => {
    if (request.functionId === 'slow') await gate.opened;
    return ok(Buffer.from(request.functionId));
  };
  edge.startJob('player.export');
  edge.invoke('slow');
  await until('both are under way', () => calls.requests.length === 1 && calls.readers.has('job-1'));
  edge.stop();
  await until('the loss is told', () => log.of('upstream.lost').length > 0);
  expect(calls.signals[0]?.aborted).toBe(false);
  calls.readers.get('job-1')?.(jobEvent('progress', '', 10));
  calls.readers.get('job-1')?.(jobEvent('error', 'no disk'));
  gate.open();
  const before = edge.tunnels.length;
  await edge.start();
  await until('there is a new tunnel', () => edge.tunnels.length > before);
  await until('the job has told its end', () =>
    edge.tunnel.frames.some((frame) => frame.jobEvt?.type === 'error'),
  );
  edge.invoke('quick');
  await until('the new call is answered', () => edge.tunnel.frames.some((frame) => frame.type === 'result'));
  // The edge that asked for the slow call is gone: its answer goes nowhere.
  expect(edge.tunnel.frames.map((frame) => frame.result?.payload.toString() ?? frame.type)).toEqual([
    'hello',
    'job_event',
    'job_event',
    'quick',
  ]);
});

test('a stream that the edge drops is opened again over a new connection, after the old one has ended', async () => {
  const { edge, upstream, log } = await connected();
  const [first] = edge.tunnels;
  first?.call.end();
  await until('there is a new tunnel', () => edge.tunnels.length === 2);
  expect(first?.isOpen).toBe(false);
  await until('it is connected again', () => upstream.status.state === 'connected');
  expect(log.of('upstream.lost')).toMatchObject([
    { reason: `the edge at 127.0.0.1:${edge.port} ended the tunnel` },
  ]);
  expect(edge.registers).toHaveLength(2);
  expect(upstream.status.reconnects).toBe(1);
});

test('an edge that refuses the tunnel is told with the key to correct, once, and tried again', async () => {
  const edge = await serve();
  edge.refuseTunnel = { refuse: status.PERMISSION_DENIED, message: 'unknown game' };
  const { log, upstream } = connect(edge);
  await until('it was tried three times', () => edge.tunnels.length >= 3);
  expect(log.story).toEqual(['upstream.lost']);
  expect(log.of('upstream.lost')[0]?.reason).toBe(
    `the edge at 127.0.0.1:${edge.port} refused the tunnel: PERMISSION_DENIED: unknown game; check "gameId" ("demo") in the configuration`,
  );
  edge.refuseTunnel = null;
  await until('it is connected', () => upstream.status.state === 'connected');
});

for (const tunnel of [null, 'stub'] as const) {
  test(`an edge without a tunnel (${tunnel ?? 'no such service'}) keeps the registration, which is said once`, async () => {
    const { edge, log, upstream } = await connected({ tunnel });
    await until('it is told', () => log.of('session.notice').length > 0);
    expect(log.of('session.notice')[0]?.message).toContain('serves no tunnel');
    expect(log.of('upstream.lost')).toEqual([]);
    edge.stop();
    await until('the loss is told', () => log.of('upstream.lost').length > 0);
    await edge.start();
    await until('it is connected again', () => upstream.status.reconnects === 1);
    expect(log.of('session.notice')).toHaveLength(1);
  });
}

test('at the end the registration goes first, calls under way still get their answers, then the stream ends', async () => {
  const { edge, calls, upstream, log } = await connected();
  const gate = barrier();
  calls.answer = async (request) => {
    if (request.functionId === 'slow') await gate.opened;
    return ok(Buffer.from(request.functionId));
  };
  edge.invoke('slow');
  await until('the call is under way', () => calls.requests.length === 1);
  await upstream.withdraw();
  expect(edge.registers.at(-1)?.functions).toEqual([]);
  expect(log.all.at(-1)).toMatchObject({ type: 'upstream.drained', service: 'game', reason: 'exit' });
  expect(edge.tunnel.isOpen).toBe(true);
  // What the edge had sent before it knew still finds its way.
  edge.invoke('late');
  await until('the late call is answered', () => received(edge, 'result').length === 1);

  const closed = upstream.close();
  edge.invoke('too late');
  await until('the call after the end is refused', () => received(edge, 'result').length === 2);
  expect(edge.tunnel.isOpen).toBe(true);
  gate.open();
  await closed;
  await until('the stream has ended', () => !edge.tunnel.isOpen);
  expect(received(edge, 'result').map(({ result }) => result?.error || result?.payload.toString())).toEqual([
    'late',
    'UNAVAILABLE: the session is ending',
    'slow',
  ]);
});

test('a call that does not end is given up when the session closes', async () => {
  const { edge, calls, upstream } = await connected();
  calls.answer = () => new Promise(() => undefined);
  edge.invoke('endless');
  await until('the call is under way', () => calls.requests.length === 1);
  const since = Date.now();
  await upstream.close();
  expect(Date.now() - since).toBeLessThan(3_500);
  expect(calls.signals[0]?.aborted).toBe(true);
});
