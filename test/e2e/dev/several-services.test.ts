import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { cleanEnvironment, type DevProcess, REPOSITORY, until } from '../../support/dev-process.js';
import { gameServer, type ServerParts } from '../../support/project.js';
import { eventsOf, lastOf, reloaded, runs, Scenario } from './scenario.js';

let scenario: Scenario;

beforeEach(() => {
  scenario = new Scenario();
});

afterEach(() => scenario.close());

/** A game server whose functions are `<id>.echo` and `<id>.count`. */
function server(id: string, version = 'one', parts: ServerParts = {}): string {
  return gameServer(version, parts)
    .replace("id: 'echo'", `id: '${id}.echo'`)
    .replace("id: 'count'", `id: '${id}.count'`)
    .replace("serviceId: 'game'", `serviceId: '${id}'`);
}

/** Writes a configuration of services that each run `server.js` in a folder of their own. */
function configure(entries: Readonly<Record<string, object>>): void {
  const services = Object.entries(entries).map(([name, more]) => {
    return [name, { cwd: name, command: 'node server.js', ...more }] as const;
  });
  scenario.project.config({ services: Object.fromEntries(services) });
}

function swapped(dev: DevProcess, service: string, from = 0) {
  return reloaded(dev, from, (event) => event.service === service && event.outcome === 'swapped');
}

/** Services in the order in which the first generation of each was started. */
function startOrder(dev: DevProcess): readonly string[] {
  return eventsOf(dev, 'generation.starting')
    .filter(({ generation }) => generation === 1)
    .map(({ service }) => service);
}

describe('two services in one configuration', () => {
  it('are served by one gateway, are one session, and end together', async () => {
    for (const name of ['game', 'shop']) scenario.save(server(name), `${name}/server.js`);
    configure({ game: {}, shop: {} });
    const dev = scenario.start();
    await Promise.all([swapped(dev, 'game'), swapped(dev, 'shop')]);
    const caller = await scenario.caller(dev);
    for (const name of ['game', 'shop']) {
      expect(await caller.call(`${name}.echo`, { id: name }).outcome).toMatchObject({
        status: 'OK',
        answer: { id: name, generation: 1 },
      });
    }
    const file = JSON.parse(readFileSync(scenario.project.path('.croupier', 'session.json'), 'utf8'));
    expect(file).toMatchObject({ pid: dev.pid, services: ['game', 'shop'], gateway: await dev.gateway() });
    const pids = eventsOf(dev, 'generation.starting').map(({ pid }) => pid);
    expect(file.groups.map(({ pid }: { pid: number }) => pid).sort()).toEqual([...pids].sort());
    expect(await dev.stop('SIGTERM')).toEqual({ code: 143, signal: null });
    expect(pids.map(runs)).toEqual([false, false]);
    expect(new Set(eventsOf(dev, 'generation.stopped').map(({ service }) => service))).toEqual(
      new Set(['game', 'shop']),
    );
  });

  it('reload each by itself', async () => {
    for (const name of ['game', 'shop']) scenario.save(server(name), `${name}/server.js`);
    configure({ game: {}, shop: {} });
    const dev = scenario.start();
    await Promise.all([swapped(dev, 'game'), swapped(dev, 'shop')]);
    const caller = await scenario.caller(dev);
    const slow = caller.call('game.echo', { id: 'slow', barrier: 'slow' });
    await scenario.reached(dev, 'slow');
    const mark = dev.mark();
    scenario.save(server('shop', 'two'), 'shop/server.js');
    expect(await swapped(dev, 'shop', mark)).toMatchObject({
      trigger: { paths: ['server.js'] },
      calls: { lost: 0 },
    });
    expect(await caller.call('shop.echo', { id: 'new' }).outcome).toMatchObject({
      answer: { version: 'two' },
    });
    expect(slow.isPending).toBe(true);
    scenario.open('slow');
    expect(await slow.outcome).toMatchObject({ status: 'OK', answer: { generation: 1, version: 'one' } });
    expect(eventsOf(dev, 'generation.starting', mark).map(({ service }) => service)).toEqual(['shop']);
  });

  it('of which one crashes again and again: the other is not touched', async () => {
    scenario.save(server('game'), 'game/server.js');
    scenario.save('console.error("no way"); process.exit(1);\n', 'shop/server.js');
    const backoff = { initial: '20ms', max: '40ms' };
    configure({ game: {}, shop: { restart: { backoff } } });
    const dev = scenario.start();
    await swapped(dev, 'game');
    const caller = await scenario.caller(dev);
    const crashes = () =>
      eventsOf(dev, 'generation.failed').filter(({ service }) => service === 'shop').length;
    for (const count of [2, 4, 6]) {
      await until(`${count} crashes`, () => crashes() >= count);
      expect(await caller.call('game.echo', { id: count }).outcome).toMatchObject({
        status: 'OK',
        answer: { generation: 1 },
      });
    }
    const mark = dev.mark();
    scenario.save(server('game', 'two'), 'game/server.js');
    expect(await swapped(dev, 'game', mark)).toMatchObject({ calls: { lost: 0 } });
    scenario.save(server('shop'), 'shop/server.js');
    await swapped(dev, 'shop', mark);
    expect(await caller.call('shop.echo', { id: 'well' }).outcome).toMatchObject({ status: 'OK' });
  });

  it('of which one has a command that cannot be started: the other runs', async () => {
    scenario.save(server('game'), 'game/server.js');
    scenario.save(server('shop'), 'shop/server.js');
    configure({ game: {}, shop: { command: 'no-such-program' } });
    const dev = scenario.start();
    await swapped(dev, 'game');
    await dev.waitFor(
      'generation.failed',
      (event) => event.service === 'shop' && event.reason === 'spawn-failed',
    );
    const mark = dev.mark();
    configure({ game: {}, shop: {} });
    await swapped(dev, 'shop', mark);
    expect(eventsOf(dev, 'generation.starting').filter(({ service }) => service === 'game')).toHaveLength(1);
  });

  it('that claim one function: it is told whose calls they are', async () => {
    scenario.save(server('game'), 'game/server.js');
    scenario.save(server('game').replace("serviceId: 'game'", "serviceId: 'shop'"), 'shop/server.js');
    configure({ game: {}, shop: { dependsOn: ['game'] } });
    const dev = scenario.start();
    const notice = await dev.waitFor('session.notice', ({ message }) => message.includes('game.echo'));
    expect(notice).toMatchObject({ level: 'error' });
    expect(notice.message).toContain('registered by game and shop: calls go to game');
    await swapped(dev, 'shop');
    const caller = await scenario.caller(dev);
    const { answer } = await caller.call('game.echo', { id: 'whose' }).outcome;
    const pid = eventsOf(dev, 'generation.active').find(({ service }) => service === 'game')?.pid;
    expect(answer).toMatchObject({ pid });
  });
});

