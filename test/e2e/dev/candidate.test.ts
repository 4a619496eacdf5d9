import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { until } from '../../support/dev-process.js';
import { Load } from '../../support/load.js';
import { gameServer } from '../../support/project.js';
import { eventsOf, lastOf, pickPort, reloaded, runs, Scenario } from './scenario.js';

const STOP_FIRST_LINE = '"restart": { "strategy": "stop-first" }';

let scenario: Scenario;

beforeEach(() => {
  scenario = new Scenario();
});

afterEach(() => scenario.close());

describe('a candidate that never serves', () => {
  it('is ended when it hangs, and was never given a call', async () => {
    scenario.save(gameServer('one'));
    scenario.config({ restart: { strategy: 'overlap' }, ready: { timeout: '3s' } });
    const { dev } = await scenario.running();
    const load = new Load(await dev.gateway(), { perSecond: 50, longestMs: 20 });
    load.start();

    const mark = dev.mark();
    scenario.save(gameServer('two', { beforeConnect: `await passed('never');` }));
    expect(await reloaded(dev, mark)).toMatchObject({ outcome: 'kept-old', calls: { held: 0, lost: 0 } });
    const failed = lastOf(dev, 'generation.failed', mark);
    expect(failed).toMatchObject({ reason: 'not-ready', pid: expect.any(Number), serving: 1, retryMs: null });
    expect(failed.message).toContain('not ready after 3000 ms: waited for its registration with the gateway');
    expect(failed.outputTail).toContain('at never');
    const { generation } = failed;
    await dev.waitFor('generation.stopped', (event) => event.generation === generation);
    expect(runs(failed.pid ?? Number.NaN)).toBe(false);
    await load.stop();
    expect(load.losses).toEqual([]);
    expect(new Set(load.answers.map((answer) => answer.generation))).toEqual(new Set([1]));
  });

  it('is told about with the end of its output when it exits at once', async () => {
    scenario.save(gameServer('one'));
    scenario.config({ restart: { strategy: 'overlap' } });
    const { dev, caller } = await scenario.running();

    const mark = dev.mark();
    scenario.save(
      `console.log('reading levels');\nconsole.error('levels.json: no such level');\nprocess.exit(7);\n`,
    );
    expect(await reloaded(dev, mark)).toMatchObject({ outcome: 'kept-old' });
    expect(lastOf(dev, 'generation.failed', mark)).toMatchObject({
      reason: 'exited',
      message: 'the process exited with code 7',
      exitCode: 7,
      signal: null,
      serving: 1,
      outputTail: ['reading levels', 'levels.json: no such level'],
    });
    expect(await caller.echo().outcome).toMatchObject({ status: 'OK', answer: { generation: 1 } });
  });
});

describe('two generations that want one address', () => {
  it('auto turns to stop-first when the candidate dies of a used port, and says so once', async () => {
    const port = await pickPort();
    const page = (text: string) =>
      `import { createServer } from 'node:http';
      createServer((_, answer) => answer.end('${text}')).listen(${port}, '127.0.0.1');`;
    const read = async () => (await fetch(`http://127.0.0.1:${port}/`)).text();
    scenario.save(page('one'));
    scenario.config();
    const { dev } = await scenario.running();
    expect(await read()).toBe('one');

    let mark = dev.mark();
    scenario.save(page('two'));
    expect(await reloaded(dev, mark)).toMatchObject({ outcome: 'swapped', strategy: 'stop-first' });
    expect(await read()).toBe('two');
    const failed = lastOf(dev, 'generation.failed', mark);
    expect(failed).toMatchObject({ reason: 'address-in-use', serving: 1 });
    expect(failed.message).toContain(`port ${port} is in use`);

    mark = dev.mark();
    scenario.save(page('three'));
    expect(await reloaded(dev, mark)).toMatchObject({ outcome: 'swapped', strategy: 'stop-first' });
    expect(await read()).toBe('three');
    expect(eventsOf(dev, 'generation.failed', mark)).toEqual([]);
    const said = eventsOf(dev, 'session.notice').filter(({ message }) => message.includes(STOP_FIRST_LINE));
    expect(said).toHaveLength(1);
    expect(said[0]?.message).toContain(`both generations want port ${port}`);
  });

  it('auto turns to stop-first when both register one rpc_addr, and no call is lost', async () => {
    // As with SO_REUSEPORT: the second process runs beside the first, and registers the address of the first.
    const port = await pickPort();
    const server = (version: string) =>
      gameServer(version, {
        options: `listen: '127.0.0.1:' + (await chooseListen()), advertise: '127.0.0.1:${port}'`,
      }).replace(
        'const service =',
        `const { createServer } = await import('node:net');
const chooseListen = () => new Promise((resolve) => {
  const attempt = createServer().once('error', () => resolve(0));
  attempt.listen(${port}, '127.0.0.1', () => attempt.close(() => resolve(${port})));
});
const service =`,
      );
    scenario.save(server('one'));
    scenario.config();
    const { dev } = await scenario.running();
    const load = new Load(await dev.gateway(), { perSecond: 50, longestMs: 20 });
    load.start();

    for (const version of ['two', 'three']) {
      const mark = dev.mark();
      scenario.save(server(version));
      expect(await reloaded(dev, mark)).toMatchObject({
        outcome: 'swapped',
        strategy: 'stop-first',
        calls: { lost: 0 },
      });
      await until('the new code answers', () => load.answers.at(-1)?.version === version);
    }
    await load.stop();
    expect(load.losses).toEqual([]);
    expect(load.answers).toHaveLength(load.sent);
    const said = eventsOf(dev, 'session.notice').filter(({ message }) => message.includes(STOP_FIRST_LINE));
    expect(said).toHaveLength(1);
    expect(said[0]?.message).toContain(`two generations register the same address 127.0.0.1:${port}`);
  });
});
