import { connect, type Socket } from 'node:net';
import type { CancelTimer, Clock } from '../core/clock.js';
import { Conversation } from './conversation.js';
import { refuseConnection } from './refusal.js';

/** What a client may send ahead of a connection to a generation before it is told to wait, in bytes. */
const AHEAD_BYTES = 64 * 1024;
/** A client that does not close its side after we closed ours is cut after this time, in ms. */
const LINGER_MS = 1000;
/** A server can listen on one family alone. */
const LOOPBACKS = ['127.0.0.1', '::1'] as const;

const NOTHING = Buffer.alloc(0);

export interface ConnectionHandlers {
  /** The connection is with its generation. */
  onJoined(connection: Connection): void;
  /** The generation refused it before a byte had passed. */
  onRefused(connection: Connection): void;
  /** It has something for another generation than the one that it has left. */
  onMoves(connection: Connection): void;
  /** It is between two requests and with no generation: the next request will be for whichever serves then. */
  onParked(connection: Connection): void;
  onClosed(connection: Connection): void;
}

/** Where a connection goes to. */
export interface Destination {
  readonly generation: number;
  readonly port: number;
}

/** One client's connection, and the one to a generation that belongs to it. */
export class Connection {
  /** Order of arrival. */
  readonly sequence: number;
  /** Until when it may wait, in clock ms; null: it never had to. Kept by the proxy. */
  waitUntil: number | null = null;
  readonly #client: Socket;
  readonly #clock: Clock;
  readonly #handlers: ConnectionHandlers;
  #conversation = new Conversation();
  #state: 'waiting' | 'dialling' | 'joined' | 'parked' | 'closing' | 'closed' = 'waiting';
  #destination: Destination | null = null;
  #server: Socket | null = null;
  /** Bytes of the client that no generation has got. */
  #ahead: Buffer[] = [];
  #aheadBytes = 0;
  #clientEnded = false;
  #serverEnded = false;
  /** A byte has passed between client and generation. */
  #hasPassed = false;
  #isLeaving = false;
  #processIsGone = false;
  #cancelLinger: CancelTimer | null = null;

