import type { ClientDuplexStream } from '@grpc/grpc-js';
import { status } from '@grpc/grpc-js';
import { onTestFinished } from 'vitest';
import { TunnelServiceService as ServerV1Tunnel } from '../../standins/gen/server.js';
import { type TunnelMessage, TunnelServiceService as TunnelV1 } from '../../standins/gen/tunnel.js';
import { NO_BODIES, type TunnelName } from '../../standins/tunnels.js';
import { Calls, until } from './calls.js';

/** The agent's end of a tunnel, of which a test sends every frame itself. */
export class FakeTunnelAgent {
  readonly frames: TunnelMessage[] = [];
  /** Status of the stream; null: it is open. */
  ended: string | null = null;
  readonly #stream: ClientDuplexStream<TunnelMessage, TunnelMessage>;

  constructor(address: string, name: TunnelName = 'tunnel.v1') {
    const service = name === 'tunnel.v1' ? TunnelV1 : ServerV1Tunnel;
    const { path, requestSerialize, responseDeserialize } = service.open;
    this.#stream = new Calls(address).client.makeBidiStreamRequest(
      path,
      requestSerialize,
      responseDeserialize,
    );
    this.#stream.on('data', (frame: TunnelMessage) => this.frames.push(frame));
    this.#stream.on('error', () => undefined);
    this.#stream.on('status', ({ code, details }) => {
      this.ended = details === '' ? (status[code] ?? '') : `${status[code]}: ${details}`;
    });
    onTestFinished(() => this.#stream.cancel());
  }

  send(type: string, body: Partial<TunnelMessage> = {}): void {
    this.#stream.write({ ...NO_BODIES, type, ...body });
  }

  hello(agentId = 'agent', gameId = 'poker'): void {
    this.send('hello', { hello: { agentId, gameId, env: 'dev' } });
  }

  /** The `nth` frame of a type that came, from 0. */
  async frame(type: string, nth = 0): Promise<TunnelMessage> {
    const find = () => this.frames.filter((frame) => frame.type === type)[nth];
    await until(`a frame ${type}`, () => find() !== undefined);
    const found = find();
    if (found === undefined) throw new Error('it was there');
    return found;
  }

  /** Answers every invocation with its payload. */
  echo(): void {
    this.#stream.on('data', ({ invoke }: TunnelMessage) => {
      if (invoke === undefined) return;
      const { requestId, payload } = invoke;
      this.send('result', { result: { requestId, payload, error: '' } });
    });
  }

  end(): void {
    this.#stream.end();
  }
}
