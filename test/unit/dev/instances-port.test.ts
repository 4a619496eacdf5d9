import { beforeEach, expect, it } from 'vitest';
import { InstancesPort, type RoutedPort } from '../../../src/dev/instances-port.js';
import type { StablePort } from '../../../src/proxy/types.js';

let log: string[];
let lanes: readonly [RoutedPort, RoutedPort];

const port: Pick<StablePort, 'routeAmong' | 'hold' | 'fail' | 'drain' | 'gone'> = {
  routeAmong: (destinations) => {
    log.push(`route ${destinations.map(({ generation, port }) => `${generation}:${port}`).join(' ')}`);
  },
  hold: () => log.push('hold'),
  fail: (message) => log.push(`fail ${message}`),
  drain: async (generation) => {
    log.push(`drain ${generation}`);
    return { complete: true, cut: 0, ms: 0 };
  },
  gone: (generation) => log.push(`gone ${generation}`),
};

beforeEach(() => {
  log = [];
  const shared = new InstancesPort(port, 2);
  lanes = [shared.lane(0), shared.lane(1)];
});

it('routes among those that serve, and tells equal generations of different instances apart', () => {
  const [first, second] = lanes;
  first.route(1, 4001);
  second.route(1, 4002);
  second.route(2, 4003);
  expect(log).toEqual(['route 1:4001', 'route 1:4001 2:4002', 'route 1:4001 3:4003']);
});

it('holds only while none serves', () => {
  const [first, second] = lanes;
  first.route(1, 4001);
  second.hold();
  first.hold();
  expect(log).toEqual(['route 1:4001', 'route 1:4001', 'hold']);
});

it('refuses only when all have failed', () => {
  const [first, second] = lanes;
  first.fail('one is broken');
  second.fail('two is broken');
  second.hold();
  expect(log).toEqual(['hold', 'fail one is broken', 'hold']);
});

it('takes an instance that is drained or gone out of the turn before its connections leave', async () => {
  const [first, second] = lanes;
  first.route(1, 4001);
  second.route(1, 4002);
  log = [];
  await first.drain(1, 100);
  second.gone(1);
  expect(log).toEqual(['route 2:4002', 'drain 1', 'hold', 'gone 2']);
});

it('leaves the turn alone when a replaced generation goes', async () => {
  const [first] = lanes;
  first.route(1, 4001);
  first.route(2, 4002);
  log = [];
  await first.drain(1, 100);
  first.gone(1);
  expect(log).toEqual(['drain 1', 'gone 1']);
});
