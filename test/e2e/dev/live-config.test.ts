import { rmSync } from 'node:fs';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type DevProcess, until } from '../../support/dev-process.js';
import { Load } from '../../support/load.js';
import { gameServer } from '../../support/project.js';
import { eventsOf, reloaded, Scenario } from './scenario.js';

let scenario: Scenario;

beforeEach(() => {
  scenario = new Scenario();
});

afterEach(() => scenario.close());

/** A game server whose `echo` answers with what SETTING is in its environment. */
const SERVER = gameServer('SETTING').replace('"SETTING"', 'process.env.SETTING ?? null');

/** Reloads by a save: nothing else may be why. */
async function saved(dev: DevProcess): Promise<void> {
  const mark = dev.mark();
  scenario.save(`${SERVER}// ${mark}\n`);
  expect(await reloaded(dev, mark)).toMatchObject({ outcome: 'swapped', trigger: { paths: ['server.js'] } });
}

function notice(dev: DevProcess, part: string, from = 0) {
  return dev.waitFor('session.notice', ({ message }) => message.includes(part), from);
}

function noticesWith(dev: DevProcess, part: string, from = 0): number {
  return eventsOf(dev, 'session.notice', from).filter(({ message }) => message.includes(part)).length;
}

describe('a changed .env', () => {
  it.each(['overlap', 'stop-first'])(
    '%s: counts for the next generation, and no call is lost',
    async (strategy) => {
      scenario.save(SERVER);
      scenario.config({ restart: { strategy } });
      scenario.project.write('.env', 'SETTING=one\n');
      const { dev, caller } = await scenario.running();
      expect(await caller.echo().outcome).toMatchObject({ answer: { version: 'one' } });
      const load = new Load(await dev.gateway(), { perSecond: 100, longestMs: 200 });
      load.start();
      for (const value of ['two', 'three', 'four']) {
        const mark = dev.mark();
        scenario.project.write('.env', `SETTING=${value}\n`);
        expect(await reloaded(dev, mark)).toMatchObject({
          outcome: 'swapped',
          rule: '.env',
          trigger: { kind: 'change', paths: ['.env'] },
          calls: { lost: 0, replayed: 0 },
        });
        expect(eventsOf(dev, 'files.changed', mark)).toMatchObject([{ paths: ['.env'], rule: '.env' }]);
        await until(`an answer with ${value}`, () => load.answers.some(({ version }) => version === value));
      }
      await load.stop();
      expect(load.losses, dev.describe()).toEqual([]);
      expect(load.answers).toHaveLength(load.sent);
      const executed = scenario.executions().map((line) => line.split(' ')[0]);
      expect(new Set(executed).size).toBe(executed.length);
    },
  );

  it('that is created, and one that is removed, count as well', async () => {
    scenario.save(SERVER);
    scenario.config();
    const { dev, caller } = await scenario.running();
    expect(await caller.echo().outcome).toMatchObject({ answer: { version: null } });
    let mark = dev.mark();
    scenario.project.write('.env', 'SETTING=one\n');
    expect(await reloaded(dev, mark)).toMatchObject({ outcome: 'swapped', rule: '.env' });
    expect(await caller.echo().outcome).toMatchObject({ answer: { version: 'one' } });
    mark = dev.mark();
    rmSync(scenario.project.path('.env'));
    expect(await reloaded(dev, mark)).toMatchObject({ outcome: 'swapped', rule: '.env' });
    expect(await caller.echo().outcome).toMatchObject({ answer: { version: null } });
  });

  it('that says the same in other words restarts nothing', async () => {
    scenario.save(SERVER);
    scenario.config();
    scenario.project.write('.env', 'SETTING=one\n');
    const { dev } = await scenario.running();
    const mark = dev.mark();
    scenario.project.write('.env', '# what it is set to\nSETTING="one"\n');
    // Read together with the other, or before it.
    scenario.config({ replay: ['echo'] });
    await notice(dev, 'replay counts from now on', mark);
    expect(eventsOf(dev, 'files.changed', mark)).toEqual([]);
    await saved(dev);
    expect(eventsOf(dev, 'reload.finished', mark)).toHaveLength(1);
  });

  it('counts where there is no configuration file, and for what the configuration takes from it', async () => {
    scenario.save(SERVER);
    scenario.save('console.log("a plain program");\n', 'other.js');
    scenario.project.write('package.json', '{ "type": "module", "scripts": { "start": "node server.js" } }');
    const { dev, caller } = await scenario.running();
    const mark = dev.mark();
    scenario.project.write('.env', 'SETTING=one\n');
    expect(await reloaded(dev, mark)).toMatchObject({ outcome: 'swapped', rule: '.env' });
    expect(await caller.echo().outcome).toMatchObject({ answer: { version: 'one' } });
  });
});

