import { describe, expect, it } from 'vitest';
import type { RestartStrategy } from '../../../src/config/types.js';
import type { TunnelName } from '../../standins/tunnels.js';
import {
  expectNothingLost,
  inPlainText,
  type Outage,
  openCaller,
  openDeveloper,
  openEdge,
  restart,
  saveAndSee,
  urlOf,
} from './world.js';

/** Half of them with each strategy. */
const RESTARTS = 50;
const PER_SECOND = 100;

describe(`${PER_SECOND} calls a second through the tunnel and ${RESTARTS} restarts`, () => {
  it.each<readonly [RestartStrategy, TunnelName]>([
    ['overlap', 'tunnel.v1'],
    ['stop-first', 'server.v1'],
  ])(
    'none is lost but while the edge, which is restarted in between, is away: %s, %s',
    async (strategy, name) => {
      const edge = await openEdge({ tunnel: [name] });
      const url = urlOf('edge', edge);
      const developer = await openDeveloper(url, { ...inPlainText(url), restart: { strategy } });
      const caller = openCaller({ address: edge.address, perSecond: PER_SECOND });
      const outages: Outage[] = [];
      for (let save = 1; save <= RESTARTS / 2; save++) {
        await saveAndSee(developer, caller, `v${save}`);
        if (save % 10 === 0) outages.push(await restart(edge, developer.dev));
      }
      await caller.stop();
      expectNothingLost(caller, outages);
      // It really was away.
      expect(caller.losses.length).toBeGreaterThan(0);
      const hellos = (await edge.control('received')).filter((one) => one.rpc === 'hello');
      expect(hellos).toMatchObject([{ by: name }]);
    },
  );
});
