import { type ClientHttp2Session, connect, type IncomingHttpHeaders } from 'node:http2';
import { MessageReader, messagePrefix } from '../../../src/protocol/grpc-frame.js';
import { cleanUp } from './harness.js';

/** What came back, as it was on the wire. */
export interface WireAnswer {
  readonly headers: IncomingHttpHeaders;
  readonly trailers: IncomingHttpHeaders;
  /** `grpc-status`, wherever it was. */
  readonly code: number;
  /** `grpc-message`, decoded. */
  readonly message: string;
  readonly contentType: string | undefined;
  /** The messages of the answer, as text. */
  readonly bodies: readonly string[];
}

/** A caller on bare HTTP/2 that sends what an agent with the JSON codec sends. */
export class JsonCaller {
  readonly #session: ClientHttp2Session;

  constructor(address: string) {
    this.#session = connect(`http://${address}`);
    this.#session.on('error', () => undefined);
    cleanUp(() => this.#session.destroy());
  }

  /** `onBody` gets each message of the answer as it comes. */
  call(
    path: string,
    request: unknown,
    options: {
      readonly headers?: Readonly<Record<string, string>>;
      readonly onBody?: (body: string) => void;
    } = {},
  ): Promise<WireAnswer> {
    const stream = this.#session.request({
      ':method': 'POST',
      ':path': path,
      'content-type': 'application/grpc+json',
      te: 'trailers',
      ...options.headers,
    });
    const body = Buffer.isBuffer(request)
      ? request
      : Buffer.from(typeof request === 'string' ? request : JSON.stringify(request));
    stream.end(Buffer.concat([messagePrefix(body.length), body]));
    return new Promise((resolve, reject) => {
      const reader = new MessageReader(Number.POSITIVE_INFINITY);
      const bodies: string[] = [];
      let headers: IncomingHttpHeaders = {};
      let trailers: IncomingHttpHeaders = {};
      stream.on('response', (given) => {
        headers = given;
      });
      stream.on('trailers', (given) => {
        trailers = given;
      });
      stream.on('data', (chunk: Buffer) => {
        const messages = reader.push(chunk);
        if (!messages.ok) throw new Error(messages.error.message);
        for (const message of messages.value) {
          bodies.push(message.toString());
          options.onBody?.(message.toString());
        }
      });
      stream.on('error', reject);
      stream.on('close', () => {
        const end = { ...headers, ...trailers };
        resolve({
          headers,
          trailers,
          code: Number(end['grpc-status']),
          message: decodeURIComponent(String(end['grpc-message'] ?? '')),
          contentType: headers['content-type'],
          bodies,
        });
      });
    });
  }
}
