import { describe, expect, it } from 'vitest';
import type { ControlName } from '../../standins/server-control.js';
import { gameServer } from '../../support/project.js';
import { eventsOf } from '../dev/scenario.js';
import { SingleCalls } from './single-calls.js';
import { inPlainText, openDeveloper, openServer, registrationsOf, type Server, urlOf } from './world.js';

/** For anything to happen on a slow and busy machine, ms. */
const PATIENCE_MS = 60_000;

const DEAL = `service.registerFunction({
    id: 'deal', version: '2.1.0', category: 'cards', risk: 'high', entity: 'table', operation: 'update', tags: ['poker'],
    summary: 'Deals cards', inputSchema: { type: 'object', required: ['table'] }, outputSchema: { type: 'array' },
  }, () => ({}));`;

/** Waits until these functions are among those of the only manifest that the server has. */
async function seeManifest(server: Server, functions: readonly object[]): Promise<void> {
  await expect
    .poll(() => server.control('capabilities'), { timeout: PATIENCE_MS })
    .toMatchObject([
      {
        provider: { id: expect.stringMatching(/^game-[0-9a-f]{8}$/), lang: 'node', sdk: 'croupier-cli' },
        manifest: { functions: expect.arrayContaining(functions.map((one) => expect.objectContaining(one))) },
      },
    ]);
}

describe('what a server knows of us', () => {
  it('is one agent under the newer of both names, with the gateway, game, functions and processes', async () => {
    const server = await openServer();
    const url = urlOf('server', server);
    const { dev } = await openDeveloper(
      url,
      {
        upstream: { url, tls: false, agentId: 'cards-agent' },
        gameId: 'poker',
        env: 'dev',
        version: '1.2.3',
      },
      { parts: { beforeConnect: DEAL } },
    );
    const gateway = await dev.gateway();
    const [agent] = await server.control('agents');
    expect(agent?.request).toMatchObject({
      agentId: 'cards-agent',
      rpcAddr: gateway,
      gameId: 'poker',
      env: 'dev',
    });
    expect(agent?.request.processes).toMatchObject([
      {
        serviceId: expect.stringMatching(/^game-[0-9a-f]{8}$/),
        addr: gateway,
        version: '1.2.3',
        functionIds: expect.arrayContaining(['echo', 'count', 'deal']),
      },
    ]);
    expect((await registrationsOf(server)).at(-1)?.by).toBe('server.v1');
    const functions = await server.control('functions');
    expect(functions.find(({ id }) => id === 'deal')).toMatchObject({
      version: '2.1.0',
      category: 'cards',
      risk: 'high',
      entity: 'table',
      operation: 'update',
      enabled: true,
    });
  });

  it.each<ControlName>(['server.v1', 'control.v1'])(
    'is the manifest, by %s, and it follows the functions',
    async (name) => {
      const server = await openServer({ names: [name] });
      const url = urlOf('server', server);
      const { scenario } = await openDeveloper(url, inPlainText(url), { parts: { beforeConnect: DEAL } });
      await seeManifest(server, [
        { id: 'echo', version: '1.0.0' },
        {
          id: 'deal',
          version: '2.1.0',
          category: 'cards',
          risk: 'high',
          tags: ['poker'],
          summary: { en: 'Deals cards' },
          labels: { entity: 'table', operation: 'update' },
          request: { json_schema: '{"type":"object","required":["table"]}' },
          response: { json_schema: '{"type":"array"}' },
        },
      ]);
      scenario.save(gameServer('v1', { beforeConnect: DEAL.replace('2.1.0', '2.2.0') }));
      await seeManifest(server, [{ id: 'deal', version: '2.2.0' }]);
    },
  );

  it('is nothing after SIGTERM', async () => {
    const server = await openServer();
    const url = urlOf('server', server);
    const { dev } = await openDeveloper(url, inPlainText(url));
    expect((await server.control('functions')).map(({ id }) => id).sort()).toEqual(['count', 'echo']);
    await dev.stop('SIGTERM');
    expect(await server.control('functions')).toEqual([]);
    expect(eventsOf(dev, 'upstream.drained')).toMatchObject([{ service: 'game', reason: 'exit' }]);
  });

  it('is a job that it can start and follow', async () => {
    const server = await openServer();
    const url = urlOf('server', server);
    await openDeveloper(url, inPlainText(url));
    const calls = new SingleCalls(server.address);
    const { events, ended } = calls.follow(await calls.count({ steps: 3, pause: 1 }));
    expect(await ended).toBe('OK');
    expect(events.map(({ type }) => type)).toEqual(['started', 'progress', 'progress', 'progress', 'done']);
  });
});