describe('a changed configuration', () => {
  it('whose environment is another restarts the service with it', async () => {
    scenario.save(SERVER);
    scenario.config({ environment: { SETTING: 'one' } });
    const { dev, caller } = await scenario.running();
    const mark = dev.mark();
    scenario.config({ environment: { SETTING: 'two' } });
    expect(await reloaded(dev, mark)).toMatchObject({
      outcome: 'swapped',
      rule: 'croupier.config.json',
      trigger: { kind: 'change', paths: ['croupier.config.json'] },
      calls: { lost: 0 },
    });
    expect(await caller.echo().outcome).toMatchObject({ answer: { version: 'two', generation: 2 } });
  });

  it('whose command is another runs that, built anew where the build is another', async () => {
    scenario.save(SERVER);
    scenario.save(gameServer('other'), 'other.js');
    scenario.config();
    const { dev, caller } = await scenario.running();
    let mark = dev.mark();
    scenario.config({ command: 'node other.js' });
    expect(await reloaded(dev, mark)).toMatchObject({ outcome: 'swapped', calls: { lost: 0 } });
    expect(await caller.echo().outcome).toMatchObject({ answer: { version: 'other' } });
    mark = dev.mark();
    const copy = `node -e "require('fs').copyFileSync('other.js', process.argv[1])" {artifact}`;
    const artifact = '.croupier/build/{generation}/server.js';
    scenario.config({ command: 'node {artifact}', build: { command: copy, artifact } });
    expect(await reloaded(dev, mark)).toMatchObject({ outcome: 'swapped', calls: { lost: 0 } });
    expect(eventsOf(dev, 'build.finished', mark)).toHaveLength(1);
    expect(await caller.echo().outcome).toMatchObject({ answer: { version: 'other', generation: 3 } });
  });

  it('that a candidate cannot be started with leaves the old generation, until it is corrected', async () => {
    scenario.save(SERVER);
    scenario.config({ environment: { SETTING: 'one' } });
    const { dev, caller } = await scenario.running();
    let mark = dev.mark();
    scenario.config({ command: 'node missing.js', environment: { SETTING: 'two' } });
    expect(await reloaded(dev, mark)).toMatchObject({ outcome: 'kept-old' });
    expect(await caller.echo().outcome).toMatchObject({ answer: { version: 'one', generation: 1 } });
    mark = dev.mark();
    scenario.config({ environment: { SETTING: 'two' } });
    expect(await reloaded(dev, mark)).toMatchObject({ outcome: 'swapped', calls: { lost: 0 } });
    expect(await caller.echo().outcome).toMatchObject({ answer: { version: 'two' } });
  });

  it('that is taken back before the swap ends with what was before', async () => {
    scenario.save(
      SERVER.replace('await service.connect', 'await passed(process.env.SETTING);\nawait service.connect'),
    );
    scenario.open('one');
    scenario.config({ environment: { SETTING: 'one' } });
    const { dev, caller } = await scenario.running();
    const mark = dev.mark();
    scenario.config({ environment: { SETTING: 'two' } });
    const { generation } = await scenario.reached(dev, 'two', mark);
    scenario.config({ environment: { SETTING: 'one' } });
    const finished = await reloaded(dev, mark);
    expect(finished).toMatchObject({ outcome: 'swapped', calls: { lost: 0 } });
    expect(finished.generation).toBeGreaterThan(generation);
    expect(await caller.echo().outcome).toMatchObject({ answer: { version: 'one' } });
    expect(eventsOf(dev, 'generation.active', mark).map((event) => event.generation)).not.toContain(
      generation,
    );
  });

  it('that is broken is told once and ignored, also by what is started meanwhile', async () => {
    scenario.save(SERVER);
    scenario.config({ environment: { SETTING: 'one' } });
    const { dev, caller } = await scenario.running();
    const mark = dev.mark();
    scenario.project.write('croupier.config.json', '{ "command": "node server.js", ');
    expect(await notice(dev, 'croupier.config.json', mark)).toMatchObject({ level: 'error' });
    scenario.config({ environment: { SETTING: 'two' }, comand: 'node server.js' });
    expect(await notice(dev, '`comand`', mark)).toMatchObject({ level: 'error' });
    await saved(dev);
    expect(await caller.echo().outcome).toMatchObject({ answer: { version: 'one' } });
    expect(noticesWith(dev, '`comand`', mark)).toBe(1);
    const fixed = dev.mark();
    scenario.config({ environment: { SETTING: 'two' } });
    expect(await reloaded(dev, fixed)).toMatchObject({ outcome: 'swapped', rule: 'croupier.config.json' });
    expect(await caller.echo().outcome).toMatchObject({ answer: { version: 'two' } });
    expect(noticesWith(dev, 'can be used again', fixed)).toBe(1);
    const removed = dev.mark();
    rmSync(scenario.project.path('croupier.config.json'));
    expect(await notice(dev, 'there is no such file', removed)).toMatchObject({ level: 'error' });
  });

  it('that is a module is loaded anew', async () => {
    scenario.save(SERVER);
    const config = (value: string) =>
      `const setting: string = '${value}';\nexport default { service: 'game', command: 'node server.js', environment: { SETTING: setting } };\n`;
    scenario.project.write('croupier.config.ts', config('one'));
    const { dev, caller } = await scenario.running();
    const mark = dev.mark();
    scenario.project.write('croupier.config.ts', config('two'));
    expect(await reloaded(dev, mark)).toMatchObject({ outcome: 'swapped', rule: 'croupier.config.ts' });
    expect(await caller.echo().outcome).toMatchObject({ answer: { version: 'two' } });
  });

  it('of rules and of what is watched counts without a restart', async () => {
    scenario.save(SERVER);
    scenario.config();
    scenario.project.write('data/level.json', '1');
    const { dev } = await scenario.running();
    const mark = dev.mark();
    scenario.config({ rules: [{ match: 'data/**', action: 'ignore' }] });
    await notice(dev, 'what is watched counts from now on', mark);
    scenario.project.write('data/level.json', '2');
    await saved(dev);
    expect(eventsOf(dev, 'reload.finished', mark)).toHaveLength(1);
    const ignored = dev.mark();
    scenario.config();
    await notice(dev, 'what is watched counts from now on', ignored);
    scenario.project.write('data/level.json', '3');
    expect(await reloaded(dev, ignored)).toMatchObject({ trigger: { paths: ['data/level.json'] } });
  });

  it('of limits counts without a restart', async () => {
    scenario.save(SERVER);
    scenario.config({ restart: { strategy: 'stop-first' } });
    const { dev, caller } = await scenario.running();
    const mark = dev.mark();
    scenario.config({ restart: { strategy: 'stop-first' }, hold: { timeout: '300ms' } });
    await notice(dev, 'hold.timeout counts from now on', mark);
    scenario.save(gameServer('late', { beforeConnect: `await passed('start');` }));
    const held = dev.mark();
    await scenario.reached(dev, 'start', mark);
    expect(await caller.echo().outcome).toMatchObject({ status: 'UNAVAILABLE', reason: 'hold-timeout' });
    scenario.open('start');
    await reloaded(dev, held);
    expect(await caller.echo().outcome).toMatchObject({ answer: { version: 'late', generation: 2 } });
  });

  it('of what another session is needed for is told, once for each content', async () => {
    scenario.save(SERVER);
    scenario.config();
    const { dev } = await scenario.running();
    const text = 'restart croupier dev for this to take effect: gateway.advertise';
    const mark = dev.mark();
    const gateway = { advertise: 'game.example:19090' };
    scenario.config({ gateway });
    expect(await notice(dev, text, mark)).toMatchObject({ level: 'warn' });
    const next = dev.mark();
    scenario.config({ gateway, environment: { SETTING: 'two' } });
    await reloaded(dev, next);
    scenario.config({ environment: { SETTING: 'three' } });
    await reloaded(dev, dev.mark());
    expect(noticesWith(dev, 'restart croupier dev', mark)).toBe(1);
    expect(eventsOf(dev, 'reload.finished', mark)).toHaveLength(2);
  });
});

