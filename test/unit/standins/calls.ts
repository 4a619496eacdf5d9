import { type CallOptions, type ChannelCredentials, Client, credentials, status } from '@grpc/grpc-js';
import { onTestFinished } from 'vitest';
import type { Program } from '../../standins/program.js';
import { AGENT_DEFAULTS, type AgentOptions, createAgent } from '../../standins/standin-agent.js';
import { createEdge, EDGE_DEFAULTS, type EdgeOptions } from '../../standins/standin-edge.js';
import { createServer, SERVER_DEFAULTS, type ServerOptions } from '../../standins/standin-server.js';
import { FakeGameServer } from './fake-game-server.js';

/** For what is answered at once, on a slow and busy machine, ms. */
const TIMEOUT_MS = 20_000;

/** The outcome of a call: its response, or the status as `NAME: message`. */
export type Outcome<Response> = { readonly ok: Response } | { readonly failed: string };

/** The parts of a generated method that a client needs. */
interface Method<Request, Response> {
  readonly path: string;
  readonly requestSerialize: (request: Request) => Buffer;
  readonly responseDeserialize: (bytes: Buffer) => Response;
}

/** A client on one connection; closed when the test ends. */
export class Calls {
  readonly client: Client;

  constructor(
    address: string,
    channelCredentials: ChannelCredentials = credentials.createInsecure(),
    options = {},
  ) {
    this.client = new Client(address, channelCredentials, {
      'grpc.use_local_subchannel_pool': 1,
      ...options,
    });
    onTestFinished(() => this.client.close());
  }

  send<Request, Response>(
    method: Method<Request, Response>,
    request: Request,
    options: CallOptions = {},
  ): Promise<Outcome<Response>> {
    const { path, requestSerialize, responseDeserialize } = method;
    const withDeadline = { deadline: Date.now() + TIMEOUT_MS, ...options };
    return new Promise((resolve) => {
      this.client.makeUnaryRequest(
        path,
        requestSerialize,
        responseDeserialize,
        request,
        withDeadline,
        (error, response) => {
          if (error !== null) resolve({ failed: `${status[error.code]}: ${error.details}` });
          else if (response !== undefined) resolve({ ok: response });
        },
      );
    });
  }

  /** A server stream; `ended`: its status, once it has one. */
  stream<Request, Response>(
    method: Method<Request, Response>,
    request: Request,
    onMessage: (message: Response) => void,
  ): { readonly ended: Promise<string>; cancel(): void } {
    const { path, requestSerialize, responseDeserialize } = method;
    const stream = this.client.makeServerStreamRequest(path, requestSerialize, responseDeserialize, request);
    const ended = new Promise<string>((resolve) => {
      stream.on('data', onMessage);
      stream.on('error', () => undefined);
      stream.on('status', ({ code }) => resolve(status[code]));
    });
    return { ended, cancel: () => stream.cancel() };
  }
}

/** Whether it comes to an end within some turns of the event loop and a round trip; for "is still pending". */
export async function isPending(
  promise: Promise<unknown>,
  roundTrip: () => Promise<unknown>,
): Promise<boolean> {
  let isOver = false;
  const over = () => {
    isOver = true;
  };
  promise.then(over, over);
  for (let trip = 0; trip < 3; trip++) await roundTrip();
  return !isOver;
}

export async function gameServer(host?: string): Promise<FakeGameServer> {
  const server = await FakeGameServer.start(host);
  onTestFinished(() => server.stop());
  return server;
}

export const agent = (options: Partial<AgentOptions> = {}) =>
  listening(createAgent({ ...AGENT_DEFAULTS, ...options }));
export const server = (options: Partial<ServerOptions> = {}) =>
  listening(createServer({ ...SERVER_DEFAULTS, ...options }));
export const edge = (options: Partial<EdgeOptions> = {}) =>
  listening(createEdge({ ...EDGE_DEFAULTS, ...options }));

/** Closed when the test ends. */
async function listening<Control extends object>(
  program: Program<Control>,
): Promise<{ readonly control: Control; readonly address: string }> {
  const port = await program.listen();
  onTestFinished(() => program.close());
  return { control: program.control, address: `127.0.0.1:${port}` };
}

/** Looks again and again until it is true. */
export async function until(what: string, isTrue: () => boolean | Promise<boolean>): Promise<void> {
  const deadline = Date.now() + TIMEOUT_MS;
  while (!(await isTrue())) {
    if (Date.now() > deadline) throw new Error(`not within ${TIMEOUT_MS} ms: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 2));
  }
}
