import { expect, test } from 'vitest';
import { ok } from '../../../src/core/result.js';
import type { TunnelMessage } from '../../../src/protocol/gen/croupier/tunnel/v1/tunnel.js';
import { tunnelFrame } from '../../../src/protocol/tunnel-stream.js';
import { TunnelCalls } from '../../../src/upstream/tunnel-calls.js';
import { TunnelOutbox } from '../../../src/upstream/tunnel-outbox.js';
import { settle } from '../../support/virtual-clock.js';
import { barrier, FakeCalls, jobEvent } from './server-fixtures.js';

function setUp(limit?: number) {
  const calls = new FakeCalls();
  const outbox = new TunnelOutbox();
  const tunnel = new TunnelCalls(calls, outbox, limit);
  const sent: TunnelMessage[] = [];
  const line = { isOpen: true };
  const replies = {
    send: (frame: TunnelMessage): boolean => {
      if (line.isOpen) sent.push(frame);
      return line.isOpen;
    },
  };
  const take = (type: string, functionId = 'f') => {
    const frame = { requestId: 'r', functionId, idempotencyKey: '', payload: Buffer.alloc(0), metadata: {} };
    tunnel.take(tunnelFrame(type, type === 'invoke' ? { invoke: frame } : { start: frame }), replies);
  };
  return { calls, outbox, tunnel, sent, line, take };
}

test('more calls than may be under way are refused at once, and there is room again as they end', async () => {
  const { calls, sent, take } = setUp(3);
  const gate = barrier();
  calls.answer = async () => {
    await gate.opened;
    return ok(Buffer.from('late'));
  };
  for (let index = 0; index < 4; index += 1) take('invoke');
  take('start_job');
  await settle();
  expect(calls.requests).toHaveLength(3);
  expect(calls.started).toHaveLength(0);
  expect(sent.map((frame) => frame.result?.error ?? frame.startR?.error)).toEqual([
    'RESOURCE_EXHAUSTED: 3 calls are under way through this tunnel',
    'RESOURCE_EXHAUSTED: 3 calls are under way through this tunnel',
  ]);
  gate.open();
  await settle();
  take('invoke');
  await settle();
  expect(sent.filter((frame) => frame.result?.payload.toString() === 'late')).toHaveLength(4);
});

test('answers that wait to be sent count as calls under way', async () => {
  const { calls, outbox, sent, take } = setUp(2);
  outbox.answer(tunnelFrame('result'));
  outbox.answer(tunnelFrame('result'));
  take('invoke');
  await settle();
  expect(calls.requests).toEqual([]);
  expect(sent).toHaveLength(1);
});

test('a job whose start nobody learned of is not followed', async () => {
  const { calls, line, take } = setUp();
  const gate = barrier();
  calls.start = async () => {
    await gate.opened;
    return ok('job-9');
  };
  take('start_job');
  line.isOpen = false;
  gate.open();
  await settle();
  expect(calls.started).toHaveLength(1);
  expect(calls.readers.size).toBe(0);
});

test('a function that is not known starts no job, and says so', async () => {
  const { calls, sent, take } = setUp();
  calls.start = async () => ok('');
  take('start_job', 'nope');
  await settle();
  expect(sent[0]?.startR).toEqual({
    requestId: 'r',
    jobId: '',
    error: 'NOT_FOUND: no service knows the function "nope"',
  });
});

test('a job that cannot be read any more ends with an error', async () => {
  const { calls, outbox, take } = setUp();
  calls.start = async () => ok('gone-1');
  take('start_job');
  await settle();
  const frames: TunnelMessage[] = [];
  outbox.attach({ write: (frame) => frames.push(frame) > 0 });
  expect(frames.map((frame) => [frame.jobEvt?.jobId, frame.jobEvt?.type])).toEqual([['gone-1', 'error']]);
});

test('events of a job outlive the stream that started it', async () => {
  const { calls, outbox, line, take } = setUp();
  take('start_job');
  await settle();
  line.isOpen = false;
  calls.readers.get('job-1')?.(jobEvent('done', 'well'));
  const frames: TunnelMessage[] = [];
  outbox.attach({ write: (frame) => frames.push(frame) > 0 });
  expect(frames.map((frame) => frame.jobEvt?.message)).toEqual(['well']);
});

test('finishing waits for what is under way and refuses the rest', async () => {
  const { calls, tunnel, sent, take } = setUp();
  const gate = barrier();
  calls.answer = async () => {
    await gate.opened;
    return ok(Buffer.from('done'));
  };
  take('invoke');
  let isFinished = false;
  const finished = tunnel.finish().then(() => {
    isFinished = true;
  });
  take('invoke');
  await settle();
  expect(isFinished).toBe(false);
  gate.open();
  await finished;
  expect(sent.map((frame) => frame.result?.error || frame.result?.payload.toString())).toEqual([
    'UNAVAILABLE: the session is ending',
    'done',
  ]);
});
