import { type ClientHttp2Session, connect } from 'node:http2';
import { InvokeRequest, InvokeResponse } from '../../src/protocol/gen/croupier/function/v1/function.js';
import { versionOf } from './game-server.js';
import type { VersionCaller } from './steady-calls.js';

/** What agents allow for a call, in ms. */
const CALL_TIMEOUT_MS = 3_000;
const PREFIX_BYTES = 5;

/** Payload of the answer as text; null: no answer, or a status other than OK. */
export type CallResult = string | null;

/** A gRPC frame with a call of `echo`. */
export function echoRequest(payload: unknown): Buffer {
  const message = InvokeRequest.encode({
    functionId: 'echo',
    idempotencyKey: '',
    payload: Buffer.from(JSON.stringify(payload)),
    metadata: {},
  }).finish();
  const frame = Buffer.alloc(PREFIX_BYTES + message.length);
  frame.writeUInt32BE(message.length, 1);
  frame.set(message, PREFIX_BYTES);
  return frame;
}

/**
 * A caller that keeps its connection and dials again with the next call when it broke. Plain `node:http2`: cheap, and without the
 * pauses that a gRPC channel makes between two attempts to connect, so that nobody is measured by them.
 */
export class KeptCaller implements VersionCaller {
  readonly #address: string;
  readonly #frame: Buffer;
  #session: ClientHttp2Session | null = null;

  /** `payload` is sent with each call of `echo`. */
  constructor(address: string, payload: unknown = {}) {
    this.#address = address;
    this.#frame = echoRequest(payload);
  }

  async call(): Promise<string | null> {
    if (this.#session === null || this.#session.closed || this.#session.destroyed) {
      const session = connect(`http://${this.#address}`);
      session.on('error', () => undefined);
      session.on('close', () => {
        if (this.#session === session) this.#session = null;
      });
      this.#session = session;
    }
    const payload = await callOn(this.#session, this.#frame);
    return payload === null ? null : versionOf(payload);
  }

  close(): void {
    this.#session?.close();
  }
}

export interface CallerConnection {
  call(frame: Buffer): Promise<CallResult>;
  close(): void;
}

/** A connection that is kept over many calls. */
export function openConnection(address: string): CallerConnection {
  const session = connect(`http://${address}`);
  // Every way to end closes the streams, and that is where a call ends.
  session.on('error', () => undefined);
  return {
    call: (frame) => callOn(session, frame),
    close: () => session.close(),
  };
}

function callOn(session: ClientHttp2Session, frame: Buffer): Promise<CallResult> {
  return new Promise((resolve) => {
    const stream = session.request({
      ':method': 'POST',
      ':path': '/croupier.function.v1.FunctionService/Invoke',
      'content-type': 'application/grpc',
      te: 'trailers',
    });
    const chunks: Buffer[] = [];
    let answered = false;
    const timer = setTimeout(() => stream.destroy(), CALL_TIMEOUT_MS);
    stream.on('data', (chunk: Buffer) => chunks.push(chunk));
    stream.on('trailers', (trailers) => {
      answered = trailers['grpc-status'] === '0';
    });
    stream.on('error', () => undefined);
    stream.on('close', () => {
      clearTimeout(timer);
      resolve(answered ? payloadOf(Buffer.concat(chunks)) : null);
    });
    stream.end(frame);
  });
}

function payloadOf(frame: Buffer): string {
  return Buffer.from(InvokeResponse.decode(frame.subarray(PREFIX_BYTES)).payload).toString();
}