describe('services that depend on each other', () => {
  it('start in order, each when what it needs is ready', async () => {
    for (const name of ['cache', 'game']) scenario.save(server(name), `${name}/server.js`);
    scenario.save(server('store', 'one', { beforeConnect: `await passed('store');` }), 'store/server.js');
    configure({ game: { dependsOn: ['store', 'cache'] }, cache: { dependsOn: ['store'] }, store: {} });
    const dev = scenario.start();
    await scenario.reached(dev, 'store');
    // A save is no reason to start it.
    scenario.save(server('cache', 'two'), 'cache/server.js');
    scenario.save(server('store', 'one', { beforeConnect: `await passed('again');` }), 'store/server.js');
    await scenario.reached(dev, 'again');
    expect(startOrder(dev)).toEqual(['store']);
    scenario.open('again');
    await swapped(dev, 'game');
    expect(startOrder(dev)).toEqual(['store', 'cache', 'game']);
    const active = (service: string) =>
      dev.events.findIndex((event) => event.type === 'generation.active' && event.service === service);
    const starting = (service: string) =>
      dev.events.findIndex((event) => event.type === 'generation.starting' && event.service === service);
    expect(active('store')).toBeLessThan(starting('cache'));
    expect(active('cache')).toBeLessThan(starting('game'));
    expect(await (await scenario.caller(dev)).call('cache.echo', { id: 1 }).outcome).toMatchObject({
      answer: { version: 'two' },
    });
  });

  it('are started for the ones that are named, and no others', async () => {
    for (const name of ['store', 'game', 'shop']) scenario.save(server(name), `${name}/server.js`);
    configure({ shop: {}, game: { dependsOn: ['store'] }, store: {} });
    const dev = scenario.start(['game']);
    await swapped(dev, 'game');
    expect(startOrder(dev)).toEqual(['store', 'game']);
    await dev.stop();
    expect(lastOf(dev, 'session.closed')).toMatchObject({ reason: 'SIGTERM' });
    expect(eventsOf(dev, 'generation.starting').some(({ service }) => service === 'shop')).toBe(false);
  });
});

describe('without --json', () => {
  let child: ChildProcess | null = null;

  afterEach(async () => {
    if (child === null || child.exitCode !== null) return;
    const exited = once(child, 'exit');
    child.kill('SIGKILL');
    await exited;
  });

  it('each line says whose it is, and ours name the service', async () => {
    const greeting = (name: string) => ({
      beforeConnect: `process.stdout.write('${name} says ');\nconsole.log('hello');`,
    });
    for (const name of ['game', 'shopping'])
      scenario.save(server(name, 'one', greeting(name)), `${name}/server.js`);
    configure({ game: {}, shopping: {} });
    const started = spawn(process.execPath, [join(REPOSITORY, 'bin', 'croupier.js'), 'dev', '--port', '0'], {
      cwd: scenario.project.folder,
      env: { ...cleanEnvironment(), ...scenario.environment },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    child = started;
    let stdout = '';
    let stderr = '';
    started.stdout.setEncoding('utf8').on('data', (text: string) => {
      stdout += text;
    });
    started.stderr.setEncoding('utf8').on('data', (text: string) => {
      stderr += text;
    });
    await until('both are ready', () => /game #1 ready/.test(stderr) && /shopping #1 ready/.test(stderr));
    await until('both have spoken', () => stdout.split('hello').length === 3);
    expect(stdout.split('\n').slice(0, -1).sort()).toEqual([
      expect.stringMatching(/^game {5}\S game says hello$/),
      expect.stringMatching(/^shopping \S shopping says hello$/),
    ]);
    scenario.save(server('shopping', 'two'), 'shopping/server.js');
    await until('the reload is told', () => /\[croupier\] .*shopping.*#2.*server\.js/.test(stderr));
    const exited = once(started, 'exit');
    started.kill('SIGTERM');
    expect(await exited).toEqual([143, null]);
  });
});