  constructor(client: Socket, sequence: number, clock: Clock, handlers: ConnectionHandlers) {
    this.#client = client;
    this.sequence = sequence;
    this.#clock = clock;
    this.#handlers = handlers;
    client.setNoDelay(true);
    client.on('data', (chunk: Buffer) => this.#onClientData(chunk));
    client.on('drain', () => this.#server?.resume());
    client.once('end', () => this.#onClientEnd());
    // 'close' follows.
    client.on('error', () => undefined);
    client.once('close', () => this.#onClientClose());
  }

  /** Null: it waits, is parked, or is on its way out. */
  get generation(): number | null {
    return this.#state === 'dialling' || this.#state === 'joined'
      ? (this.#destination?.generation ?? null)
      : null;
  }

  /** It is with a generation, and nobody can tell when it is idle. */
  get isOpaque(): boolean {
    return this.#state === 'joined' && this.#conversation.isOpaque;
  }

  /** Its client is between two requests, and nobody is behind it. */
  get isParked(): boolean {
    return this.#state === 'parked';
  }

  /** Joins the client with a generation. */
  dial(destination: Destination): void {
    this.#state = 'dialling';
    this.#destination = destination;
    this.#isLeaving = false;
    this.#processIsGone = false;
    this.#dial(destination, LOOPBACKS[0]);
  }

  /** Its generation is to be left as soon as nothing is lost by it. */
  leave(): void {
    // The generation itself is ending it.
    if (this.#serverEnded) return;
    if (this.#state === 'dialling' || (this.#state === 'joined' && !this.#hasPassed)) {
      this.#move();
      return;
    }
    if (this.#state !== 'joined' || this.#isLeaving) return;
    this.#isLeaving = true;
    if (this.#conversation.isIdle) this.#parkIfStillIdle();
  }

  /** Its generation has the calls again. */
  stay(): void {
    if (!this.#isLeaving) return;
    this.#isLeaving = false;
    if (this.#state === 'joined') this.#sendAhead();
  }

  /** Nobody will serve it. */
  refuse(message: string): void {
    this.#state = 'closing';
    const begun = this.#takeAhead();
    this.#client.removeAllListeners('data');
    refuseConnection(this.#client, begun, message, this.#clock);
  }

  /** Ends both sides at once. A message that this interrupts ends in a reset, so that nobody takes it for complete. */
  cut(): void {
    const interrupts = this.#state === 'joined' && !this.#conversation.isOpaque && !this.#conversation.isIdle;
    this.#state = 'closing';
    if (interrupts) this.#client.resetAndDestroy();
    else this.#client.destroy();
  }

  /** The process behind it is gone: nobody reads what the client still sends. */
  processGone(): void {
    this.#processIsGone = true;
    if (this.#serverEnded) this.#finishClient();
  }

  #dial(destination: Destination, host: (typeof LOOPBACKS)[number]): void {
    const server = connect({ host, port: destination.port, allowHalfOpen: true, noDelay: true });
    this.#server = server;
    const isCurrent = (): boolean => this.#server === server;
    server.once('connect', () => {
      if (isCurrent()) this.#onJoined();
    });
    server.on('data', (chunk: Buffer) => {
      if (isCurrent()) this.#onServerData(chunk);
    });
    server.on('drain', () => {
      if (isCurrent()) this.#client.resume();
    });
    server.once('end', () => {
      if (isCurrent()) this.#onServerEnd();
    });
    server.on('error', (error: NodeJS.ErrnoException) => {
      if (!isCurrent()) return;
      if (this.#state === 'joined') this.#onServerError();
      else if (host === LOOPBACKS[0] && error.code === 'ECONNREFUSED') this.#dial(destination, LOOPBACKS[1]);
      else this.#onRefused();
    });
    server.once('close', () => {
      if (isCurrent() && this.#serverEnded) this.#finishClient();
    });
  }

  #onJoined(): void {
    this.#state = 'joined';
    this.#hasPassed = false;
    this.#serverEnded = false;
    this.#conversation = new Conversation();
    this.#sendAhead();
    this.#handlers.onJoined(this);
  }

  #onRefused(): void {
    this.#detach();
    this.#state = 'waiting';
    this.#handlers.onRefused(this);
  }

  #onClientData(chunk: Buffer): void {
    switch (this.#state) {
      case 'joined':
        if (this.#aheadBytes === 0) this.#forward(chunk);
        else this.#keepAhead(chunk);
        return;
      case 'waiting':
      case 'dialling':
        this.#keepAhead(chunk);
        return;
      case 'parked':
        this.#keepAhead(chunk);
        this.#state = 'waiting';
        this.#handlers.onMoves(this);
        return;
      case 'closing':
      case 'closed':
        return;
    }
  }

  /** Passes bytes on; with a generation that is to be left, only those of requests that have begun. */
  #forward(chunk: Buffer): void {
    let end = 0;
    while (end < chunk.length) {
      if (this.#isLeaving && this.#conversation.isBetweenRequests) break;
      end = this.#conversation.readRequest(chunk, end);
    }
    const server = this.#server;
    if (end > 0 && server !== null) {
      this.#hasPassed = true;
      if (!server.write(chunk.subarray(0, end))) this.#client.pause();
    }
    if (end < chunk.length) this.#keepAhead(chunk.subarray(end));
    this.#afterPassing();
  }

  #onServerData(chunk: Buffer): void {
    if (this.#state !== 'joined') return;
    this.#hasPassed = true;
    const wasOpaque = this.#conversation.isOpaque;
    this.#conversation.readResponses(chunk);
    if (!this.#client.write(chunk)) this.#server?.pause();
    if (!wasOpaque && this.#conversation.isOpaque) this.#sendAhead();
    this.#afterPassing();
  }

  #afterPassing(): void {
    if (!this.#isLeaving || !this.#conversation.isIdle || this.#serverEnded) return;
    if (this.#aheadBytes > 0) this.#move();
    else this.#parkIfStillIdle();
  }

  /**
   * The client keeps its connection, and its next request goes to whoever serves then: were it closed, a request that is on its way at
   * that moment would be lost. What the client has sent may be here already and not read yet: a whole turn of the event loop shows it.
   */
  #parkIfStillIdle(): void {
    const park = (): void => {
      if (this.#state !== 'joined' || !this.#isLeaving || !this.#conversation.isIdle) return;
      if (this.#aheadBytes > 0) this.#move();
      else this.#park();
    };
    setImmediate(() => setImmediate(park));
  }

  #park(): void {
    this.#detach();
    this.#state = 'parked';
    this.waitUntil = null;
    this.#hasPassed = false;
    if (this.#clientEnded) this.#client.destroySoon();
    this.#handlers.onParked(this);
  }

  /** Leaves the generation without a word to the client, whose next byte is for another one. */
  #move(): void {
    this.#detach();
    this.#state = 'waiting';
    // It was served: what it waits for from now on is something new.
    if (this.#hasPassed) this.waitUntil = null;
    this.#hasPassed = false;
    this.#handlers.onMoves(this);
  }

  #onClientEnd(): void {
    this.#clientEnded = true;
    if (this.#state === 'joined' && this.#aheadBytes === 0) this.#server?.end();
    // It closed before it was served, and never said anything.
    if (this.#state === 'waiting' && this.#aheadBytes === 0) this.#client.destroy();
    if (this.#state === 'closing' || this.#state === 'parked') this.#client.destroySoon();
  }

  #onServerEnd(): void {
    this.#serverEnded = true;
    if (this.#processIsGone) this.#finishClient();
    else this.#client.end();
  }

  /** What came before the error goes out first; then the client sees that it was no end in order. */
  #onServerError(): void {
    this.#detach();
    this.#state = 'closing';
    if (this.#client.writable) this.#client.write(NOTHING, () => this.#client.resetAndDestroy());
    else this.#client.destroySoon();
  }

  #onClientClose(): void {
    const server = this.#server;
    const inOrder = this.#clientEnded && this.#client.writableFinished;
    this.#state = 'closed';
    this.#server = null;
    this.#cancelLinger?.();
    // A client that went away in the middle is told to the server at once, as if there were nobody in between.
    if (inOrder) server?.destroySoon();
    else server?.resetAndDestroy();
    this.#handlers.onClosed(this);
  }

  /** Ends our side after what is still to be sent, however slow the client reads it, and then the whole. */
  #finishClient(): void {
    this.#client.resume();
    this.#client.end(() => {
      if (this.#state !== 'closed')
        this.#cancelLinger = this.#clock.after(LINGER_MS, () => this.#client.destroy());
    });
    if (this.#clientEnded) this.#client.destroySoon();
  }

  #detach(): void {
    const server = this.#server;
    this.#server = null;
    server?.destroy();
  }

  #keepAhead(bytes: Buffer): void {
    this.#ahead.push(bytes);
    this.#aheadBytes += bytes.length;
    if (this.#aheadBytes >= AHEAD_BYTES) this.#client.pause();
  }

  #takeAhead(): Buffer {
    const bytes = Buffer.concat(this.#ahead);
    this.#ahead = [];
    this.#aheadBytes = 0;
    return bytes;
  }

  #sendAhead(): void {
    const bytes = this.#takeAhead();
    this.#client.resume();
    if (bytes.length > 0) this.#forward(bytes);
    if (this.#clientEnded && this.#aheadBytes === 0) this.#server?.end();
  }
}
