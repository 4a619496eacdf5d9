import { connect, createServer, type Server, type Socket } from 'node:net';

/** Passes TCP on to another port, and can be cut at will. Its own port stays the same over close() and open(). */
export class Relay {
  readonly connections = new Set<Socket>();
  port = 0;
  #server: Server | null = null;

  async open(target: number): Promise<void> {
    const server = createServer((socket) => {
      const onward = connect(target, '127.0.0.1');
      this.connections.add(socket);
      const end = (): void => {
        this.connections.delete(socket);
        socket.destroy();
        onward.destroy();
      };
      for (const one of [socket, onward]) one.on('error', end).on('close', end);
      socket.pipe(onward);
      onward.pipe(socket);
    });
    this.#server = server;
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject);
      server.listen(this.port, '127.0.0.1', resolve);
    });
    const address = server.address();
    if (address === null || typeof address === 'string') throw new Error('no TCP address');
    this.port = address.port;
  }

  drop(): void {
    for (const socket of [...this.connections]) socket.destroy();
  }

  async close(): Promise<void> {
    const server = this.#server;
    this.#server = null;
    if (server === null) return;
    const closed = new Promise<void>((resolve) => server.close(() => resolve()));
    this.drop();
    await closed;
  }
}
