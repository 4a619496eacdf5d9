import {
  type ClientHttp2Session,
  type ClientHttp2Stream,
  connect as connectHttp2,
  constants,
  type IncomingHttpHeaders,
} from 'node:http2';
import { connect as connectTcp, isIP, type Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';
import { status } from '@grpc/grpc-js';
import { FrameReader, frame } from './frame-reader.js';
import { Refusal } from './refusal.js';
import type { DialTls } from './tls-files.js';

export interface Exchange {
  /** `host:port`; a wildcard or an empty host is this machine. */
  readonly address: string;
  /** `/package.Service/Method`. */
  readonly path: string;
  readonly contentType: 'application/grpc' | 'application/grpc+json';
  readonly message: Buffer;
  /** From dialling to the last byte, ms; null: as long as it takes. */
  readonly limitMs: number | null;
  readonly tls: DialTls | null;
  /** Cancels the call. */
  readonly signal: AbortSignal;
  onMessage(message: Buffer): void;
}

/** After a call its connection is closed in good order; one that does not follow is cut after this time, ms. */
const CLOSE_MS = 500;

/**
 * One gRPC call on a connection of its own, as the agents of the field make them. gRPC over node:http2, since grpc-js cannot
 * send the content type of the JSON codec. Resolves with null when it ended with OK.
 */
export function exchange(call: Exchange): Promise<Refusal | null> {
  const target = targetOf(call.address);
  if (target === null) {
    return Promise.resolve(new Refusal(status.UNAVAILABLE, `"${call.address}" is no address`));
  }
  return new Promise((resolve) => {
    const socket = dial(target, call.tls);
    const connection = watchConnection(socket, call.tls !== null);
    let isOver = false;
    const session = connectHttp2(`http://${target.authority}`, { createConnection: () => socket });
    const stream = session.request(requestHeaders(call));
    const finish = (refusal: Refusal | null): void => {
      if (isOver) return;
      isOver = true;
      clearTimeout(timer);
      call.signal.removeEventListener('abort', cancel);
      hangUp(session, stream, connection.isConnected);
      resolve(refusal);
    };
    const cancel = () => finish(new Refusal(status.CANCELLED, 'cancelled by the caller'));
    const timer =
      call.limitMs === null
        ? undefined
        : setTimeout(() => {
            finish(new Refusal(status.DEADLINE_EXCEEDED, `no answer from ${call.address} within its limit`));
          }, call.limitMs);
    call.signal.addEventListener('abort', cancel);
    session.on('error', (error) => {
      finish(new Refusal(status.UNAVAILABLE, `${call.address}: ${connection.lost ?? error.message}`));
    });
    const answer = readAnswer(stream, call.onMessage, finish);
    stream.on('error', () => undefined);
    // Not before: trailers can be announced while messages are still to be read.
    stream.on('close', () => {
      if (answer.trailers !== null) finish(ofTrailers(answer.trailers));
      else if (connection.lost === null) finish(ofReset(stream));
      else finish(new Refusal(status.UNAVAILABLE, `${call.address}: ${connection.lost}`));
    });
    stream.end(frame(call.message));
    if (call.signal.aborted) cancel();
  });
}

interface Target {
  readonly host: string;
  readonly port: number;
  /** `host:port`, with brackets around an IPv6 address. */
  readonly authority: string;
}

/** Null: it cannot be dialled. */
function targetOf(address: string): Target | null {
  const [, bracketed, plain, digits] = /^(?:\[([^\]]+)\]|([^:[\]\s/]*)):(\d{1,5})$/.exec(address) ?? [];
  const port = Number(digits);
  if (digits === undefined || port < 1 || port > 65_535) return null;
  const host = bracketed ?? (plain || '127.0.0.1');
  return { host, port, authority: bracketed === undefined ? `${host}:${port}` : address };
}

function dial({ host, port }: Target, tls: DialTls | null): Socket {
  // An IP address is no server name; it is checked as the host all the same.
  const servername = tls?.servername ?? (isIP(host) === 0 ? host : undefined);
  const socket =
    tls === null
      ? connectTcp({ host, port })
      : connectTls({ ...tls, host, port, ALPNProtocols: ['h2'], servername });
  return socket.setNoDelay(true);
}

