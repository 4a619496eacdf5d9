import { get } from 'node:http';
import { afterEach, beforeEach, expect, it, onTestFinished } from 'vitest';
import { startAgent } from '../../standins/start.js';
import { type DevProcess, until } from '../../support/dev-process.js';
import { gameServer } from '../../support/project.js';
import { httpServer } from '../dev/http-server.js';
import { Scenario } from '../dev/scenario.js';

let scenario: Scenario;

beforeEach(() => {
  scenario = new Scenario();
});

afterEach(() => scenario.close());

async function startTwo(env: NodeJS.ProcessEnv = {}): Promise<DevProcess> {
  const dev = scenario.startCommand(['run', '--json', '--port', '0', '--instances', '2'], env);
  for (const instance of [1, 2])
    await dev.waitFor('generation.active', (event) => event.instance === instance);
  return dev;
}

it('are one service upstream; while one is away the other answers, and no call waits', async () => {
  const agent = await startAgent();
  onTestFinished(() => agent.stop());
  scenario.save(gameServer('v0'));
  scenario.config({ restart: { backoff: { initial: '3s' } } });
  const dev = await startTwo({ CROUPIER_UPSTREAM: `agent://${agent.address}` });
  await dev.waitFor('upstream.registered');
  const echo = (await agent.control('registry')).find(({ id }) => id === 'echo');
  expect(echo?.instances.map(({ addr }) => addr)).toEqual([await dev.gateway()]);

  const { pid } = await dev.waitFor('generation.active', ({ instance }) => instance === 1);
  const other = await dev.waitFor('generation.active', ({ instance }) => instance === 2);
  const caller = await scenario.caller(dev);
  const tenCalls = () =>
    Promise.all(Array.from({ length: 10 }, async () => (await caller.echo().outcome).answer?.pid));
  const mark = dev.mark();
  process.kill(pid, 'SIGKILL');
  const failed = await dev.waitFor('generation.failed', ({ instance }) => instance === 1, mark);
  expect(failed.retryMs).toBeGreaterThan(2000);
  const answers = await tenCalls();
  expect(new Set(answers)).toEqual(new Set([other.pid]));
  expect(dev.events.slice(mark).some(({ type }) => type === 'generation.starting')).toBe(false);

  const back = await dev.waitFor('generation.active', ({ instance }) => instance === 1, mark);
  const restarted = await dev.waitFor('reload.finished', ({ trigger }) => trigger.kind === 'crash', mark);
  expect(restarted).toMatchObject({ instance: 1, calls: { held: 0 } });
  const later = await tenCalls();
  expect(new Set(later)).toEqual(new Set([back.pid, other.pid]));
  expect((await dev.stop()).code).toBe(143);
  expect((await agent.control('registry')).find(({ id }) => id === 'echo')?.instances ?? []).toEqual([]);
});

it('have one stable port, which serves while they are replaced by stop-first', async () => {
  scenario.save(httpServer('v0'));
  scenario.config({ restart: { strategy: 'stop-first' }, proxy: [{ listen: 0 }] });
  const dev = await startTwo();
  const leads = /^127\.0\.0\.1:(\d+) leads to the PORT of game$/;
  const { message } = await dev.waitFor('session.notice', (event) => leads.test(event.message));
  const port = Number(leads.exec(message)?.[1]);
  const answers: string[] = [];
  let isOver = false;
  const loop = (async () => {
    while (!isOver) answers.push(await fetchText(port));
  })();
  scenario.save(httpServer('v1'));
  const mark = dev.mark();
  dev.signal('SIGHUP');
  const finished = await dev.waitFor('reload.finished', ({ instance }) => instance === undefined, mark);
  expect(finished).toMatchObject({ outcome: 'swapped', strategy: 'stop-first' });
  await until('the new version answers', () => answers.at(-1) === 'v1');
  isOver = true;
  await loop;
  expect(new Set(answers)).toEqual(new Set(['v0', 'v1']));
  const steps = dev.events
    .slice(mark)
    .flatMap((event) =>
      event.type === 'generation.stopped' || event.type === 'generation.active'
        ? [`${event.type} ${event.instance}`]
        : [],
    );
  expect(steps).toEqual([
    'generation.stopped 1',
    'generation.active 1',
    'generation.stopped 2',
    'generation.active 2',
  ]);
});

/** What the port answers; a status other than 200, or a connection that breaks, as it is. */
function fetchText(port: number): Promise<string> {
  return new Promise((resolve) => {
    get({ host: '127.0.0.1', port, path: '/', agent: false }, (response) => {
      let text = '';
      response.setEncoding('utf8').on('data', (chunk: string) => {
        text += chunk;
      });
      response.on('end', () => resolve(response.statusCode === 200 ? text : `${response.statusCode}`));
      response.on('error', (error) => resolve(error.message));
    }).on('error', (error) => resolve(error.message));
  });
}