describe('several services', () => {
  const server = (id: string) =>
    SERVER.replaceAll("'echo'", `'${id}.echo'`)
      .replaceAll("'count'", `'${id}.count'`)
      .replace("serviceId: 'game'", `serviceId: '${id}'`);
  const services = (entries: Readonly<Record<string, object>>) =>
    scenario.project.config({
      services: Object.fromEntries(
        Object.entries(entries).map(([name, more]) => [
          name,
          { cwd: name, command: 'node server.js', ...more },
        ]),
      ),
    });
  const swapped = (dev: DevProcess, service: string, from = 0) =>
    reloaded(dev, from, (event) => event.service === service && event.outcome === 'swapped');

  it('only the one that changed restarts', async () => {
    for (const name of ['game', 'shop']) scenario.save(server(name), `${name}/server.js`);
    services({ game: {}, shop: {} });
    const dev = scenario.start();
    await Promise.all([swapped(dev, 'game'), swapped(dev, 'shop')]);
    const caller = await scenario.caller(dev);
    let mark = dev.mark();
    services({ game: {}, shop: { environment: { SETTING: 'two' } } });
    expect(await swapped(dev, 'shop', mark)).toMatchObject({
      rule: 'croupier.config.json',
      trigger: { paths: ['../croupier.config.json'] },
    });
    mark = dev.mark();
    scenario.project.write('game/.env', 'SETTING=three\n');
    expect(await swapped(dev, 'game', mark)).toMatchObject({
      rule: 'game/.env',
      trigger: { paths: ['.env'] },
    });
    expect(await caller.call('shop.echo', { id: 1 }).outcome).toMatchObject({
      answer: { version: 'two', generation: 2 },
    });
    expect(await caller.call('game.echo', { id: 2 }).outcome).toMatchObject({
      answer: { version: 'three', generation: 2 },
    });
    expect(eventsOf(dev, 'generation.active')).toHaveLength(4);
  });

  it('one that is added starts, and one that is removed is drained and ended', async () => {
    for (const name of ['game', 'shop']) scenario.save(server(name), `${name}/server.js`);
    services({ game: {} });
    const dev = scenario.start();
    await swapped(dev, 'game');
    const caller = await scenario.caller(dev);
    let mark = dev.mark();
    services({ game: {}, shop: { dependsOn: ['game'] } });
    expect(await swapped(dev, 'shop', mark)).toMatchObject({ generation: 1 });
    expect(await caller.call('shop.echo', { id: 'new' }).outcome).toMatchObject({ status: 'OK' });
    expect(eventsOf(dev, 'reload.finished', mark)).toHaveLength(1);

    mark = dev.mark();
    scenario.save(`${server('shop')}// again\n`, 'shop/server.js');
    await swapped(dev, 'shop', mark);
    scenario.project.write('shop/.env', 'SETTING=one\n');
    await swapped(dev, 'shop', dev.mark());
    expect(await caller.call('shop.echo', { id: 'set' }).outcome).toMatchObject({
      answer: { version: 'one' },
    });

    const slow = caller.call('shop.echo', { id: 'slow', barrier: 'slow' });
    mark = dev.mark();
    await scenario.reached(dev, 'slow');
    services({ game: {} });
    await dev.waitFor('generation.draining', ({ service }) => service === 'shop', mark);
    await caller.roundTrips();
    expect(slow.isPending).toBe(true);
    expect(eventsOf(dev, 'generation.starting', mark)).toEqual([]);
    scenario.open('slow');
    expect(await slow.outcome).toMatchObject({ status: 'OK', answer: { version: 'one' } });
    await until('the function is unknown', async () => {
      const { status } = await caller.call('shop.echo', { id: 'gone' }).outcome;
      return status === 'NOT_FOUND';
    });
    expect(await caller.call('game.echo', { id: 'stays' }).outcome).toMatchObject({
      answer: { generation: 1 },
    });

    mark = dev.mark();
    services({ game: {}, shop: {} });
    await swapped(dev, 'shop', mark);
    expect(await caller.call('shop.echo', { id: 'back' }).outcome).toMatchObject({ status: 'OK' });
  });

  it('one that is taken out and put back while it drains starts when it is gone', async () => {
    for (const name of ['game', 'shop']) scenario.save(server(name), `${name}/server.js`);
    services({ game: {}, shop: {} });
    const dev = scenario.start();
    await Promise.all([swapped(dev, 'game'), swapped(dev, 'shop')]);
    const caller = await scenario.caller(dev);
    const slow = caller.call('shop.echo', { id: 'slow', barrier: 'slow' });
    await scenario.reached(dev, 'slow');
    const mark = dev.mark();
    services({ game: {} });
    await dev.waitFor('generation.draining', ({ service }) => service === 'shop', mark);
    const back = dev.mark();
    services({ game: {}, shop: { environment: { SETTING: 'back' } } });
    await dev.waitFor('session.notice', ({ message }) => message.includes('new in the configuration'), back);
    await caller.roundTrips();
    expect(eventsOf(dev, 'generation.starting', mark)).toEqual([]);
    scenario.open('slow');
    expect(await slow.outcome).toMatchObject({ status: 'OK', answer: { version: null } });
    await swapped(dev, 'shop', mark);
    expect(await caller.call('shop.echo', { id: 'back' }).outcome).toMatchObject({
      answer: { version: 'back' },
    });
    const types = dev.events.slice(mark).map(({ type }) => type);
    expect(types.indexOf('generation.stopped')).toBeLessThan(types.indexOf('generation.starting'));
  });
});