/** `lost`: why the connection is gone. For a socket that no HTTP/2 session has yet: at its end that ends the streams at once. */
function watchConnection(
  socket: Socket,
  isTls: boolean,
): { readonly isConnected: boolean; readonly lost: string | null } {
  const connection: { isConnected: boolean; lost: string | null } = { isConnected: false, lost: null };
  socket.on(isTls ? 'secureConnect' : 'connect', () => {
    connection.isConnected = true;
  });
  socket.on('error', (error) => {
    connection.lost = error.message;
  });
  socket.on('close', () => {
    connection.lost ??= 'the connection was lost';
  });
  return connection;
}

function requestHeaders(call: Exchange): Record<string, string> {
  return {
    ':method': 'POST',
    ':path': call.path,
    ':scheme': call.tls === null ? 'http' : 'https',
    te: 'trailers',
    'content-type': call.contentType,
    'user-agent': 'grpc-go/1.60.0',
    ...(call.limitMs === null ? {} : { 'grpc-timeout': `${Math.ceil(call.limitMs)}m` }),
  };
}

/** Calls back with each message; fails at what is no gRPC answer. `trailers`: as far as they have come. */
function readAnswer(
  stream: ClientHttp2Stream,
  onMessage: (message: Buffer) => void,
  fail: (refusal: Refusal) => void,
): { readonly trailers: IncomingHttpHeaders | null } {
  const reader = new FrameReader();
  const answer: { trailers: IncomingHttpHeaders | null } = { trailers: null };
  stream.on('response', (headers) => {
    const httpStatus = Number(headers[':status']);
    if (httpStatus !== 200) fail(ofHttpStatus(httpStatus));
    else if (headers['grpc-status'] !== undefined) answer.trailers = headers;
  });
  stream.on('data', (chunk: Buffer) => {
    const messages = reader.push(chunk);
    if (messages instanceof Refusal) fail(messages);
    else for (const message of messages) onMessage(message);
  });
  stream.on('trailers', (trailers) => {
    answer.trailers = trailers;
  });
  return answer;
}

function hangUp(session: ClientHttp2Session, stream: ClientHttp2Stream, isConnected: boolean): void {
  if (!isConnected) {
    session.destroy();
    return;
  }
  if (!stream.closed) stream.close(constants.NGHTTP2_CANCEL);
  session.close();
  const timer = setTimeout(() => session.destroy(), CLOSE_MS);
  session.once('close', () => clearTimeout(timer));
}

function ofTrailers(trailers: IncomingHttpHeaders): Refusal | null {
  const code = Number(trailers['grpc-status'] ?? status.UNKNOWN);
  return code === status.OK ? null : new Refusal(code, decoded(String(trailers['grpc-message'] ?? '')));
}

function decoded(message: string): string {
  try {
    return decodeURIComponent(message);
  } catch {
    return message;
  }
}

/** As gRPC maps what a plain HTTP server answers. */
function ofHttpStatus(httpStatus: number): Refusal {
  const codes: Readonly<Record<number, status>> = {
    400: status.INTERNAL,
    401: status.UNAUTHENTICATED,
    403: status.PERMISSION_DENIED,
    404: status.UNIMPLEMENTED,
    429: status.UNAVAILABLE,
    502: status.UNAVAILABLE,
    503: status.UNAVAILABLE,
    504: status.UNAVAILABLE,
  };
  return new Refusal(codes[httpStatus] ?? status.UNKNOWN, `unexpected HTTP status ${httpStatus}`);
}

/** As gRPC maps a stream that ended without trailers. */
function ofReset(stream: ClientHttp2Stream): Refusal {
  const message = `the stream was ended by RST_STREAM with code ${stream.rstCode}`;
  switch (stream.rstCode) {
    case constants.NGHTTP2_REFUSED_STREAM:
      return new Refusal(status.UNAVAILABLE, message);
    case constants.NGHTTP2_CANCEL:
      return new Refusal(status.CANCELLED, message);
    case constants.NGHTTP2_ENHANCE_YOUR_CALM:
      return new Refusal(status.RESOURCE_EXHAUSTED, message);
    default:
      return new Refusal(status.INTERNAL, message);
  }
}
