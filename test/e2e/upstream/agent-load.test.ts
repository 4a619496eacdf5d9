import { describe, expect, it } from 'vitest';
import type { DrainPolicy, RestartStrategy } from '../../../src/config/types.js';
import { gameServer } from '../../support/project.js';
import { eventsOf } from '../dev/scenario.js';
import {
  expectNothingLost,
  instancesOf,
  type Outage,
  openAgent,
  openCaller,
  openDeveloper,
  saveAndSee,
} from './world.js';

const PER_SECOND = 100;
/** Restarts of the main cases; `RESTARTS=50` for the long form. */
const RESTARTS = Number(process.env.RESTARTS ?? 20);
/**
 * Agents of the field allow a call 3 s, so a swap's gap has to be shorter. On a busy machine a game server can take longer to boot, which
 * is not what these tests are about.
 */
const LIMIT_MS = 15_000;
type Agents = 'replacing' | 'appending';

describe(`${PER_SECOND} calls a second to the agent`, () => {
  it.each<readonly [RestartStrategy, DrainPolicy, Agents, number]>([
    ['overlap', 'hold', 'replacing', RESTARTS],
    ['stop-first', 'hold', 'replacing', RESTARTS],
    ['stop-first', 'auto', 'replacing', 10],
    ['stop-first', 'hold', 'appending', 10],
    ['overlap', 'hold', 'appending', 10],
  ])(
    'one instance, %s, policy %s, %s agent, %i restarts: none is lost',
    async (strategy, policy, kind, restarts) => {
      const agent = await openAgent({ kind, limitMs: LIMIT_MS });
      const developer = await openDeveloper(`agent://${agent.address}`, {
        restart: { strategy },
        drain: { policy },
      });
      const caller = openCaller({ address: agent.address, perSecond: PER_SECOND });
      for (let save = 1; save <= restarts; save++) await saveAndSee(developer, caller, `v${save}`);
      await caller.stop();
      expectNothingLost(caller);
    },
  );

  it.each<readonly [RestartStrategy, Agents, number]>([
    ['stop-first', 'replacing', RESTARTS],
    ['overlap', 'replacing', RESTARTS],
    ['stop-first', 'appending', 10],
  ])(
    'two instances, %s, policy deregister, %s agent, %i restarts of one: none is lost',
    async (strategy, kind, restarts) => {
      const agent = await openAgent({ kind, limitMs: LIMIT_MS });
      const config = { restart: { strategy }, drain: { policy: 'deregister' } };
      const url = `agent://${agent.address}`;
      const first = await openDeveloper(url, config);
      await openDeveloper(url, config);
      const caller = openCaller({ address: agent.address, perSecond: PER_SECOND });
      for (let save = 1; save <= restarts; save++) {
        const mark = first.dev.mark();
        first.scenario.save(gameServer(`v${save}`));
        // Which of the two answers is up to the agent: that the swap is over, and has lost nothing, is what counts here.
        const finished = await first.dev.waitFor('reload.finished', () => true, mark);
        expect(finished).toMatchObject({ outcome: 'swapped', calls: { lost: 0 } });
      }
      await caller.stop();
      expectNothingLost(caller);
      // Where an empty list is honoured, swaps that leave a gap take the instance out, and put it back.
      const takenOut = eventsOf(first.dev, 'upstream.drained').filter(({ reason }) => reason === 'swap');
      expect(takenOut.length > 0).toBe(strategy === 'stop-first' && kind === 'replacing');
      expect(await instancesOf(agent)).toHaveLength(2);
    },
  );
});

describe('an agent that is killed and started again between restarts', () => {
  it('calls fail only while it is down, and for up to 1 s after its port accepts', async () => {
    const agent = await openAgent({ limitMs: LIMIT_MS });
    const developer = await openDeveloper(`agent://${agent.address}`, { restart: { strategy: 'overlap' } });
    const caller = openCaller({ address: agent.address, perSecond: PER_SECOND });
    const outages: Outage[] = [];
    for (let round = 1; round <= 10; round++) {
      await saveAndSee(developer, caller, `before-${round}`);
      const mark = developer.dev.mark();
      // A call that the agent has taken dies with it, however long ago it was sent.
      const from = Date.now();
      await agent.kill();
      await agent.start();
      outages.push({ from, to: agent.listeningSince + 1000 });
      await developer.dev.waitFor('upstream.registered', () => true, mark);
      await saveAndSee(developer, caller, `after-${round}`);
    }
    await caller.stop();
    expectNothingLost(caller, outages);
    // Something was lost: the agent really was away.
    expect(caller.losses.length).toBeGreaterThan(0);
  });
});
