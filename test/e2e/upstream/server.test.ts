import { describe, expect, it } from 'vitest';
import type { RestartStrategy } from '../../../src/config/types.js';
import type { ControlName } from '../../standins/server-control.js';
import { until } from '../../support/dev-process.js';
import { gameServer } from '../../support/project.js';
import { eventsOf } from '../dev/scenario.js';
import { SingleCalls } from './single-calls.js';
import {
  answeredBy,
  expectNothingLost,
  inPlainText,
  openCaller,
  openDeveloper,
  openServer,
  openUnconnected,
  registrationsOf,
  restart,
  saveAndSee,
  urlOf,
} from './world.js';

const RESTARTS = 20;
const PER_SECOND = 100;

/** The time that a server gives a call. How long a swap takes on a busy machine is not what is tested here, ms. */
const CALL_MS = 15_000;

/** The shortest that leaves a busy machine time for the heartbeats, of which there is one a second, ms. */
const EXPIRY_MS = 3_000;

describe(`${PER_SECOND} calls a second to a server through ${RESTARTS} restarts`, () => {
  it.each<readonly [readonly ControlName[], ControlName, RestartStrategy]>([
    [['control.v1'], 'control.v1', 'overlap'],
    [['server.v1'], 'server.v1', 'stop-first'],
  ])('none is lost: served as %j, so registered by %s, %s', async (names, by, strategy) => {
    const server = await openServer({ names, limitMs: CALL_MS });
    const url = urlOf('server', server);
    const developer = await openDeveloper(url, { ...inPlainText(url), restart: { strategy } });
    const caller = openCaller({ address: server.address, perSecond: PER_SECOND });
    for (let save = 1; save <= RESTARTS; save++) await saveAndSee(developer, caller, `v${save}`);
    await caller.stop();
    expectNothingLost(caller);
    const registrations = await registrationsOf(server);
    expect(new Set(registrations.map((one) => one.by))).toEqual(new Set([by]));
    expect(eventsOf(developer.dev, 'upstream.lost')).toEqual([]);
  });
});

describe('a server that', () => {
  it('is killed and started again gets everything again, and calls fail only until then', async () => {
    const server = await openServer({ limitMs: CALL_MS });
    const url = urlOf('server', server);
    const developer = await openDeveloper(url, { ...inPlainText(url), restart: { strategy: 'overlap' } });
    const caller = openCaller({ address: server.address, perSecond: PER_SECOND });
    const outages = [];
    for (let round = 1; round <= 3; round++) {
      await saveAndSee(developer, caller, `before-${round}`);
      outages.push(await restart(server, developer.dev));
      await saveAndSee(developer, caller, `after-${round}`);
      await until(
        'the manifest is there again',
        async () => (await server.control('capabilities')).length === 1,
      );
    }
    await caller.stop();
    expectNothingLost(caller, outages);
    // It really was away.
    expect(caller.losses.length).toBeGreaterThan(0);
    expect(eventsOf(developer.dev, 'upstream.connected')).toHaveLength(4);
  });

  it('keeps a registration for seconds only never has to drop it', async () => {
    const server = await openServer({ expiryMs: EXPIRY_MS, limitMs: CALL_MS });
    const url = urlOf('server', server);
    const { dev } = await openDeveloper(url, inPlainText(url));
    const caller = openCaller({ address: server.address, perSecond: PER_SECOND });
    await until('it would have expired twice', async () => {
      const [first, ...later] = await registrationsOf(server);
      return first !== undefined && (later.at(-1)?.at ?? 0) - first.at > 2 * EXPIRY_MS;
    });
    await caller.stop();
    expectNothingLost(caller);
    expect(eventsOf(dev, 'upstream.registered')).toHaveLength(1);
    expect(eventsOf(dev, 'upstream.lost')).toEqual([]);
  });

  it('freezes is lost, holds up nobody, and has everything again when it thaws', async () => {
    // So that heartbeats are frequent: one of them finds out.
    const server = await openServer({ expiryMs: EXPIRY_MS });
    const url = urlOf('server', server);
    const developer = await openDeveloper(url, inPlainText(url));
    const { dev } = developer;
    const mark = dev.mark();
    server.freeze();
    const { reason } = await dev.waitFor('upstream.lost', () => true, mark);
    expect(reason).toContain('did not answer');
    const local = openCaller({ address: await dev.gateway(), perSecond: PER_SECOND });
    await saveAndSee(developer, local, 'v1');
    await local.stop();
    expectNothingLost(local);
    server.thaw();
    await dev.waitFor('upstream.connected', () => true, mark);
    expect((await server.control('functions')).map(({ id }) => id)).toContain('echo');
  });

  it('says neither a session id nor a time of expiry, and has no manifests, is served all the same', async () => {
    const server = await openServer({
      withoutSessionId: true,
      withoutExpireAt: true,
      withoutCapabilities: true,
    });
    const url = urlOf('server', server);
    const { dev } = await openDeveloper(url, inPlainText(url));
    expect(await new SingleCalls(server.address).echo('a')).toMatchObject({ id: 'a', version: 'v0' });
    await dev.stop();
    expect(eventsOf(dev, 'session.notice').filter(({ level }) => level !== 'info')).toEqual([]);
    expect(eventsOf(dev, 'upstream.lost')).toEqual([]);
    expect(await server.control('functions')).toEqual([]);
  });

  it('forgets everything with its connections in place is told again after the next swap', async () => {
    // With a time of expiry it would be told before that.
    const server = await openServer({ withoutExpireAt: true });
    const url = urlOf('server', server);
    const { scenario } = await openDeveloper(url, inPlainText(url));
    await server.control('forget');
    expect(await server.control('functions')).toEqual([]);
    scenario.save(gameServer('v1'));
    await until('it has them again', async () => (await server.control('functions')).length === 2);
  });

  it('does not know the game is tried again and again, told once with the key to correct, and holds up nobody', async () => {
    const server = await openServer({ gameIds: ['poker'] });
    const url = urlOf('server', server);
    const config = { ...inPlainText(url), gameId: 'pocker' };
    const developer = await openUnconnected(url, config);
    const { scenario, dev } = developer;
    const { reason } = await dev.waitFor('upstream.lost');
    expect(reason).toContain('PERMISSION_DENIED: unknown game_id "pocker"');
    expect(reason).toContain('check "gameId" ("pocker") in the configuration');
    const local = openCaller({ address: await dev.gateway(), perSecond: PER_SECOND });
    await saveAndSee(developer, local, 'v1');
    await local.stop();
    expectNothingLost(local);
    await until('it is tried again', async () => (await registrationsOf(server)).length >= 3);
    expect(eventsOf(dev, 'upstream.lost')).toHaveLength(1);
    expect(eventsOf(dev, 'upstream.connected')).toEqual([]);
    await dev.stop();

    scenario.config({ ...config, gameId: 'poker' });
    const corrected = scenario.start([], { CROUPIER_UPSTREAM: url });
    await corrected.waitFor('upstream.registered');
    const caller = openCaller({ address: server.address, perSecond: PER_SECOND });
    await until('it answers', () => answeredBy(caller).has('v1'));
    await caller.stop();
    expectNothingLost(caller);
  });
});
