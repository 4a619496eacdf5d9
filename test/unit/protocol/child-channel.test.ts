import { createServer as createHttpServer } from 'node:http';
import { createServer as createTcpServer, type Server, type Socket } from 'node:net';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { systemClock } from '../../../src/core/clock.js';
import type { CallOutcome, ChildCall } from '../../../src/protocol/child-call.js';
import { ChildChannel } from '../../../src/protocol/child-channel.js';
import { STATUS_CODES } from '../../../src/protocol/status-codes.js';
import type { TlsMaterial } from '../../../src/protocol/tls.js';
import { NO_METADATA, type WireMetadata } from '../../../src/protocol/wire-metadata.js';
import { createAuthority, tlsMaterial } from '../../support/certificates.js';
import {
  answerStream,
  FaultServer,
  type FaultStream,
  goawayFrame,
  type ServerCertificate,
  startFrameServer,
} from './fault-server.js';

const cleanups: (() => unknown)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

interface Transport {
  readonly scheme: string;
  readonly server: ServerCertificate | null;
  readonly client: TlsMaterial | null;
}

const authority = createAuthority();
const PLAIN: Transport = { scheme: 'http', server: null, client: null };
const TLS: Transport = {
  scheme: 'https',
  server: authority.issue({ names: ['127.0.0.1'] }),
  client: tlsMaterial({ caPem: authority.caPem }),
};
/** That of the tests that run. */
let transport = PLAIN;

