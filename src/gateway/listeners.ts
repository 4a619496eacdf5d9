import { err, ok, type Result } from '../core/result.js';
import type { DialTarget } from '../protocol/address.js';
import {
  openRawServer,
  type RawMethod,
  type RawServer,
  type RawStreamCall,
  type RawUnaryCall,
} from '../protocol/raw-server.js';
import type { TlsMaterial } from '../protocol/tls.js';
import type { Dispatcher } from './dispatcher.js';
import { functionMethods } from './function-services.js';
import type { JobCalls } from './job-calls.js';
import { localControlMethods } from './local-control.js';
import { reaches } from './own-address.js';
import type { Registrar } from './registrar.js';
import { describeMethod } from './session-service.js';
import type { GatewayOptions, GenerationRef, OpenFailure } from './types.js';

const LOOPBACK = '127.0.0.1';

/** What the listeners serve. */
export interface ListenerOptions {
  readonly dispatcher: Dispatcher;
  readonly registrar: Registrar;
  /** Jobs as callers of shared ports see them. */
  readonly jobs: JobCalls;
  /** Jobs as generations see them. */
  readonly jobsOfGenerations: JobCalls;
  readonly describe: GatewayOptions['describe'];
  /** What the shared addresses serve TLS with; null: plain text. */
  readonly tls: TlsMaterial | null;
  /** The same for the listeners of generations. */
  readonly tlsOfGenerations: TlsMaterial | null;
}

/** Every address that the gateway listens on: the shared ones, and one for each generation. */
export class Listeners {
  readonly #options: ListenerOptions;
  readonly #open = new Set<RawServer>();
  readonly #shared = new Set<RawServer>();
  #isClosed = false;

  constructor(options: ListenerOptions) {
    this.#options = options;
  }

  /** For everybody. Port 0: any free one. */
  async openShared(host: string, port: number): Promise<Result<RawServer, OpenFailure>> {
    const { dispatcher, registrar, jobs, describe, tls } = this.#options;
    let boundPort = port;
    const methods = [
      ...functionMethods(dispatcher, jobs, null),
      ...localControlMethods(
        registrar.shared(() => boundPort),
        jobs,
      ),
      describeMethod(describe),
    ];
    const opened = await this.#listen({ host, port, methods, tls });
    if (!opened.ok) return opened;
    boundPort = opened.value.port;
    this.#shared.add(opened.value);
    return opened;
  }

  /** For one generation, on loopback; `onCall` gets word of every call. */
  openFor(generation: GenerationRef, onCall: () => void): Promise<Result<RawServer, OpenFailure>> {
    const { dispatcher, registrar, jobsOfGenerations, tlsOfGenerations } = this.#options;
    const methods = [
      ...functionMethods(dispatcher, jobsOfGenerations, generation),
      ...localControlMethods(registrar.ownedBy(generation), jobsOfGenerations),
    ];
    return this.#listen({
      host: LOOPBACK,
      port: 0,
      methods: methods.map((method) => noticed(method, onCall)),
      tls: tlsOfGenerations,
    });
  }

  /** Calls under way may end by themselves for `graceMs` (real time). */
  async close(listener: RawServer, graceMs: number): Promise<void> {
    await listener.close(graceMs);
    this.#open.delete(listener);
    this.#shared.delete(listener);
  }

  async closeAll(graceMs: number): Promise<void> {
    this.#isClosed = true;
    await Promise.all([...this.#open].map((listener) => this.close(listener, graceMs)));
  }

  /** Everybody is served at this very address. */
  isShared(address: DialTarget): boolean {
    return [...this.#shared].some(({ host, port }) => host === address.host && port === address.port);
  }

  /** Whoever dials the target calls this gateway. */
  isOwn(target: DialTarget): boolean {
    return [...this.#open].some((listener) => reaches(target, listener));
  }

  async #listen(options: Parameters<typeof openRawServer>[0]): Promise<Result<RawServer, OpenFailure>> {
    const opened = await openRawServer(options);
    if (!opened.ok) return opened;
    if (this.#isClosed) {
      await opened.value.close(0);
      return err({ reason: 'cannot-listen', message: 'the gateway is closed' });
    }
    this.#open.add(opened.value);
    return ok(opened.value);
  }
}

/** The same method, with word of every call. */
function noticed(method: RawMethod, onCall: () => void): RawMethod {
  switch (method.kind) {
    case 'unary': {
      const handle = (call: RawUnaryCall): void => {
        onCall();
        method.handle(call);
      };
      return { ...method, handle };
    }
    case 'stream': {
      const handle = (call: RawStreamCall): void => {
        onCall();
        method.handle(call);
      };
      return { ...method, handle };
    }
  }
}
