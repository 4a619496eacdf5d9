import { type handleBidiStreamingCall, type ServerDuplexStream, status } from '@grpc/grpc-js';
import type { Faults } from './faults.js';
import type { Hello, TunnelMessage } from './gen/tunnel.js';
import type { Recorder } from './journal.js';
import { Refusal } from './refusal.js';

type Stream = ServerDuplexStream<TunnelMessage, TunnelMessage>;

/** The name by which an edge serves its tunnel. */
export type TunnelName = 'tunnel.v1' | 'server.v1';

/** What arrives in tunnels; frames that answer calls are counted only. `by`: the service name that was used. */
export type TunnelReceived =
  | { readonly rpc: 'hello'; readonly by: TunnelName; readonly hello: Hello }
  | { readonly rpc: 'tunnel-heartbeat'; readonly agentId: string }
  /** A stream's end; `wasActive`: calls went through it, not through a later one of the same agent. */
  | { readonly rpc: 'tunnel-end'; readonly agentId: string; readonly wasActive: boolean };

export interface TunnelHandlers {
  /** Null: welcome. */
  welcome(hello: Hello): Refusal | null;
  /** A frame that answers a call, or a job's event. */
  onFrame(agentId: string, frame: TunnelMessage): void;
}

/** Empty bodies; ts-proto wants every field. */
export const NO_BODIES = {
  hello: undefined,
  result: undefined,
  startR: undefined,
  jobEvt: undefined,
  listReq: undefined,
  listRes: undefined,
  jobResReq: undefined,
  jobResRes: undefined,
  invoke: undefined,
  start: undefined,
  cancel: undefined,
};

/** Streams that agents opened, one for each. */
export class Tunnels {
  readonly #streams = new Map<string, Stream>();
  readonly #faults: Faults;
  readonly #journal: Recorder<TunnelReceived>;
  readonly #handlers: TunnelHandlers;

  constructor(faults: Faults, journal: Recorder<TunnelReceived>, handlers: TunnelHandlers) {
    this.#faults = faults;
    this.#journal = journal;
    this.#handlers = handlers;
  }

  /** Ids of the agents that can be called. */
  get agentIds(): readonly string[] {
    return [...this.#streams.keys()];
  }

  /** False: the agent has no tunnel. */
  send(agentId: string, frame: TunnelMessage): boolean {
    const stream = this.#streams.get(agentId);
    stream?.write(frame);
    return stream !== undefined;
  }

  /** Ends every stream; the connections stay. */
  drop(): void {
    for (const stream of this.#streams.values()) {
      stream.emit('error', { code: status.UNAVAILABLE, details: 'the tunnel is closed' });
    }
  }

  open(by: TunnelName): handleBidiStreamingCall<TunnelMessage, TunnelMessage> {
    return (stream) => {
      const gone = new AbortController();
      let agentId: string | null = null;
      // One after the other: frames that come while the hello is looked at wait for it.
      let handled = Promise.resolve();
      const end = () => {
        if (gone.signal.aborted) return;
        gone.abort();
        if (agentId !== null) this.#end(agentId, stream);
        stream.end();
      };
      stream.on('data', (frame: TunnelMessage) => {
        handled = handled.then(async () => {
          if (gone.signal.aborted) return;
          if (agentId !== null) this.#take(agentId, frame);
          else agentId = await this.#greet(by, stream, frame, gone.signal);
        });
      });
      // After its last frame.
      stream.on('end', () => {
        handled = handled.then(end);
      });
      for (const event of ['cancelled', 'error', 'close']) stream.on(event, end);
    };
  }

  /** The first frame; resolves with the agent's id, or null for one that is not welcome. */
  async #greet(
    by: TunnelName,
    stream: Stream,
    frame: TunnelMessage,
    signal: AbortSignal,
  ): Promise<string | null> {
    const { hello } = frame;
    if (hello === undefined || frame.type !== 'hello') {
      return refuse(stream, new Refusal(status.INVALID_ARGUMENT, `expected hello, got ${frame.type}`));
    }
    this.#journal.record({ rpc: 'hello', by, hello });
    const refusal = await this.#faults.pass('tunnel', { signal, deadlineAt: Number.POSITIVE_INFINITY });
    if (signal.aborted) return null;
    const unwelcome = refusal ?? this.#handlers.welcome(hello);
    if (unwelcome !== null) return refuse(stream, unwelcome);
    this.#streams.set(hello.agentId, stream);
    return hello.agentId;
  }

  #take(agentId: string, frame: TunnelMessage): void {
    if (frame.type === 'heartbeat') {
      this.#journal.record({ rpc: 'tunnel-heartbeat', agentId });
      return;
    }
    this.#journal.count(frame.type);
    this.#handlers.onFrame(agentId, frame);
  }

  /** As in the field: whichever stream of an agent ends, the agent is not reached any more. */
  #end(agentId: string, stream: Stream): void {
    const wasActive = this.#streams.get(agentId) === stream;
    this.#journal.record({ rpc: 'tunnel-end', agentId, wasActive });
    this.#streams.delete(agentId);
  }
}

function refuse(stream: Stream, refusal: Refusal): null {
  stream.emit('error', { code: refusal.code, details: refusal.message });
  return null;
}
