import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type DevProcess, until } from '../../support/dev-process.js';
import { eventsOf, reloaded, Scenario } from './scenario.js';

let scenario: Scenario;

beforeEach(() => {
  scenario = new Scenario();
});

afterEach(() => scenario.close());

/** An HTTP server of Node's own on `PORT`; `/health` is ready when the barrier `healthy` is open. */
function page(text: string): string {
  return `import { existsSync } from 'node:fs';
import { createServer } from 'node:http';
const isOpen = (barrier) => existsSync(process.env.BARRIERS + '/' + barrier);
const server = createServer((request, answer) => {
  console.log('asked for ' + request.url);
  answer.statusCode = request.url === '/health' && !isOpen('healthy') ? 503 : 200;
  answer.end('${text}');
});
server.listen(process.env.PORT, '127.0.0.1', async () => {
  console.log('port ' + process.env.PORT);
  while (!isOpen('loaded')) await new Promise((resolve) => setTimeout(resolve, 5));
  console.log('level 7 loaded');
});
`;
}

async function readPage(dev: DevProcess, generation: number): Promise<string> {
  const { line } = await dev.waitFor(
    'process.output',
    (event) => event.generation === generation && event.line.startsWith('port '),
  );
  return (await fetch(`http://127.0.0.1:${line.slice('port '.length)}/`)).text();
}

/** How often a generation has printed a line. */
function printed(dev: DevProcess, line: string): number {
  return eventsOf(dev, 'process.output').filter((event) => event.line === line).length;
}

describe('a game server without an SDK', () => {
  it('is ready when its PORT accepts, and its successor runs beside it on another', async () => {
    scenario.save(page('one'));
    scenario.config();
    const { dev } = await scenario.running();
    expect(await dev.waitFor('generation.ready')).toMatchObject({ generation: 1, functions: [] });
    expect(await readPage(dev, 1)).toBe('one');

    const mark = dev.mark();
    scenario.save(page('two'));
    const { generation, outcome, strategy } = await reloaded(dev, mark);
    expect([outcome, strategy]).toEqual(['swapped', 'overlap']);
    expect(await readPage(dev, generation)).toBe('two');
    const ports = eventsOf(dev, 'process.output').filter(({ line }) => line.startsWith('port '));
    expect(new Set(ports.map(({ line }) => line)).size).toBe(ports.length);
    await dev.waitFor('generation.stopped', (event) => event.generation === 1);
  });

  it('is ready with ready.http when that answers well, not when the port is open', async () => {
    scenario.save(page('one'));
    scenario.config({ ready: { http: '/health' } });
    const dev = scenario.start();
    await until('it was asked twice', () => printed(dev, 'asked for /health') >= 2);
    expect(eventsOf(dev, 'generation.ready')).toEqual([]);
    scenario.open('healthy');
    await dev.waitFor('generation.active', ({ generation }) => generation === 1);
    expect(await readPage(dev, 1)).toBe('one');
  });

  it('is ready with ready.log when a line matches', async () => {
    scenario.save(page('one'));
    scenario.config({ ready: { log: '^level \\d+ loaded$' } });
    const dev = scenario.start();
    expect(await dev.waitFor('process.output', ({ line }) => line.startsWith('port '))).toBeDefined();
    // It serves, and still it is not ready.
    for (let times = 0; times < 3; times++) expect(await readPage(dev, 1)).toBe('one');
    expect(eventsOf(dev, 'generation.ready')).toEqual([]);
    scenario.open('loaded');
    await reloaded(dev, 0);

    const mark = dev.mark();
    scenario.save(page('two'));
    const { generation } = await reloaded(dev, mark);
    expect(await readPage(dev, generation)).toBe('two');
  });
});