describe('functions over HTTP', () => {
  it('are the ones that are configured now, without a call lost', async () => {
    scenario.save(`import { createServer } from 'node:http';
createServer((request, response) => {
  request.resume().on('end', () => response.end(JSON.stringify({ path: request.url })));
}).listen(Number(process.env.PORT), '127.0.0.1');
`);
    const one = { id: 'player.ban', version: '1.0.0', http: 'POST /ban' };
    scenario.config({ functions: [one] });
    const { dev, caller } = await scenario.running();
    expect(await caller.call('player.ban', {}).outcome).toMatchObject({ answer: { path: '/ban' } });
    const mark = dev.mark();
    const other = { ...one, http: 'POST /v2/ban' };
    scenario.config({ functions: [other, { ...one, id: 'player.kick', http: 'POST /kick' }] });
    expect(await reloaded(dev, mark)).toMatchObject({ outcome: 'swapped', calls: { lost: 0 } });
    expect(await caller.call('player.ban', {}).outcome).toMatchObject({ answer: { path: '/v2/ban' } });
    expect(await caller.call('player.kick', {}).outcome).toMatchObject({ answer: { path: '/kick' } });
    const broken = dev.mark();
    scenario.config({ functions: [{ ...other, inputSchema: 'missing.json' }] });
    expect(await notice(dev, 'missing.json', broken)).toMatchObject({ level: 'error' });
    expect(await caller.call('player.kick', {}).outcome).toMatchObject({ answer: { path: '/kick' } });
  });
});
