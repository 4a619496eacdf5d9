import { createServer, type Server as NetServer, type Socket } from 'node:net';
import { Server, type ServerCredentials } from '@grpc/grpc-js';
import { pause } from './faults.js';

const HOST = '127.0.0.1';

/**
 * Below the ports that systems give to outgoing connections (from 32768 on Linux): none of those can take the port of a
 * stand-in that is down for a moment, and nobody who dials it again and again can reach itself.
 */
const FIRST_PORT = 20_000;
const LAST_PORT = 32_000;

const ATTEMPTS = 100;

/** How long a port of one's own can stay taken after the process that had it was killed. */
const PATIENCE_MS = 5_000;

/** A gRPC server whose connections are in our hands: they can be cut, and accepted without being served. */
export class ServingPort {
  readonly server = new Server();
  readonly #sockets = new Set<Socket>();
  readonly #held = new Set<Socket>();
  readonly #serve: (socket: Socket) => void;
  #listening: NetServer | null = null;
  #isHolding = false;
  #port = 0;

  /** Services are added to `server`. */
  constructor(credentials: ServerCredentials) {
    const injector = this.server.createConnectionInjector(credentials);
    this.#serve = (socket) => injector.injectConnection(socket);
  }

  get port(): number {
    return this.#port;
  }

  /** Open connections. */
  get connections(): number {
    return this.#sockets.size;
  }

  /** Listens on this port (waits a little where it is still taken); 0: the one it had, else any free one. */
  async listen(port = 0): Promise<number> {
    if (this.#listening !== null) return this.#port;
    const wanted = port === 0 ? this.#port : port;
    this.#listening = wanted === 0 ? await listenAnywhere() : await listenOn(wanted);
    this.#listening.on('connection', (socket) => this.#take(socket));
    const address = this.#listening.address();
    if (address === null || typeof address === 'string') throw new Error('not listening');
    this.#port = address.port;
    return this.#port;
  }

  /** Takes no new connections; those that are open stay. */
  stopListening(): void {
    this.#listening?.close();
    this.#listening = null;
  }

  /** Accepts new connections from now on, and answers nothing on them. */
  holdConnections(): void {
    this.#isHolding = true;
  }

  /** Serves the held connections, and all later ones. */
  releaseConnections(): void {
    this.#isHolding = false;
    for (const socket of this.#held) this.#serve(socket);
    this.#held.clear();
  }

  /** Cuts every connection, without a word. */
  drop(): void {
    for (const socket of this.#sockets) socket.destroy();
  }

  close(): void {
    this.stopListening();
    this.drop();
    this.server.forceShutdown();
  }

  #take(socket: Socket): void {
    this.#sockets.add(socket);
    socket.setNoDelay(true);
    // A caller may go at any moment; whoever serves the connection hears of it as well.
    socket.on('error', () => undefined);
    socket.on('close', () => {
      this.#sockets.delete(socket);
      this.#held.delete(socket);
    });
    if (this.#isHolding) this.#held.add(socket);
    else this.#serve(socket);
  }
}

async function listenAnywhere(): Promise<NetServer> {
  for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
    const port = FIRST_PORT + Math.floor(Math.random() * (LAST_PORT - FIRST_PORT));
    const server = await tryListen(port);
    if (server !== null) return server;
  }
  throw new Error(`no free port among ${ATTEMPTS} tried`);
}

async function listenOn(port: number): Promise<NetServer> {
  const deadline = Date.now() + PATIENCE_MS;
  while (Date.now() < deadline) {
    const server = await tryListen(port);
    if (server !== null) return server;
    await pause(10, new AbortController().signal);
  }
  throw new Error(`port ${port} is in use`);
}

/** Null where the port is taken. */
function tryListen(port: number): Promise<NetServer | null> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', (error: NodeJS.ErrnoException) => {
      if (error.code === 'EADDRINUSE') resolve(null);
      else reject(error);
    });
    server.listen(port, HOST, () => resolve(server));
  });
}
