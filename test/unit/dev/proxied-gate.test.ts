import { describe, expect, it } from 'vitest';
import { proxiedGate } from '../../../src/dev/proxied-gate.js';
import type { ProxyDrain, StablePort } from '../../../src/proxy/types.js';
import type { GatePort } from '../../../src/supervisor/ports.js';

/** What a gate and a stable port were told, in order; drains end when the test says so. */
function world() {
  const told: string[] = [];
  const drains: ((drained: ProxyDrain) => void)[] = [];
  const gate: GatePort = {
    route: (generation) => void told.push(`gate route ${generation}`),
    hold: (what) => void told.push(`gate hold ${what}`),
    fail: (_reason, message) => void told.push(`gate fail ${message}`),
    drain: async (generation, what, timeoutMs) => {
      told.push(`gate drain ${generation} ${what} ${timeoutMs}`);
      return { complete: true, cut: 2, ms: 1 };
    },
    inFlight: () => ({ calls: 3, jobs: 4 }),
    retire: (generation) => void told.push(`gate retire ${generation}`),
    gone: async (generation) => void told.push(`gate gone ${generation}`),
    functions: () => [],
    counters: () => ({ held: 1, drained: 2, replayed: 3, lost: 4 }),
  };
  const stablePort: StablePort = {
    host: '127.0.0.1',
    port: 8000,
    routeAmong: () => {
      throw new Error('of one service there is one process');
    },
    route: (generation, port) => void told.push(`port route ${generation} ${port}`),
    hold: () => void told.push('port hold'),
    fail: (message) => void told.push(`port fail ${message}`),
    drain: (generation, timeoutMs) => {
      told.push(`port drain ${generation} ${timeoutMs}`);
      return new Promise((resolve) => drains.push(resolve));
    },
    connections: () => 0,
    gone: (generation) => void told.push(`port gone ${generation}`),
    windDown: () => undefined,
    counters: () => ({ accepted: 0, held: 0, refused: 0, cut: 0, open: 0, waiting: 0 }),
    close: async () => undefined,
  };
  const both = proxiedGate(gate, {
    name: 'game',
    stablePorts: [stablePort],
    portOf: (generation) => 40_000 + generation,
    onCut: (generation, connections, timeoutMs) => told.push(`cut ${generation} ${connections} ${timeoutMs}`),
  });
  return { told, drains, both };
}

describe('a gate with a stable port', () => {
  it('routes, holds and fails both', async () => {
    const { told, both } = world();
    both.route(7);
    both.hold('jobs');
    both.hold('all');
    both.fail('generation-failed', 'broken');
    both.retire(7);
    await both.gone(7);
    expect(told).toEqual([
      'gate route 7',
      'port route 7 40007',
      'gate hold jobs',
      'gate hold all',
      'port hold',
      'gate fail broken',
      'port fail game: broken',
      'gate retire 7',
      'port gone 7',
      'gate gone 7',
    ]);
    expect(both.inFlight(7)).toEqual({ calls: 3, jobs: 4 });
    expect(both.counters().lost).toBe(4);
  });

  it('is drained of calls when the connections are gone as well; what was cut is told', async () => {
    const { told, drains, both } = world();
    let isOver = false;
    const drained = both.drain(7, 'calls', 500).finally(() => {
      isOver = true;
    });
    await new Promise((resolve) => setImmediate(resolve));
    expect(isOver).toBe(false);
    expect(told).toEqual(['port drain 7 500', 'gate drain 7 calls 500']);
    drains[0]?.({ complete: false, cut: 5, ms: 500 });
    expect(await drained).toEqual({ complete: true, cut: 2, ms: 1 });
    expect(told.at(-1)).toBe('cut 7 5 500');
  });

  it('is drained of jobs without them', async () => {
    const { told, both } = world();
    expect(await both.drain(7, 'jobs', 500)).toMatchObject({ complete: true });
    expect(told).toEqual(['gate drain 7 jobs 500']);
  });
});
