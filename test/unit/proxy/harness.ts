import { once } from 'node:events';
import { createServer as createHttpServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { connect, createServer, type Server, type Socket } from 'node:net';
import { afterEach } from 'vitest';
import { type Clock, systemClock } from '../../../src/core/clock.js';
import { openProxy } from '../../../src/proxy/proxy.js';
import { type StablePort, WAIT_LIMITS, type WaitLimits } from '../../../src/proxy/types.js';

const cleanups: (() => unknown)[] = [];

/** Runs after the test, last registered first. */
export function cleanUp(cleanup: () => unknown): void {
  cleanups.push(cleanup);
}

afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

/** Polls until the condition holds; fails after 10 s with what was waited for. */
export async function until(what: string, condition: () => boolean): Promise<void> {
  const deadline = Date.now() + 10_000;
  while (!condition()) {
    if (Date.now() > deadline) throw new Error(`still not so after 10 s: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 2));
  }
}

/** Waits until a figure has not changed for a while: whatever could still happen by itself has happened. */
export async function untilStill(figure: () => number): Promise<void> {
  let last = figure();
  for (let same = 0; same < 10; ) {
    await new Promise((resolve) => setTimeout(resolve, 20));
    const now = figure();
    same = now === last ? same + 1 : 0;
    last = now;
  }
}

export async function startProxy(
  options: { readonly limits?: Partial<WaitLimits>; readonly clock?: Clock } = {},
): Promise<StablePort> {
  const opened = await openProxy({
    name: 'game',
    host: '127.0.0.1',
    port: 0,
    clock: options.clock ?? systemClock,
    limits: { ...WAIT_LIMITS, ...options.limits },
  });
  if (!opened.ok) throw new Error(JSON.stringify(opened.error));
  cleanUp(() => opened.value.close());
  return opened.value;
}

/** A process with one port, as far as the proxy sees it. */
export interface Backend {
  readonly port: number;
  /** Connections that it has now. */
  readonly sockets: ReadonlySet<Socket>;
  /** Connections that it ever had. */
  readonly accepted: number;
  /** Ends it as a crash does: every connection is reset, and the port closed. */
  crash(): Promise<void>;
}

type Handler = (request: IncomingMessage, response: ServerResponse) => void;

/** An answer that the test gives when it likes. */
export class SlowAnswer {
  #response: ServerResponse | null = null;

  readonly handle: Handler = (_request, response) => {
    this.#response = response;
  };

  /** Waits until the request has come. */
  reached(): Promise<void> {
    return until('the request has come', () => this.#response !== null);
  }

  finish(text: string): void {
    this.#response?.end(text);
  }
}

/** An HTTP server that answers with its name, and what the test adds. */
export async function startHttp(
  name: string,
  routes: Readonly<Record<string, Handler>> = {},
): Promise<Backend> {
  const server = createHttpServer({ keepAliveTimeout: 60_000 }, (request, response) => {
    const handle = routes[request.url ?? ''];
    if (handle !== undefined) {
      handle(request, response);
      return;
    }
    request.resume();
    request.on('end', () => response.end(name));
  });
  // Says its name, then sends back what it gets.
  server.on('upgrade', (_request, socket: Socket) => {
    socket.write(`HTTP/1.1 101 Switching Protocols\r\nupgrade: echo\r\nconnection: upgrade\r\n\r\n${name}\n`);
    socket.pipe(socket);
    socket.on('error', () => undefined);
  });
  return serve(server);
}

/** A TCP server of any other protocol. */
export function startTcp(onConnection: (socket: Socket) => void): Promise<Backend> {
  return serve(createServer({ allowHalfOpen: true }, onConnection));
}

async function serve(server: Server): Promise<Backend> {
  const sockets = new Set<Socket>();
  let accepted = 0;
  server.on('connection', (socket: Socket) => {
    accepted += 1;
    sockets.add(socket);
    socket.on('error', () => undefined);
    socket.on('close', () => sockets.delete(socket));
  });
  server.listen({ host: '127.0.0.1', port: 0, backlog: 4096 });
  await once(server, 'listening');
  const crash = async (): Promise<void> => {
    for (const socket of sockets) socket.resetAndDestroy();
    if (!server.listening) return;
    server.close();
    await once(server, 'close');
  };
  cleanUp(crash);
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('listens on no port');
  const { port } = address;
  return {
    port,
    sockets,
    get accepted() {
      return accepted;
    },
    crash,
  };
}

/** One connection of a client, and everything that came on it. */
export class Client {
  readonly socket: Socket;
  #received = '';
  /** The other side has ended it in order. */
  isEnded = false;
  /** The error that it broke with. */
  error: string | null = null;

  constructor(port: number) {
    this.socket = connect({ host: '127.0.0.1', port, allowHalfOpen: true });
    this.socket.setEncoding('latin1');
    this.socket.on('data', (text: string) => {
      this.#received += text;
    });
    this.socket.on('end', () => {
      this.isEnded = true;
    });
    this.socket.on('error', (error: NodeJS.ErrnoException) => {
      this.error = error.code ?? error.message;
    });
    cleanUp(() => this.socket.destroy());
  }

  get received(): string {
    return this.#received;
  }

  get isOver(): boolean {
    return this.isEnded || this.error !== null || this.socket.destroyed;
  }

  send(text: string): void {
    this.socket.write(text, 'latin1');
  }

  /** Sends a request and waits for a whole response with a length; its body. */
  async request(text = 'GET / HTTP/1.1\r\nhost: x\r\n\r\n'): Promise<string> {
    this.send(text);
    return this.body();
  }

  /** The body of the next response; it is taken out of what was received. */
  async body(): Promise<string> {
    let body: string | null = null;
    await until(`a response, after ${JSON.stringify(this.#received.slice(0, 200))}`, () => {
      const [, head, length] = /^(.*?content-length: (\d+).*?\r\n\r\n)/is.exec(this.#received) ?? [];
      if (head === undefined || this.#received.length < head.length + Number(length)) {
        if (this.isOver) throw new Error(`it ended (${this.error}) after ${JSON.stringify(this.#received)}`);
        return false;
      }
      body = this.#received.slice(head.length, head.length + Number(length));
      this.#received = this.#received.slice(head.length + Number(length));
      return true;
    });
    return body ?? '';
  }

  /** Waits until this text has come. */
  async sees(text: string): Promise<void> {
    await until(`${JSON.stringify(text)} comes`, () => this.#received.includes(text));
  }
}

export function open(proxy: StablePort): Client {
  return new Client(proxy.port);
}
