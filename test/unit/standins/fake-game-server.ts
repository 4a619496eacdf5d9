import { createServer, type Http2Server, type ServerHttp2Session, type ServerHttp2Stream } from 'node:http2';
import { status } from '@grpc/grpc-js';
import { FrameReader, frame } from '../../standins/frame-reader.js';
import { GetJobResultResponse } from '../../standins/gen/agent.js';
import {
  CancelJobRequest,
  CancelJobResponse,
  InvokeRequest,
  InvokeResponse,
  JobEvent,
  StartJobResponse,
  StreamJobRequest,
} from '../../standins/gen/function.js';
import type { MessageType } from '../../standins/methods.js';
import { Refusal } from '../../standins/refusal.js';

/** A call as it came over the wire. */
export interface SeenCall {
  readonly path: string;
  readonly contentType: string;
  /** Header `grpc-timeout`; empty: none. */
  readonly timeout: string;
  readonly body: Buffer;
  /** Counts the connections, from 1. */
  readonly connection: number;
}

/** What a function does with a call: its payload, a status, or nothing at all for ever. */
export type Behaviour = (payload: string) => string | Refusal | 'hang';

const NEVER = 'hang';

/** A game server on HTTP/2 alone, so that a test sees what is really sent. It speaks protobuf and the JSON codec. */
export class FakeGameServer {
  readonly seen: SeenCall[] = [];
  readonly cancelledJobs: string[] = [];
  readonly functions = new Map<string, Behaviour>([['echo', (payload) => payload]]);
  /** Events of every job, in order; its stream ends after them. */
  jobEvents: readonly JobEvent[] = [];
  /** GetJobResult; null: the method is not there. */
  jobResult: GetJobResultResponse | null = null;
  /** Answers every call with this message, whatever it asked for. */
  answerWith: Buffer | null = null;
  connections = 0;
  #jobs = 0;
  readonly #server: Http2Server;
  readonly #sessions = new Set<ServerHttp2Session>();
  #port = 0;

  private constructor() {
    this.#server = createServer();
    this.#server.on('session', (session) => {
      const connection = ++this.connections;
      this.#sessions.add(session);
      session.on('close', () => this.#sessions.delete(session));
      session.on('error', () => undefined);
      session.on('stream', (stream, headers) => {
        stream.on('error', () => undefined);
        const reader = new FrameReader();
        stream.on('data', (chunk: Buffer) => {
          const messages = reader.push(chunk);
          if (messages instanceof Refusal) throw new Error(messages.message);
          const [body] = messages;
          if (body === undefined) return;
          const path = String(headers[':path']);
          const contentType = String(headers['content-type']);
          this.seen.push({
            path,
            contentType,
            timeout: String(headers['grpc-timeout'] ?? ''),
            body,
            connection,
          });
          this.#serve(stream, path.split('/')[2] ?? '', body, contentType.endsWith('+json'));
        });
      });
    });
  }

  /** `host`: what it listens on; loopback reaches all of them. */
  static async start(host = '127.0.0.1'): Promise<FakeGameServer> {
    const fake = new FakeGameServer();
    await new Promise<void>((resolve) => fake.#server.listen(0, host, resolve));
    const address = fake.#server.address();
    if (address === null || typeof address === 'string') throw new Error('not listening');
    fake.#port = address.port;
    return fake;
  }

  get port(): number {
    return this.#port;
  }

  get address(): string {
    return `127.0.0.1:${this.#port}`;
  }

  /** Connections that are open now. */
  get open(): number {
    return this.#sessions.size;
  }

  async stop(): Promise<void> {
    for (const session of this.#sessions) session.destroy();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  #serve(stream: ServerHttp2Stream, method: string, body: Buffer, isJson: boolean): void {
    const parse = <T>(type: MessageType<T>): T =>
      isJson ? type.fromJSON(JSON.parse(body.toString())) : type.decode(body);
    const write = <T>(type: MessageType<T>, message: T): Buffer =>
      isJson ? Buffer.from(JSON.stringify(type.toJSON(message))) : Buffer.from(type.encode(message).finish());
    if (this.answerWith !== null) {
      answer(stream, isJson, [this.answerWith]);
      return;
    }
    switch (method) {
      case 'Invoke': {
        const { functionId, payload } = parse(InvokeRequest);
        const behaviour = this.functions.get(functionId) ?? (() => unknownFunction(functionId));
        const result = behaviour(payload.toString());
        if (result === NEVER) return;
        if (result instanceof Refusal) answer(stream, isJson, [], result);
        else answer(stream, isJson, [write(InvokeResponse, { payload: Buffer.from(result) })]);
        return;
      }
      case 'StartJob':
        answer(stream, isJson, [write(StartJobResponse, { jobId: `fn-${++this.#jobs}` })]);
        return;
      case 'StreamJob':
        parse(StreamJobRequest);
        answer(
          stream,
          isJson,
          this.jobEvents.map((event) => write(JobEvent, event)),
        );
        return;
      case 'CancelJob': {
        const { jobId } = parse(CancelJobRequest);
        this.cancelledJobs.push(jobId);
        answer(stream, isJson, [write(CancelJobResponse, { jobId })]);
        return;
      }
      case 'GetJobResult':
        if (this.jobResult === null) break;
        answer(stream, isJson, [write(GetJobResultResponse, this.jobResult)]);
        return;
    }
    answer(stream, isJson, [], new Refusal(status.UNIMPLEMENTED, `no method ${method}`));
  }
}

export function event(type: string, message = '', progress = 0): JobEvent {
  return { type, message, progress, payload: Buffer.alloc(0) };
}

function answer(
  stream: ServerHttp2Stream,
  isJson: boolean,
  messages: readonly Buffer[],
  refusal: Refusal | null = null,
): void {
  if (stream.destroyed) return;
  const contentType = isJson ? 'application/grpc+json' : 'application/grpc';
  stream.respond({ ':status': 200, 'content-type': contentType }, { waitForTrailers: true });
  stream.on('wantTrailers', () => {
    stream.sendTrailers({
      'grpc-status': String(refusal?.code ?? 0),
      'grpc-message': encodeURIComponent(refusal?.message ?? ''),
    });
  });
  for (const message of messages) stream.write(frame(message));
  stream.end();
}

function unknownFunction(functionId: string): Refusal {
  return new Refusal(status.NOT_FOUND, `no function ${functionId}`);
}
