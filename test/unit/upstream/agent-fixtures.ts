import { createServer, type Socket } from 'node:net';
import { Server, type sendUnaryData } from '@grpc/grpc-js';
import { systemClock } from '../../../src/core/clock.js';
import type { CroupierEvent } from '../../../src/core/events.js';
import { ok } from '../../../src/core/result.js';
import type { LocalFunction } from '../../../src/protocol/gen/croupier/agent/local/v1/local.js';
import {
  type DescribeResponse,
  SessionServiceService,
} from '../../../src/protocol/gen/croupier/dev/v1/session.js';
import type { AgentLinkOptions } from '../../../src/upstream/agent-link.js';
import { openAgentUpstream } from '../../../src/upstream/agent-upstream.js';
import type { AgentUpstream, OfferedService } from '../../../src/upstream/types.js';
import type { Issued } from '../../support/certificates.js';
import { serverCredentials } from './fake-agent.js';
import { offeredFunction, until } from './server-fixtures.js';

export function service(part: Partial<OfferedService> = {}): OfferedService {
  return {
    name: 'game',
    serviceId: 'game-1234',
    version: '1.0.0',
    gameId: null,
    env: null,
    functions: [offeredFunction('a'), offeredFunction('b')],
    claims: [],
    ...part,
  };
}

export interface Listener {
  readonly address: string;
  readonly port: number;
  /** Connections that are open now. */
  readonly sockets: ReadonlySet<Socket>;
  /** Connections so far. */
  readonly accepted: number;
  close(): Promise<void>;
}

/** A TCP server that accepts and says nothing: an instance that is alive, as far as a dial tells. */
export async function listen(port = 0): Promise<Listener> {
  const sockets = new Set<Socket>();
  let accepted = 0;
  const server = createServer((socket) => {
    accepted++;
    sockets.add(socket);
    socket
      .resume()
      .on('error', () => undefined)
      .on('close', () => sockets.delete(socket));
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, '127.0.0.1', resolve);
  });
  const bound = server.address();
  if (bound === null || typeof bound === 'string') throw new Error('no TCP address');
  return {
    port: bound.port,
    address: `127.0.0.1:${bound.port}`,
    sockets,
    get accepted() {
      return accepted;
    },
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        for (const socket of sockets) socket.destroy();
      }),
  };
}

/** A link over the real network, and what it told. */
export class Linked {
  readonly events: CroupierEvent[] = [];
  readonly lists: (readonly LocalFunction[])[] = [];
  readonly upstream: AgentUpstream;

  constructor(port: number, part: Partial<AgentLinkOptions> = {}) {
    this.upstream = openAgentUpstream({
      config: {
        kind: 'agent',
        url: `agent://127.0.0.1:${port}`,
        host: '127.0.0.1',
        port,
        agentId: null,
        tls: null,
        reconnect: { delay: 50, max: 200 },
      },
      clock: systemClock,
      random: () => 0.5,
      gatewayAddress: '127.0.0.1:1',
      publish: (event) => this.events.push(event),
      onListed: (functions) => this.lists.push(functions),
      takePort: null,
      readTls: async () => ok(null),
      sessionId: 'this one',
      readGatewayTls: async () => ok(null),
      ...part,
    });
  }

  /** In order: `connected 1`, `lost: why`, `registered game a b`, `drained game swap`. */
  get told(): readonly string[] {
    return this.events.map((event) => {
      switch (event.type) {
        case 'upstream.connected':
          return `connected ${event.attempt}`;
        case 'upstream.lost':
          return `lost: ${event.reason}`;
        case 'upstream.registered':
          return `registered ${event.service} ${event.functions.map((one) => one.id).join(' ')}`;
        case 'upstream.drained':
          return `drained ${event.service} ${event.reason}`;
        case 'session.notice':
          return event.message;
        default:
          return event.type;
      }
    });
  }

  connected(): Promise<void> {
    return until('connected', () => this.upstream.status.state === 'connected');
  }
}

/** The gateway of another session, as far as it says what it is. */
export async function openSession(
  describe: () => DescribeResponse,
  tls: Issued | null = null,
): Promise<{ readonly address: string; readonly port: number; close(): void }> {
  const server = new Server();
  server.addService(SessionServiceService, {
    describe: (_call: unknown, respond: sendUnaryData<DescribeResponse>) => respond(null, describe()),
  });
  const port = await new Promise<number>((resolve, reject) => {
    server.bindAsync('127.0.0.1:0', serverCredentials(tls), (error, bound) =>
      error === null ? resolve(bound) : reject(error),
    );
  });
  return { port, address: `127.0.0.1:${port}`, close: () => server.forceShutdown() };
}
