import { once } from 'node:events';
import { type IncomingHttpHeaders, request } from 'node:http';
import { connect, type Socket } from 'node:net';
import { onTestFinished } from 'vitest';
import { createApi } from '../../../src/control/api.js';
import { HostGuard } from '../../../src/control/guard.js';
import { ControlListener } from '../../../src/control/listener.js';
import { StreamSlots } from '../../../src/control/stream-slots.js';
import { type Clock, systemClock } from '../../../src/core/clock.js';
import { FakeSession } from './fake-session.js';

export const TOKEN = 'the-token-of-this-session';

export interface Answer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly text: string;
}

export interface RequestOptions {
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string>>;
  /** Sent as JSON. */
  readonly json?: unknown;
  readonly body?: string | Buffer;
  /** null: none. */
  readonly token?: string | null;
}

/** The control API on a real port, in front of a session that answers what it is told to. */
export class RunningApi {
  readonly session = new FakeSession();
  readonly streams: StreamSlots;
  readonly listener: ControlListener;
  readonly bugs: unknown[] = [];
  readonly #sockets = new Set<Socket>();

  private constructor(listener: ControlListener, slots: number) {
    this.listener = listener;
    this.streams = new StreamSlots(slots);
  }

  static async open(options: { readonly clock?: Clock; readonly slots?: number } = {}): Promise<RunningApi> {
    const { clock = systemClock, slots = 16 } = options;
    const listener = await ControlListener.open('127.0.0.1', 0);
    if (!listener.ok) throw new Error(listener.error);
    const api = new RunningApi(listener.value, slots);
    api.listener.serve(async () => {
      const handle = createApi({
        session: api.session,
        token: TOKEN,
        hosts: new HostGuard('127.0.0.1', api.listener.port),
        streams: api.streams,
        clock,
        onBug: (error) => api.bugs.push(error),
      });
      return (incoming, outgoing) => {
        api.#sockets.add(incoming.socket);
        return handle(incoming, outgoing);
      };
    });
    onTestFinished(() => api.close());
    return api;
  }

  get port(): number {
    return this.listener.port;
  }

  async close(): Promise<void> {
    this.streams.finish();
    await this.listener.close();
  }

  /** Breaks the connection of every client that reads a stream. */
  cutStreams(): void {
    for (const socket of this.#sockets) socket.destroy();
  }

  /** The path goes out as it is written. */
  ask(path: string, options: RequestOptions = {}): Promise<Answer> {
    const { headers = {}, json, token = TOKEN } = options;
    const body = json === undefined ? options.body : JSON.stringify(json);
    const method = options.method ?? (body === undefined ? 'GET' : 'POST');
    return new Promise((resolve, reject) => {
      const sent = request(
        {
          host: '127.0.0.1',
          port: this.port,
          path,
          method,
          agent: false,
          headers: {
            ...(token === null ? {} : { authorization: `Bearer ${token}` }),
            ...(json === undefined ? {} : { 'content-type': 'application/json' }),
            ...headers,
          },
        },
        async (response) => {
          let text = '';
          for await (const chunk of response.setEncoding('utf8')) text += chunk;
          resolve({ status: response.statusCode ?? 0, headers: response.headers, text });
        },
      );
      // A body that is refused before it was read breaks the connection while it is sent.
      sent.on('error', reject);
      sent.end(body);
    });
  }

  /** A client of an event stream that reads only when it is told to. */
  async openStream(path: string, headers: Readonly<Record<string, string>> = {}): Promise<StreamClient> {
    return this.#connect(`GET ${path}`, headers, '');
  }

  /** A client that has sent a body of JSON, and waits for the answer. */
  async openPost(path: string, body: string): Promise<StreamClient> {
    const headers = { 'content-type': 'application/json', 'content-length': String(body.length) };
    return this.#connect(`POST ${path}`, headers, body);
  }

  async #connect(
    start: string,
    headers: Readonly<Record<string, string>>,
    body: string,
  ): Promise<StreamClient> {
    const socket = connect(this.port, '127.0.0.1');
    await once(socket, 'connect');
    const all = { host: `127.0.0.1:${this.port}`, authorization: `Bearer ${TOKEN}`, ...headers };
    const lines = Object.entries(all).map(([name, value]) => `${name}: ${value}\r\n`);
    socket.write(`${start} HTTP/1.1\r\n${lines.join('')}\r\n${body}`);
    return new StreamClient(socket);
  }
}

export class StreamClient {
  readonly #socket: Socket;
  readonly closed: Promise<void>;
  text = '';
  #onText: () => void = () => undefined;

  constructor(socket: Socket) {
    this.#socket = socket;
    this.closed = new Promise((resolve) => socket.once('close', () => resolve()));
    socket.on('error', () => undefined);
    socket.setEncoding('utf8').on('data', (text: string) => {
      this.text += text;
      this.#onText();
    });
    onTestFinished(() => {
      socket.destroy();
    });
  }

  pause(): void {
    this.#socket.pause();
  }

  resume(): void {
    this.#socket.resume();
  }

  destroy(): void {
    this.#socket.destroy();
  }

  /** Resolves when this text has come. */
  async until(wanted: string): Promise<void> {
    while (!this.text.includes(wanted)) {
      await new Promise<void>((resolve) => {
        this.#onText = resolve;
      });
    }
  }
}
