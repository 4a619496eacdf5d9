import {
  createSecureServer,
  createServer,
  type IncomingHttpHeaders,
  type ServerHttp2Session,
  type ServerHttp2Stream,
  type Settings,
} from 'node:http2';
import { type AddressInfo, createServer as createTcpServer, type Socket } from 'node:net';
import { createServer as createTlsServer } from 'node:tls';
import { messagePrefix } from '../../../src/protocol/grpc-frame.js';
import type { Issued } from '../../support/certificates.js';

/** A stream as the server got it, its request's bytes complete. */
export interface FaultStream {
  readonly stream: ServerHttp2Stream;
  readonly session: ServerHttp2Session;
  readonly headers: IncomingHttpHeaders;
  readonly path: string;
  /** Without the gRPC prefix. */
  readonly message: Buffer;
}

/** What a server shows; with `caPem` it asks for a client certificate, too. */
export type ServerCertificate = Issued & { readonly caPem?: string };

function serverOptions({ certPem, keyPem, caPem }: ServerCertificate) {
  return { cert: certPem, key: keyPem, ...(caPem === undefined ? {} : { ca: caPem, requestCert: true }) };
}

/** A server on HTTP/2 alone, for everything that a well-behaved gRPC server does not do. Without a certificate: plain text. */
export class FaultServer {
  readonly #server: ReturnType<typeof createServer> | ReturnType<typeof createSecureServer>;
  readonly sessions: ServerHttp2Session[] = [];
  readonly sockets: Socket[] = [];
  readonly streams: FaultStream[] = [];
  port = 0;

  constructor(
    onStream: (stream: FaultStream) => void,
    settings?: Settings,
    certificate: ServerCertificate | null = null,
  ) {
    this.#server = certificate === null ? createServer() : createSecureServer(serverOptions(certificate));
    if (settings !== undefined) this.#server.updateSettings(settings);
    this.#server.on('connection', (socket: Socket) => {
      this.sockets.push(socket);
      socket.on('error', () => undefined);
    });
    this.#server.on('session', (session: ServerHttp2Session) => {
      this.sessions.push(session);
      session.on('error', () => undefined);
    });
    this.#server.on('stream', (stream: ServerHttp2Stream, headers: IncomingHttpHeaders) => {
      const session = this.sessions.find((one) => one === stream.session);
      if (session === undefined) return;
      stream.on('error', () => undefined);
      const chunks: Buffer[] = [];
      stream.on('data', (chunk: Buffer) => chunks.push(chunk));
      stream.on('end', () => {
        const path = headers[':path'] ?? '';
        const received = { stream, session, headers, path, message: Buffer.concat(chunks).subarray(5) };
        this.streams.push(received);
        onStream(received);
      });
    });
  }

  get address(): string {
    return `127.0.0.1:${this.port}`;
  }

  listen(port = 0): Promise<this> {
    return new Promise((resolve) => {
      this.#server.listen(port, '127.0.0.1', () => {
        this.port = addressOf(this.#server.address()).port;
        resolve(this);
      });
    });
  }

  /** Cuts every connection, as the end of a process does. Listens on. */
  dropConnections(): void {
    for (const socket of this.sockets.splice(0)) socket.destroy();
  }

  close(): Promise<void> {
    return new Promise((resolve) => {
      this.#server.close(() => resolve());
      this.dropConnections();
    });
  }
}

function addressOf(address: AddressInfo | string | null): AddressInfo {
  if (address === null || typeof address === 'string') throw new Error('no TCP address');
  return address;
}

/** Answers a stream as a gRPC server does. */
export function answerStream(
  { stream }: FaultStream,
  options: {
    readonly body?: Buffer | null;
    readonly status?: string;
    readonly message?: string;
    readonly headers?: Record<string, string | string[]>;
    readonly trailers?: Record<string, string | string[]>;
  } = {},
): void {
  if (stream.destroyed) return;
  stream.respond(
    { ':status': 200, 'content-type': 'application/grpc', ...options.headers },
    { waitForTrailers: true },
  );
  stream.on('wantTrailers', () =>
    stream.sendTrailers({
      'grpc-status': options.status ?? '0',
      ...(options.message === undefined ? {} : { 'grpc-message': options.message }),
      ...options.trailers,
    }),
  );
  const body = options.body === undefined ? Buffer.from('ok') : options.body;
  if (body === null) stream.end();
  else stream.end(Buffer.concat([messagePrefix(body.length), body]));
}

const SETTINGS = 4;
const HEADERS = 1;
const GOAWAY = 7;
const PREFACE_BYTES = 24;
const FRAME_HEADER_BYTES = 9;

function frame(type: number, payload: Buffer): Buffer {
  const header = Buffer.alloc(FRAME_HEADER_BYTES);
  header.writeUIntBE(payload.length, 0, 3);
  header[3] = type;
  return Buffer.concat([header, payload]);
}

/** A GOAWAY that takes the streams up to the given one. Node's own server always takes all that it has seen. */
export function goawayFrame(lastStreamId: number, code: number): Buffer {
  const payload = Buffer.alloc(8);
  payload.writeUInt32BE(lastStreamId, 0);
  payload.writeUInt32BE(code, 4);
  return frame(GOAWAY, payload);
}

/** The bare frames of HTTP/2: calls back for each request, and says nothing by itself but SETTINGS. */
export async function startFrameServer(
  onRequest: (socket: Socket, streamId: number) => void,
  certificate: ServerCertificate | null = null,
): Promise<{ readonly port: number; close(): Promise<void> }> {
  const sockets = new Set<Socket>();
  const serve = (socket: Socket): void => {
    sockets.add(socket);
    socket.on('error', () => undefined);
    socket.write(frame(SETTINGS, Buffer.alloc(0)));
    let received = Buffer.alloc(0);
    let offset = PREFACE_BYTES;
    socket.on('data', (chunk: Buffer) => {
      received = Buffer.concat([received, chunk]);
      while (received.length >= offset + FRAME_HEADER_BYTES) {
        const end = offset + FRAME_HEADER_BYTES + received.readUIntBE(offset, 3);
        if (received.length < end) return;
        if (received[offset + 3] === HEADERS) onRequest(socket, received.readUInt32BE(offset + 5));
        offset = end;
      }
    });
  };
  const server =
    certificate === null
      ? createTcpServer(serve)
      : createTlsServer({ ...serverOptions(certificate), ALPNProtocols: ['h2'] }, serve);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    port: addressOf(server.address()).port,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        for (const socket of sockets) socket.destroy();
      }),
  };
}
