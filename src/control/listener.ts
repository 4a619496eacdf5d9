import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { err, ok, type Result } from '../core/result.js';
import { refuseOn } from './refusal.js';

/** Takes requests. */
export type Handler = (request: IncomingMessage, response: ServerResponse) => Promise<void>;

/** A client of ours sends a request in one piece; these are for the others (ms). */
const HEADERS_TIMEOUT_MS = 10_000;
const REQUEST_TIMEOUT_MS = 30_000;
const KEEP_ALIVE_MS = 5_000;
const HEADER_BYTES = 16 * 1024;
/** Event streams included. */
const MOST_CONNECTIONS = 128;
/** For last answers when it closes (ms). */
const CLOSE_GRACE_MS = 500;

/**
 * Listens for the control API. The code that answers is loaded when the first request comes: most sessions never see one, and a session
 * starts no slower for it.
 */
export class ControlListener {
  readonly host: string;
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();
  #load: (() => Promise<Handler>) | null = null;
  #handler: Promise<Handler> | null = null;
  #isClosed = false;

  private constructor(host: string, server: Server) {
    this.host = host;
    this.#server = server;
    server.on('connection', (socket) => {
      this.#sockets.add(socket);
      socket.on('close', () => this.#sockets.delete(socket));
    });
    server.on('request', (request, response) => void this.#answer(request, response));
  }

  /** Port 0: any free one. The error is in words. */
  static open(host: string, port: number): Promise<Result<ControlListener, string>> {
    const server = createServer({
      maxHeaderSize: HEADER_BYTES,
      headersTimeout: HEADERS_TIMEOUT_MS,
      requestTimeout: REQUEST_TIMEOUT_MS,
      keepAliveTimeout: KEEP_ALIVE_MS,
    });
    server.maxConnections = MOST_CONNECTIONS;
    return new Promise((resolve) => {
      server.once('error', (error) => resolve(err(error.message)));
      server.listen(port, host, () => {
        // Later ones belong to a connection, which it ends.
        server.on('error', () => undefined);
        resolve(ok(new ControlListener(host, server)));
      });
    });
  }

  get port(): number {
    const address = this.#server.address();
    return typeof address === 'object' && address !== null ? address.port : 0;
  }

  /** Without a path. What listens everywhere is reached by loopback. */
  get url(): string {
    const reached = { '0.0.0.0': '127.0.0.1', '::': '::1' }[this.host] ?? this.host;
    return `http://${reached.includes(':') ? `[${reached}]` : reached}:${this.port}`;
  }

  /** From now on requests are answered; `load` is called at the first. */
  serve(load: () => Promise<Handler>): void {
    this.#load = load;
  }

  /** What is being answered gets half a second. */
  async close(): Promise<void> {
    if (this.#isClosed) return;
    this.#isClosed = true;
    const closed = new Promise<void>((resolve) => this.#server.close(() => resolve()));
    this.#server.closeIdleConnections();
    const cut = setTimeout(() => {
      for (const socket of this.#sockets) socket.destroy();
    }, CLOSE_GRACE_MS);
    await closed;
    clearTimeout(cut);
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    // Kept open, a connection would hold up the end.
    if (this.#isClosed) response.setHeader('connection', 'close');
    if (this.#load === null) {
      refuseOn(response, { code: 'session-starting', message: 'the session is starting' });
      return;
    }
    this.#handler ??= this.#load();
    const handle = await this.#handler;
    await handle(request, response);
  }
}