async function until(what: string, condition: () => boolean): Promise<void> {
  const deadline = Date.now() + 10_000;
  while (!condition()) {
    if (Date.now() > deadline) throw new Error(`still not so after 10 s: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 2));
  }
}

async function serve(
  onStream: (stream: FaultStream) => void,
  settings?: ConstructorParameters<typeof FaultServer>[1],
): Promise<FaultServer> {
  const server = await new FaultServer(onStream, settings, transport.server).listen();
  cleanups.push(() => server.close());
  return server;
}

function open(port: number): ChildChannel {
  const channel = new ChildChannel([{ host: '127.0.0.1', port }], transport.client, systemClock, {
    onChange: () => undefined,
    onRoom: () => undefined,
  });
  cleanups.push(() => channel.destroy());
  return channel;
}

async function openConnected(port: number): Promise<ChildChannel> {
  const channel = open(port);
  await until('the channel is connected', () => channel.isConnected);
  return channel;
}

interface Sent {
  readonly call: ChildCall;
  readonly outcome: Promise<CallOutcome>;
  readonly messages: string[];
}

function send(
  channel: ChildChannel,
  options: {
    readonly path?: string;
    readonly message?: Buffer;
    readonly metadata?: WireMetadata;
    readonly timeoutMs?: number;
    readonly streaming?: boolean;
    readonly wait?: boolean;
  } = {},
): Sent {
  const messages: string[] = [];
  let call: ChildCall | null = null;
  const outcome = new Promise<CallOutcome>((resolve) => {
    const request = {
      path: options.path ?? '/test/Call',
      message: options.message ?? Buffer.from('request'),
      metadata: options.metadata ?? NO_METADATA,
      timeoutMs: options.timeoutMs ?? null,
    };
    const handlers = {
      onOutcome: resolve,
      ...(options.streaming === true
        ? { onMessage: (message: Buffer) => void messages.push(String(message)) }
        : {}),
    };
    call = options.wait === true ? channel.startOrWait(request, handlers) : channel.start(request, handlers);
  });
  if (call === null) throw new Error('not started');
  return { call, outcome, messages };
}

describe.each([
  ['plain text', PLAIN],
  ['TLS', TLS],
])('over %s:', (_name, tested) => {
  beforeEach(() => {
    transport = tested;
  });
  afterEach(() => {
    transport = PLAIN;
  });

  describe('an answer', () => {
    test('comes with its status, body and metadata, and the request arrives as it was', async () => {
      const server = await serve((stream) =>
        answerStream(stream, {
          body: Buffer.from('answer'),
          headers: { 'x-lead': ['a', 'b'], 'x-bin': 'AAH/' },
          trailers: { 'x-trail': 'c' },
        }),
      );
      const channel = await openConnected(server.port);
      const { outcome } = send(channel, {
        metadata: { 'x-one': ['1'], 'x-many': ['2', '3'] },
        timeoutMs: 1234.5,
      });
      expect(await outcome).toEqual({
        kind: 'answered',
        answer: {
          status: { code: 0, message: '' },
          headers: { 'x-lead': ['a', 'b'], 'x-bin': ['AAH/'] },
          trailers: { 'x-trail': ['c'] },
          body: Buffer.from('answer'),
        },
      });
      const received = server.streams[0];
      expect(received?.message.toString()).toBe('request');
      expect(received?.headers).toMatchObject({
        ':method': 'POST',
        ':path': '/test/Call',
        ':scheme': transport.scheme,
        ':authority': server.address,
        te: 'trailers',
        'content-type': 'application/grpc',
        'grpc-accept-encoding': 'identity',
        'grpc-timeout': '1235m',
        'x-one': '1',
        'x-many': '2, 3',
      });
    });

    test('that is UNAVAILABLE by the word of the child is an answer', async () => {
      const server = await serve((stream) =>
        answerStream(stream, { body: null, status: '14', message: 'going%20down' }),
      );
      const { outcome } = send(await openConnected(server.port));
      expect(await outcome).toMatchObject({
        kind: 'answered',
        answer: { status: { code: STATUS_CODES.UNAVAILABLE, message: 'going down' }, body: null },
      });
    });

    test('can consist of trailers alone', async () => {
      const server = await serve(({ stream }) =>
        stream.respond(
          { ':status': 200, 'grpc-status': '5', 'grpc-message': 'none', 'x-why': 'gone' },
          { endStream: true },
        ),
      );
      const { outcome } = send(await openConnected(server.port));
      expect(await outcome).toEqual({
        kind: 'answered',
        answer: {
          status: { code: 5, message: 'none' },
          headers: null,
          trailers: { 'x-why': ['gone'] },
          body: null,
        },
      });
    });

    test.each([
      ['HTTP 404', 404, STATUS_CODES.UNIMPLEMENTED],
      ['HTTP 503', 503, STATUS_CODES.UNAVAILABLE],
      ['HTTP 200 without a status', 200, STATUS_CODES.UNKNOWN],
    ])('of %s is mapped by the rules of gRPC', async (_what, httpStatus, code) => {
      const server = await serve(({ stream }) => {
        stream.respond({ ':status': httpStatus, 'content-type': 'text/html' });
        stream.end('a page');
      });
      const channel = await openConnected(server.port);
      expect(await send(channel).outcome).toMatchObject({ kind: 'answered', answer: { status: { code } } });
      expect(channel.isConnected).toBe(true);
    });

    test.each([
      ['CANCEL', 8, STATUS_CODES.CANCELLED],
      ['INTERNAL_ERROR', 2, STATUS_CODES.INTERNAL],
      ['ENHANCE_YOUR_CALM', 11, STATUS_CODES.RESOURCE_EXHAUSTED],
    ])(
      'in the form of a reset with %s from a living peer is its answer, not a loss',
      async (_what, reset, code) => {
        const server = await serve(({ stream }) => stream.close(reset));
        const channel = await openConnected(server.port);
        expect(await send(channel).outcome).toMatchObject({ kind: 'answered', answer: { status: { code } } });
        expect(channel.isConnected).toBe(true);
      },
    );

    test('stays an answer when it is a reset on a connection that is ending in order', async () => {
      const server = await serve(({ stream, session }) => {
        session.goaway(0, stream.id);
        setImmediate(() => stream.close(8));
      });
      const channel = await openConnected(server.port);
      expect(await send(channel).outcome).toMatchObject({
        kind: 'answered',
        answer: { status: { code: STATUS_CODES.CANCELLED } },
      });
    });

    test.each([
      ['without a message', null],
      ['with two messages', Buffer.from('x\0\0\0\0\x01y')],
      ['with half a message', Buffer.from('x\0\0\0\0\x05y')],
    ])('of OK %s is broken', async (_what, body) => {
      const server = await serve(({ stream }) => {
        stream.respond({ ':status': 200 }, { waitForTrailers: true });
        stream.on('wantTrailers', () => stream.sendTrailers({ 'grpc-status': '0' }));
        if (body === null) stream.end();
        else stream.end(Buffer.concat([Buffer.from('\0\0\0\0\x01'), body]));
      });
      expect(await send(await openConnected(server.port)).outcome).toMatchObject({
        kind: 'answered',
        answer: { status: { code: STATUS_CODES.INTERNAL }, body: null },
      });
    });

    test('of 64 MiB passes; a larger one is refused and the connection lives on', async () => {
      const limit = 64 * 1024 * 1024;
      const server = await serve((stream) =>
        answerStream(stream, { body: Buffer.alloc(stream.path === '/large' ? limit + 1 : limit, 7) }),
      );
      const channel = await openConnected(server.port);
      const whole = await send(channel).outcome;
      expect(whole.kind === 'answered' && whole.answer.body?.length).toBe(limit);
      expect(await send(channel, { path: '/large' }).outcome).toMatchObject({
        kind: 'answered',
        answer: { status: { code: STATUS_CODES.RESOURCE_EXHAUSTED } },
      });
      expect(channel.isConnected).toBe(true);
    });

    test('in many messages is handed over one by one', async () => {
      const server = await serve(({ stream }) => {
        stream.respond({ ':status': 200 }, { waitForTrailers: true });
        stream.on('wantTrailers', () => stream.sendTrailers({ 'grpc-status': '0' }));
        stream.write(Buffer.from('\0\0\0\0\x01a\0\0\0\0\x01b'));
        stream.end(Buffer.from('\0\0\0\0\x01c'));
      });
      const { outcome, messages } = send(await openConnected(server.port), { streaming: true });
      expect(await outcome).toMatchObject({ kind: 'answered', answer: { status: { code: 0 } } });
      expect(messages).toEqual(['a', 'b', 'c']);
    });
  });

  describe('a call is refused, so that it can be sent again,', () => {
    test('when there is no connection', async () => {
      const server = await serve(() => undefined);
      const channel = open(server.port);
      expect(await send(channel).outcome).toMatchObject({ kind: 'refused' });
    });

    test.each([
      ['in order', 0],
      ['with an error', 2],
    ])('when the peer goes away %s without having taken the stream', async (_what, code) => {
      const server = await startFrameServer((socket) => socket.write(goawayFrame(0, code)), transport.server);
      cleanups.push(() => server.close());
      const channel = await openConnected(server.port);
      expect(await send(channel).outcome).toMatchObject({ kind: 'refused' });
    });

    test('when the peer took only the stream before it', async () => {
      const server = await startFrameServer((socket, streamId) => {
        if (streamId > 1) socket.end(goawayFrame(1, 2));
      }, transport.server);
      cleanups.push(() => server.close());
      const channel = await openConnected(server.port);
      const [taken, refused] = [send(channel), send(channel)];
      expect(await refused.outcome).toMatchObject({ kind: 'refused' });
      expect(await taken.outcome).toMatchObject({ kind: 'lost' });
    });

    test('when the living peer resets it with REFUSED_STREAM; then there is a pause', async () => {
      const server = await serve(({ stream }) => stream.close(7));
      const channel = await openConnected(server.port);
      expect(channel.hasRoom).toBe(true);
      expect(await send(channel).outcome).toMatchObject({ kind: 'refused' });
      expect(channel.hasRoom).toBe(false);
      expect(channel.isConnected).toBe(true);
      await until('the pause is over', () => channel.hasRoom);
    });

    test('when it still waited for a free stream as the connection broke', async () => {
      const server = await serve(() => undefined, { maxConcurrentStreams: 1 });
      const channel = await openConnected(server.port);
      const sent = send(channel);
      const waiting = send(channel, { wait: true });
      await until('the first call arrived', () => server.streams.length === 1);
      server.dropConnections();
      expect(await waiting.outcome).toMatchObject({ kind: 'refused' });
      expect(await sent.outcome).toMatchObject({ kind: 'lost' });
    });
  });

  describe('a call is lost', () => {
    test('when the connection breaks after it was sent', async () => {
      const server = await serve(() => undefined);
      const channel = await openConnected(server.port);
      const { outcome } = send(channel);
      await until('the call arrived', () => server.streams.length === 1);
      server.dropConnections();
      expect(await outcome).toMatchObject({ kind: 'lost' });
    });

    test('when the connection breaks between the body and the status', async () => {
      const server = await serve(({ stream }) => {
        stream.respond({ ':status': 200 });
        stream.write(Buffer.from('\0\0\0\0\x02ok'), () => server.dropConnections());
      });
      expect(await send(await openConnected(server.port)).outcome).toMatchObject({ kind: 'lost' });
    });

    test('when the peer goes away with an error after it took the stream', async () => {
      const server = await serve(({ stream, session }) => session.goaway(2, stream.id));
      expect(await send(await openConnected(server.port)).outcome).toMatchObject({ kind: 'lost' });
    });

    test('when the peer destroys its session', async () => {
      const server = await serve(({ session }) => session.destroy());
      expect(await send(await openConnected(server.port)).outcome).toMatchObject({ kind: 'lost' });
    });
  });

  test('a cancelled call resets the stream at the peer', async () => {
    let resetCode: number | null = null;
    const server = await serve(({ stream }) =>
      stream.on('close', () => {
        resetCode = stream.rstCode;
      }),
    );
    const { call, outcome } = send(await openConnected(server.port));
    await until('the call arrived', () => server.streams.length === 1);
    call.cancel();
    expect(await outcome).toEqual({ kind: 'cancelled' });
    await until('the peer saw it', () => resetCode === 8);
  });

  test('after GOAWAY calls under way end on the old connection and new ones go over a new one', async () => {
    const server = await serve((received) => {
      if (received.path === '/slow') received.session.goaway(0, received.stream.id);
      else answerStream(received);
    });
    const channel = await openConnected(server.port);
    const slow = send(channel, { path: '/slow' });
    await until('there is a second connection', () => server.sessions.length === 2 && channel.isConnected);
    expect(await send(channel).outcome).toMatchObject({ kind: 'answered' });
    const [first] = server.streams;
    if (first === undefined) throw new Error('no stream');
    answerStream(first, { body: Buffer.from('late') });
    expect(await slow.outcome).toMatchObject({ kind: 'answered', answer: { body: Buffer.from('late') } });
  });

  test('a broken connection is dialled again until there is somebody', async () => {
    const first = await serve((stream) => answerStream(stream));
    const { port } = first;
    const channel = await openConnected(port);
    await first.close();
    await until('the break is noticed', () => !channel.isConnected);
    await until('a dial failed', () => channel.lastFailure !== null);
    expect(channel.lastFailure).toContain('refused the connection');
    const second = await new FaultServer(
      (stream) => answerStream(stream, { body: Buffer.from('second') }),
      undefined,
      transport.server,
    ).listen(port);
    cleanups.push(() => second.close());
    await until('it is connected again', () => channel.isConnected);
    expect(await send(channel).outcome).toMatchObject({ answer: { body: Buffer.from('second') } });
  });

  describe('the limit of streams', () => {
    test('is respected, with one stream left for calls about jobs', async () => {
      const server = await serve(() => undefined, { maxConcurrentStreams: 3 });
      const channel = await openConnected(server.port);
      send(channel);
      expect(channel.hasRoom).toBe(true);
      send(channel);
      expect(channel.hasRoom).toBe(false);
      send(channel, { wait: true, path: '/cancel' });
      send(channel, { wait: true, path: '/later' });
      await until('three streams are open', () => server.streams.length === 3);
      expect(server.streams.map((one) => one.path)).toContain('/cancel');
      const [first] = server.streams;
      if (first !== undefined) answerStream(first);
      await until('the fourth call got the free stream', () => server.streams.length === 4);
      expect(server.streams[3]?.path).toBe('/later');
    });

    test('of one still lets one call through', async () => {
      const server = await serve((stream) => answerStream(stream), { maxConcurrentStreams: 1 });
      const channel = await openConnected(server.port);
      expect(channel.hasRoom).toBe(true);
      expect(await send(channel).outcome).toMatchObject({ kind: 'answered' });
      await until('there is room again', () => channel.hasRoom);
    });
  });

  test('the second address is dialled where the first is refused', async () => {
    const server = await serve((stream) => answerStream(stream));
    const closed = await new FaultServer(() => undefined).listen();
    const { port } = closed;
    await closed.close();
    const channel = new ChildChannel(
      [
        { host: '127.0.0.1', port },
        { host: '127.0.0.1', port: server.port },
      ],
      transport.client,
      systemClock,
      { onChange: () => undefined, onRoom: () => undefined },
    );
    cleanups.push(() => channel.destroy());
    await until('it is connected', () => channel.isConnected);
  });

  test('closing waits for calls under way; nothing new is sent', async () => {
    const server = await serve(() => undefined);
    const channel = await openConnected(server.port);
    const { outcome } = send(channel);
    await until('the call arrived', () => server.streams.length === 1);
    channel.close();
    expect(await send(channel).outcome).toMatchObject({ kind: 'refused' });
    const [first] = server.streams;
    if (first === undefined) throw new Error('no stream');
    answerStream(first);
    expect(await outcome).toMatchObject({ kind: 'answered' });
    await until('the connection is closed', () => server.sessions.every((session) => session.destroyed));
  });

  test('destroying loses what is under way and closes the connection', async () => {
    const server = await serve(() => undefined);
    const channel = await openConnected(server.port);
    const { outcome } = send(channel);
    await until('the call arrived', () => server.streams.length === 1);
    channel.destroy();
    expect(await outcome).toMatchObject({ kind: 'lost' });
    await until('the connection is closed', () => server.sessions.every((session) => session.destroyed));
  });

  test('what a dying process had answered is still read', async () => {
    const server = await serve((received) => {
      answerStream(received, { body: Buffer.from('last words') });
      received.stream.on('close', () => server.dropConnections());
    });
    const channel = await openConnected(server.port);
    const { outcome } = send(channel);
    await channel.finish(5000);
    expect(await outcome).toMatchObject({ kind: 'answered', answer: { body: Buffer.from('last words') } });
  });

  test('what a dying process leaves open is lost after the time for last words', async () => {
    const server = await serve(() => undefined);
    const channel = await openConnected(server.port);
    const { outcome } = send(channel);
    await until('the call arrived', () => server.streams.length === 1);
    await channel.finish(20);
    expect(await outcome).toMatchObject({ kind: 'lost' });
  });
});

describe('a dial fails in words', () => {
  async function listenTcp(server: Server): Promise<number> {
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const address = server.address();
    if (address === null || typeof address === 'string') throw new Error('no TCP address');
    return address.port;
  }

  test('at a port that speaks HTTP/1', async () => {
    const server = createHttpServer((_request, response) => response.end('hello'));
    const port = await listenTcp(server);
    cleanups.push(() => new Promise((resolve) => server.close(resolve)));
    const channel = open(port);
    await until('the dial failed', () => channel.lastFailure !== null);
    expect(channel.lastFailure).toBe(
      `127.0.0.1:${port} accepts connections but does not answer as gRPC without TLS (HTTP/2) does`,
    );
    channel.destroy();
  });

  test('at a port that closes at once', async () => {
    const sockets = new Set<Socket>();
    const server = createTcpServer((socket) => socket.destroy());
    const port = await listenTcp(server);
    cleanups.push(() => {
      for (const socket of sockets) socket.destroy();
      server.close();
    });
    const channel = open(port);
    await until('the dial failed', () => channel.lastFailure !== null);
    expect(channel.lastFailure).toContain('does not answer as gRPC');
    channel.destroy();
  });

  test.each([
    ['plain text', PLAIN, TLS.client, 'does not speak TLS, which "childTls" of the configuration asks for'],
    [
      'TLS with a certificate of an authority that is not trusted',
      TLS,
      tlsMaterial({ caPem: createAuthority('Other').caPem }),
      'shows a certificate of an authority that "ca" does not hold',
    ],
    [
      'TLS with a certificate for another name',
      { ...TLS, server: authority.issue({ names: ['game.example'] }) },
      TLS.client,
      'shows a certificate that is not for "127.0.0.1"',
    ],
    [
      'TLS, and asks for a client certificate',
      { ...TLS, server: { ...authority.issue({ names: ['127.0.0.1'] }), caPem: authority.caPem } },
      TLS.client,
      'asks for a client certificate, and none was sent',
    ],
  ])('at a peer with TLS expected that speaks %s; it gets no call', async (_what, peer, client, words) => {
    transport = peer;
    const server = await serve(() => undefined);
    transport = { ...peer, client };
    const channel = open(server.port);
    transport = PLAIN;
    await until('the dial failed', () => channel.lastFailure !== null);
    expect(channel.lastFailure).toContain(`${server.address} ${words}`);
    expect(await send(channel).outcome).toMatchObject({ kind: 'refused' });
    channel.destroy();
  });
});
