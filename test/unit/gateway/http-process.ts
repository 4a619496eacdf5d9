import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import type { HttpFunction } from '../../../src/gateway/http-function.js';
import { cleanUp } from './harness.js';

export type HttpHandler = (body: string, response: ServerResponse, request: IncomingMessage) => void;

/** A function as the gateway knows it: `POST /functions/<id>` unless something else is said. */
export function httpFunction(
  id: string,
  parts: Partial<Omit<HttpFunction, 'descriptor'>> = {},
): HttpFunction {
  return {
    descriptor: {
      id,
      version: '1.0.0',
      tags: [],
      summary: '',
      description: '',
      operationId: '',
      deprecated: false,
      inputSchema: parts.input?.text ?? '',
      outputSchema: '',
      category: '',
      risk: '',
      entity: '',
      operation: '',
    },
    method: 'POST',
    path: `/functions/${id}`,
    input: null,
    ...parts,
  };
}

/** What a process with an HTTP server did. */
export interface HttpProcess {
  readonly port: number;
  readonly server: Server;
  /** Connections that it has now. */
  readonly sockets: ReadonlySet<Socket>;
  /** Connections that it ever had. */
  readonly accepted: number;
  /** Requests that a handler got, with their bodies. */
  readonly requests: readonly { readonly request: IncomingMessage; readonly body: string }[];
  /** Ends it as a crash does. */
  crash(): Promise<void>;
}

export async function startHttpProcess(handle: HttpHandler, port = 0): Promise<HttpProcess> {
  const sockets = new Set<Socket>();
  const requests: { request: IncomingMessage; body: string }[] = [];
  let accepted = 0;
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const body = Buffer.concat(chunks).toString();
      requests.push({ request, body });
      handle(body, response, request);
    });
  });
  server.on('connection', (socket) => {
    accepted += 1;
    sockets.add(socket);
    socket.on('error', () => undefined);
    socket.on('close', () => sockets.delete(socket));
  });
  server.listen(port, '127.0.0.1');
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
  return {
    port: address.port,
    server,
    sockets,
    requests,
    get accepted() {
      return accepted;
    },
    crash,
  };
}
