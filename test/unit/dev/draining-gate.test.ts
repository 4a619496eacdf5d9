import { describe, expect, it } from 'vitest';
import type { DrainPolicy } from '../../../src/config/types.js';
import { drainingGate } from '../../../src/dev/draining-gate.js';
import type { GatePort } from '../../../src/supervisor/ports.js';

/** A gate that writes down what it is asked for, and an upstream whose answer comes when the test says so. */
function open(policy: DrainPolicy) {
  const told: string[] = [];
  let settle: () => void = () => {};
  const gate: GatePort = {
    route: (generation) => told.push(`route ${generation}`),
    hold: (what) => told.push(`hold ${what}`),
    fail: (reason) => told.push(`fail ${reason}`),
    drain: async (generation, what) => {
      told.push(`drain ${what} of ${generation}`);
      return { complete: true, cut: 0, ms: 0 };
    },
    inFlight: () => ({ calls: 0, jobs: 0 }),
    retire: (generation) => told.push(`retire ${generation}`),
    gone: async () => {},
    functions: () => [],
    counters: () => ({ held: 0, drained: 0, replayed: 0, lost: 0 }),
  };
  const wrapped = drainingGate(gate, () => policy, {
    gapBegins: () => {
      told.push('gap begins');
      return new Promise((resolve) => {
        settle = resolve;
      });
    },
    routed: (generation) => told.push(`upstream: ${generation} is routed`),
  });
  return { gate: wrapped, told, settle: () => settle() };
}

describe('the gate of a service with an upstream', () => {
  it('tells of every generation that gets the calls, after it has them', () => {
    const { gate, told } = open('hold');
    gate.route(1);
    expect(told).toEqual(['route 1', 'upstream: 1 is routed']);
  });

  it.each(['deregister', 'auto'] as const)('%s: drains when the upstream has settled', async (policy) => {
    const { gate, told, settle } = open(policy);
    gate.route(1);
    told.length = 0;
    const drained = gate.drain(1, 'jobs', 1000);
    await Promise.resolve();
    expect(told).toEqual(['gap begins']);
    settle();
    await drained;
    await gate.drain(1, 'calls', 1000);
    expect(told).toEqual(['gap begins', 'drain jobs of 1', 'drain calls of 1']);
  });

  it('hold: tells of no gap', async () => {
    const { gate, told } = open('hold');
    gate.route(1);
    await gate.drain(1, 'jobs', 1000);
    expect(told).not.toContain('gap begins');
  });

  it('tells of no gap where a successor has the calls already, or where there is no time to drain', async () => {
    const { gate, told } = open('auto');
    gate.route(1);
    gate.route(2);
    await gate.drain(1, 'jobs', 1000);
    await gate.drain(2, 'jobs', 0);
    expect(told).not.toContain('gap begins');
  });
});
