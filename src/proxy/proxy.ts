import { createServer, type Server, type Socket } from 'node:net';
import type { CancelTimer, Clock } from '../core/clock.js';
import { err, ok, type Result } from '../core/result.js';
import { Connection, type Destination } from './connection.js';
import type {
  ListenFailure,
  ProxyCounters,
  ProxyDrain,
  ProxyOptions,
  StablePort,
  WaitLimits,
} from './types.js';

/** Connections that the system keeps until they are accepted; its own limit is most often lower. */
const BACKLOG = 4096;
/** Pauses between dials of a generation that lives and refuses connections. */
const REDIAL = { initialMs: 10, maxMs: 500 };
/** Real time that last words get to go out before every connection is cut. */
const CLOSE_GRACE_MS = 500;

type Mode =
  | { readonly kind: 'holding' }
  /** New connections go to the next of them. */
  | { readonly kind: 'routed'; readonly destinations: readonly Destination[] }
  | { readonly kind: 'failed'; readonly message: string };

/** Opens a stable port. */
export async function openProxy(options: ProxyOptions): Promise<Result<StablePort, ListenFailure>> {
  const server = createServer({ allowHalfOpen: true, noDelay: true });
  const port = await listen(server, options.host, options.port);
  if (!port.ok) return port;
  return ok(new TcpProxy(server, port.value, options));
}

function listen(server: Server, host: string, port: number): Promise<Result<number, ListenFailure>> {
  return new Promise((resolve) => {
    const onError = (error: NodeJS.ErrnoException): void => {
      if (error.code === 'EADDRINUSE') resolve(err({ reason: 'port-in-use', port }));
      else resolve(err({ reason: 'cannot-listen', message: error.message }));
    };
    server.once('error', onError);
    server.listen({ host, port, backlog: BACKLOG, exclusive: true }, () => {
      server.off('error', onError);
      const address = server.address();
      resolve(ok(typeof address === 'object' && address !== null ? address.port : port));
    });
  });
}

interface Drain {
  readonly generation: number;
  /** A connection has left its generation, whichever that was. */
  onLeft(connection: Connection): void;
  cancel(): void;
}

class TcpProxy implements StablePort {
  readonly host: string;
  readonly port: number;
  readonly #server: Server;
  readonly #name: string;
  readonly #clock: Clock;
  readonly #limits: WaitLimits;
  readonly #connections = new Set<Connection>();
  /** Those that wait, with the end of their time. */
  readonly #waiting = new Map<Connection, CancelTimer>();
  readonly #drains = new Set<Drain>();
  #mode: Mode = { kind: 'holding' };
  /** The routed generation refuses: the pause until the next dial, in ms. Null: it does not. */
  #redialMs: number | null = null;
  #cancelRedial: CancelTimer | null = null;
  #nextSequence = 0;
  #turn = 0;
  #accepted = 0;
  #held = 0;
  #refused = 0;
  #cut = 0;
  #isClosed = false;
  #onEmpty: (() => void) | null = null;

