import { Server, ServerCredentials } from '@grpc/grpc-js';
import { describe, expect, onTestFinished, test } from 'vitest';
import { type Sighting, sightAll, sightInstance } from '../../../src/upstream/instance-sighting.js';
import { createAuthority, tlsMaterial } from '../../support/certificates.js';
import { listen, openSession } from './agent-fixtures.js';
import { DESCRIBED } from './fake-agent.js';
import { until } from './server-fixtures.js';

const HOST = '127.0.0.1';
/** Long enough for a busy machine; only silent peers use it up. */
const PATIENCE_MS = 20_000;

async function startSession(...options: Parameters<typeof openSession>) {
  const session = await openSession(...options);
  onTestFinished(() => session.close());
  return session;
}

/** A gRPC server that serves nothing. */
async function startGameServer(): Promise<number> {
  const server = new Server();
  onTestFinished(() => server.forceShutdown());
  return new Promise((resolve, reject) => {
    server.bindAsync(`${HOST}:0`, ServerCredentials.createInsecure(), (error, port) =>
      error === null ? resolve(port) : reject(error),
    );
  });
}

describe('at an address', () => {
  test('a session says what it is', async () => {
    const described = { ...DESCRIBED, leaving: ['game-1'], takenOut: ['shop-1'] };
    const { port } = await startSession(() => described);
    expect(await sightInstance({ host: HOST, port }, null, PATIENCE_MS)).toEqual({
      seen: 'session',
      session: described,
    });
  });

  test('a session with TLS does so to one that has its certificates; for others it is an instance', async () => {
    const authority = createAuthority();
    const { port } = await startSession(() => DESCRIBED, authority.issue({ names: [HOST] }));
    const target = { host: HOST, port };
    const trusting = tlsMaterial({ caPem: authority.caPem });
    expect(await sightInstance(target, trusting, PATIENCE_MS)).toMatchObject({ seen: 'session' });
    expect(await sightInstance(target, null, PATIENCE_MS)).toEqual({ seen: 'instance' });
    const stranger = tlsMaterial({ caPem: createAuthority().caPem });
    expect(await sightInstance(target, stranger, PATIENCE_MS)).toEqual({ seen: 'instance' });
  });

  test('a game server is an instance', async () => {
    const port = await startGameServer();
    expect(await sightInstance({ host: HOST, port }, null, PATIENCE_MS)).toEqual({ seen: 'instance' });
  });

  test('whoever accepts and says nothing is one, too, after the given time, and no connection is left there', async () => {
    const silent = await listen();
    onTestFinished(() => silent.close());
    expect(await sightInstance({ host: HOST, port: silent.port }, null, 200)).toEqual({ seen: 'instance' });
    expect(silent.accepted).toBe(1);
    await until('it is closed', () => silent.sockets.size === 0);
  });

  test('nobody is nothing', async () => {
    const gone = await listen();
    await gone.close();
    expect(await sightInstance({ host: HOST, port: gone.port }, null, PATIENCE_MS)).toEqual({
      seen: 'nothing',
    });
  });
});

describe('of many addresses', () => {
  test('each is looked at once; what is no address is nothing', async () => {
    const looked: string[] = [];
    const sightings = await sightAll(['10.0.0.1:1', '10.0.0.1:1', 'nonsense'], async ({ host, port }) => {
      looked.push(`${host}:${port}`);
      return { seen: 'instance' };
    });
    expect(looked).toEqual(['10.0.0.1:1']);
    expect(Object.fromEntries(sightings)).toEqual({
      '10.0.0.1:1': { seen: 'instance' },
      nonsense: { seen: 'nothing' },
    });
  });

  test.each<[Sighting['seen'], Sighting['seen'], Sighting['seen']]>([
    ['nothing', 'instance', 'instance'],
    ['instance', 'session', 'session'],
    ['session', 'nothing', 'session'],
    ['nothing', 'nothing', 'nothing'],
  ])(
    'of the two families of a wildcard, %s and %s, the one that says most counts',
    async (four, six, seen) => {
      const sightings = await sightAll([':4711'], async ({ host }) => {
        const one = host === HOST ? four : six;
        return one === 'session' ? { seen: one, session: DESCRIBED } : { seen: one };
      });
      expect(sightings.get(':4711')?.seen).toBe(seen);
    },
  );
});
