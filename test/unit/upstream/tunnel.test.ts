import { expect, test } from 'vitest';
import { ok } from '../../../src/core/result.js';
import type { ControlClient } from '../../../src/protocol/control-client.js';
import type { Hello, TunnelMessage } from '../../../src/protocol/gen/croupier/tunnel/v1/tunnel.js';
import type { RpcFailure } from '../../../src/protocol/rpc.js';
import { STATUS_CODES } from '../../../src/protocol/status-codes.js';
import { type TunnelHandlers as StreamHandlers, tunnelFrame } from '../../../src/protocol/tunnel-stream.js';
import { Tunnel } from '../../../src/upstream/tunnel.js';
import { TunnelOutbox } from '../../../src/upstream/tunnel-outbox.js';
import { settle, VirtualClock } from '../../support/virtual-clock.js';
import { FakeCalls } from './server-fixtures.js';

const HELLO: Hello = { agentId: 'a', gameId: 'g', env: 'e' };

/** One stream of an edge that a test plays. */
class FakeStream {
  readonly frames: TunnelMessage[] = [];
  hasEnded = false;
  isCancelled = false;
  /** False: it takes no frame after the next one. */
  isReading = true;
  readonly handlers: StreamHandlers;

  constructor(handlers: StreamHandlers) {
    this.handlers = handlers;
  }

  write(frame: TunnelMessage): boolean {
    this.frames.push(frame);
    return this.isReading;
  }

  end(): void {
    this.hasEnded = true;
  }

  cancel(): void {
    this.isCancelled = true;
  }
}

function setUp(outbox?: TunnelOutbox) {
  const clock = new VirtualClock();
  const calls = new FakeCalls();
  const tunnel = new Tunnel(calls, clock, outbox);
  const streams: FakeStream[] = [];
  const said: string[] = [];
  const unused = () => Promise.reject(new Error('not part of a tunnel'));
  const client: ControlClient = {
    register: unused,
    heartbeat: unused,
    registerCapabilities: unused,
    openTunnel: (_hello, handlers) => {
      const stream = new FakeStream(handlers);
      streams.push(stream);
      return stream;
    },
    onStateChange: () => () => undefined,
    close: () => undefined,
  };
  const open = (): FakeStream => {
    tunnel.open(client, HELLO, {
      onStands: () => said.push('stands'),
      onUnserved: () => said.push('unserved'),
      onEnd: (failure) => said.push(`ended ${failure?.codeName ?? 'OK'}`),
    });
    const stream = streams.at(-1);
    if (stream === undefined) throw new Error('no stream was opened');
    return stream;
  };
  return { clock, calls, tunnel, said, open };
}

function failure(codeName: 'UNIMPLEMENTED' | 'UNAVAILABLE'): RpcFailure {
  return { code: STATUS_CODES[codeName], codeName, message: '', metadata: {} };
}

const INVOKE = tunnelFrame('invoke', {
  invoke: { requestId: 'r', functionId: 'f', idempotencyKey: '', payload: Buffer.alloc(0), metadata: {} },
});

test('a tunnel that is not refused stands after a moment, and then beats every 15 s', async () => {
  const { clock, said, open } = setUp();
  const stream = open();
  await clock.advance(249);
  expect(said).toEqual([]);
  await clock.advance(1);
  expect(said).toEqual(['stands']);
  await clock.advance(45_000);
  expect(stream.frames.map((frame) => frame.type)).toEqual(['heartbeat', 'heartbeat', 'heartbeat']);
  stream.handlers.onEnd(null);
  await clock.advance(60_000);
  expect(stream.frames).toHaveLength(3);
  expect(clock.pending).toBe(0);
});

test('a frame shows that the tunnel stands', async () => {
  const { said, open } = setUp();
  const stream = open();
  stream.handlers.onFrame(INVOKE);
  expect(said).toEqual(['stands']);
  await settle();
  expect(stream.frames.map((frame) => frame.type)).toEqual(['result']);
});

test.each([
  ['UNIMPLEMENTED before any frame: there is no tunnel', 'UNIMPLEMENTED', false, ['unserved']],
  ['UNIMPLEMENTED after a frame: it ended', 'UNIMPLEMENTED', true, ['stands', 'ended UNIMPLEMENTED']],
  ['any other code: it ended', 'UNAVAILABLE', false, ['ended UNAVAILABLE']],
] as const)('%s', (_words, code, hasSpoken, outcome) => {
  const { said, open } = setUp();
  const stream = open();
  if (hasSpoken) stream.handlers.onFrame(INVOKE);
  stream.handlers.onEnd(failure(code));
  expect(said).toEqual(outcome);
});

test('an old stream is ended, waited for and then cut, and is not heard any more', async () => {
  const { clock, tunnel, said, open, calls } = setUp();
  const stream = open();
  await clock.advance(250);
  let isOver = false;
  const over = tunnel.abandon().then(() => {
    isOver = true;
  });
  await clock.advance(299);
  expect([stream.hasEnded, stream.isCancelled, isOver]).toEqual([true, false, false]);
  stream.handlers.onFrame(INVOKE);
  await clock.advance(1);
  await over;
  expect(stream.isCancelled).toBe(true);
  stream.handlers.onEnd(failure('UNAVAILABLE'));
  expect(said).toEqual(['stands']);
  expect(calls.requests).toEqual([]);
});

test('an old stream that ends by itself is not waited for any longer', async () => {
  const { clock, tunnel, open } = setUp();
  const stream = open();
  const over = tunnel.abandon();
  stream.handlers.onEnd(null);
  await over;
  expect(clock.pending).toBe(0);
});

test('an edge that reads no answers is cut before they fill the memory', async () => {
  const outbox = new TunnelOutbox({ answers: 5, answerBytes: 1_000_000, events: 5, eventBytes: 1_000 });
  const { said, open } = setUp(outbox);
  const stream = open();
  stream.isReading = false;
  for (let index = 0; index < 6; index += 1) {
    stream.handlers.onFrame(tunnelFrame('list_local_req', { listReq: { requestId: 'l', functionId: 'f' } }));
  }
  expect(said).toEqual(['stands']);
  stream.handlers.onFrame(tunnelFrame('list_local_req', { listReq: { requestId: 'l', functionId: 'f' } }));
  expect(said).toEqual(['stands', 'ended OK']);
  expect(stream.isCancelled).toBe(true);
  expect(stream.frames).toHaveLength(1);
  expect(outbox.answers).toBe(0);
});

test('closing waits for answers that the edge has not read yet', async () => {
  const { clock, tunnel, open, calls } = setUp();
  calls.answer = async (request) => ok(request.payload);
  const stream = open();
  stream.isReading = false;
  for (let index = 0; index < 3; index += 1) stream.handlers.onFrame(INVOKE);
  await settle();
  expect(stream.frames).toHaveLength(1);
  let isClosed = false;
  const closed = tunnel.close(2_000).then(() => {
    isClosed = true;
  });
  await clock.advance(1_000);
  expect([stream.hasEnded, isClosed]).toEqual([false, false]);
  stream.isReading = true;
  stream.handlers.onDrain();
  await settle();
  expect(stream.frames).toHaveLength(3);
  expect(stream.hasEnded).toBe(true);
  stream.handlers.onEnd(null);
  await closed;
});