  constructor(server: Server, port: number, options: ProxyOptions) {
    this.#server = server;
    this.host = options.host;
    this.port = port;
    this.#name = options.name;
    this.#clock = options.clock;
    this.#limits = options.limits;
    server.on('connection', (client) => this.#accept(client));
    // What can fail now is a single accept, of which the client learns by itself.
    server.on('error', () => undefined);
  }

  route(generation: number, port: number): void {
    this.routeAmong([{ generation, port }]);
  }

  routeAmong(destinations: readonly Destination[]): void {
    const generations = new Set<number | null>(destinations.map(({ generation }) => generation));
    for (const drain of [...this.#drains]) if (generations.has(drain.generation)) drain.cancel();
    this.#mode = { kind: 'routed', destinations };
    this.#stopRedialling();
    for (const connection of [...this.#connections]) {
      if (generations.has(connection.generation)) connection.stay();
      else connection.leave();
    }
    this.#release();
  }

  hold(): void {
    this.#mode = { kind: 'holding' };
    this.#stopRedialling();
    for (const connection of [...this.#connections]) connection.leave();
  }

  fail(message: string): void {
    this.#mode = { kind: 'failed', message };
    this.#stopRedialling();
    for (const connection of this.#inOrder()) this.#refuse(connection, message);
  }

  drain(generation: number, timeoutMs: number): Promise<ProxyDrain> {
    const startedAt = this.#clock.now();
    if (this.#isRoutedTo(generation)) this.#routeWithout(generation);
    else for (const connection of this.#of(generation)) connection.leave();
    const left = new Set(this.#of(generation));
    return new Promise((resolve) => {
      const finish = (complete: boolean, cut: number): void => {
        cancelTimer();
        this.#drains.delete(drain);
        resolve({ complete, cut, ms: this.#clock.now() - startedAt });
      };
      const cancelTimer = this.#clock.after(timeoutMs, () => {
        const rest = [...left];
        this.#cut += rest.length;
        finish(false, rest.length);
        for (const connection of rest) connection.cut();
      });
      const drain: Drain = {
        generation,
        onLeft: (connection) => {
          if (left.delete(connection) && left.size === 0) finish(true, 0);
        },
        cancel: () => finish(false, 0),
      };
      this.#drains.add(drain);
      if (left.size === 0) finish(true, 0);
    });
  }

  connections(generation: number): number {
    return this.#of(generation).length;
  }

  gone(generation: number): void {
    if (this.#isRoutedTo(generation)) {
      const others = this.#without(generation);
      this.#mode = others.length === 0 ? { kind: 'holding' } : { kind: 'routed', destinations: others };
      this.#stopRedialling();
    }
    for (const connection of this.#of(generation)) connection.processGone();
  }

  windDown(): void {
    this.fail(this.#describeEnd());
    for (const connection of [...this.#connections]) if (connection.isOpaque) connection.cut();
  }

  counters(): ProxyCounters {
    return {
      accepted: this.#accepted,
      held: this.#held,
      refused: this.#refused,
      cut: this.#cut,
      open: this.#connections.size,
      waiting: this.#waiting.size,
    };
  }

  async close(): Promise<void> {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#server.close();
    this.#stopRedialling();
    for (const drain of [...this.#drains]) drain.cancel();
    for (const connection of this.#inOrder()) this.#refuse(connection, this.#describeEnd());
    for (const connection of [...this.#connections]) {
      if (connection.generation !== null || connection.isParked) connection.cut();
    }
    if (this.#connections.size > 0) {
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, CLOSE_GRACE_MS);
        this.#onEmpty = () => {
          clearTimeout(timer);
          resolve();
        };
      });
    }
    for (const connection of [...this.#connections]) connection.cut();
  }

  #isRoutedTo(generation: number): boolean {
    return (
      this.#mode.kind === 'routed' && this.#mode.destinations.some((one) => one.generation === generation)
    );
  }

  #without(generation: number): readonly Destination[] {
    if (this.#mode.kind !== 'routed') return [];
    return this.#mode.destinations.filter((one) => one.generation !== generation);
  }

  /** The others go on; without any, new connections wait. */
  #routeWithout(generation: number): void {
    const others = this.#without(generation);
    if (others.length === 0) this.hold();
    else this.routeAmong(others);
  }

  /** Where the next connection goes; null: it has to wait. */
  #next(): Destination | null {
    if (this.#mode.kind !== 'routed') return null;
    const { destinations } = this.#mode;
    const next = destinations[this.#turn % destinations.length];
    this.#turn = (this.#turn + 1) % destinations.length;
    return next ?? null;
  }

  #of(generation: number): readonly Connection[] {
    return [...this.#connections].filter((one) => one.generation === generation);
  }

  #inOrder(): readonly Connection[] {
    return [...this.#waiting.keys()].sort((one, other) => one.sequence - other.sequence);
  }

  #accept(client: Socket): void {
    this.#accepted += 1;
    const connection = new Connection(client, this.#nextSequence++, this.#clock, {
      onJoined: () => this.#onJoined(),
      onRefused: (one) => this.#onRefused(one),
      onMoves: (one) => this.#onMoves(one),
      onParked: (one) => this.#tellDrains(one),
      onClosed: (one) => this.#onClosed(one),
    });
    this.#connections.add(connection);
    this.#place(connection);
  }

  /** A connection that is new, or has left a generation. */
  #place(connection: Connection): void {
    switch (this.#mode.kind) {
      case 'routed':
        if (this.#redialMs === null) this.#dial(connection);
        else this.#wait(connection);
        return;
      case 'holding':
        this.#wait(connection);
        return;
      case 'failed':
        this.#refuse(connection, this.#mode.message);
        return;
    }
  }

  #dial(connection: Connection): void {
    const next = this.#next();
    if (next === null) this.#wait(connection);
    else connection.dial(next);
  }

  #wait(connection: Connection): void {
    const { connections, waitMs } = this.#limits;
    const now = this.#clock.now();
    if (connection.waitUntil === null) {
      this.#held += 1;
      if (this.#waiting.size >= connections) {
        this.#refuse(
          connection,
          `${this.#describeWait()}, and no more than ${connections} connections can wait`,
        );
        return;
      }
    }
    const until = connection.waitUntil ?? now + waitMs;
    connection.waitUntil = until;
    const cancelTimer = this.#clock.after(until - now, () =>
      this.#refuse(
        connection,
        `${this.#describeWait()}, and the connection could not wait longer than ${waitMs} ms`,
      ),
    );
    this.#waiting.set(connection, cancelTimer);
  }

  #describeEnd(): string {
    return `the session of ${this.#name} is ending`;
  }

  #describeWait(): string {
    return this.#mode.kind === 'routed'
      ? `${this.#name} does not listen on its PORT ${this.#mode.destinations.map(({ port }) => port).join(' or ')}`
      : `${this.#name} is being restarted`;
  }

  #stopWaiting(connection: Connection): void {
    this.#waiting.get(connection)?.();
    this.#waiting.delete(connection);
  }

  #refuse(connection: Connection, message: string): void {
    this.#stopWaiting(connection);
    this.#refused += 1;
    connection.refuse(message);
  }

  /** Everything that waits goes to the routed generation, oldest first. */
  #release(): void {
    if (this.#mode.kind !== 'routed') return;
    for (const connection of this.#inOrder()) {
      this.#stopWaiting(connection);
      this.#dial(connection);
    }
  }

  #onJoined(): void {
    if (this.#redialMs === null) return;
    this.#stopRedialling();
    this.#release();
  }

  #onRefused(connection: Connection): void {
    if (this.#mode.kind === 'routed' && this.#redialMs === null) this.#redial(REDIAL.initialMs);
    this.#onMoves(connection);
  }

  #onMoves(connection: Connection): void {
    this.#tellDrains(connection);
    if (this.#isClosed) connection.cut();
    else this.#place(connection);
  }

  /** One connection tries again for all that wait: when it is taken, the others follow. */
  #redial(pauseMs: number): void {
    this.#redialMs = pauseMs;
    this.#cancelRedial = this.#clock.after(pauseMs, () => {
      const [first] = this.#inOrder();
      if (first === undefined || this.#mode.kind !== 'routed') {
        this.#redialMs = null;
        return;
      }
      this.#redial(Math.min(REDIAL.maxMs, pauseMs * 2));
      this.#stopWaiting(first);
      this.#dial(first);
    });
  }

  #stopRedialling(): void {
    this.#cancelRedial?.();
    this.#redialMs = null;
  }

  #onClosed(connection: Connection): void {
    this.#stopWaiting(connection);
    this.#connections.delete(connection);
    this.#tellDrains(connection);
    if (this.#connections.size === 0) this.#onEmpty?.();
  }

  #tellDrains(connection: Connection): void {
    for (const drain of [...this.#drains]) drain.onLeft(connection);
  }
}
