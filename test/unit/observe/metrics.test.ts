import parse from 'parse-prometheus-text-format';
import { describe, expect, it } from 'vitest';
import type { CroupierEvent } from '../../../src/core/events.js';
import { type ServiceGauges, type SessionGauges, SessionMetrics } from '../../../src/observe/metrics.js';

function gauges(more: Partial<ServiceGauges> = {}, session: Partial<SessionGauges> = {}): SessionGauges {
  return {
    version: '1.2.3',
    startedAt: 1_767_225_600,
    isPaused: false,
    services: [
      {
        name: 'game',
        generation: 7,
        functions: 3,
        inFlight: { calls: 2, jobs: 1 },
        held: 4,
        calls: { held: 10, drained: 5, replayed: 1, lost: 2, answered: 1000 },
        ...more,
      },
    ],
    upstream: null,
    ...session,
  };
}

type Family = ReturnType<typeof parse>[number];

async function read(
  metrics: SessionMetrics,
  now: SessionGauges = gauges(),
): Promise<ReadonlyMap<string, Family>> {
  const { text, contentType } = await metrics.render(now);
  expect(contentType).toMatch(/^text\/plain; version=0\.0\.4/);
  return new Map(parse(text).map((family) => [family.name, family]));
}

function value(
  families: ReadonlyMap<string, Family>,
  name: string,
  labels: Readonly<Record<string, string>> = { service: 'game' },
): number | undefined {
  const metric = families
    .get(name)
    ?.metrics.find((one) => JSON.stringify(one.labels ?? {}) === JSON.stringify(labels));
  return metric?.value === undefined ? undefined : Number(metric.value);
}

const take = (metrics: SessionMetrics, event: CroupierEvent) =>
  metrics.take({ ...event, time: '2026-01-01T00:00:00.000Z' });

function reload(more: Partial<Extract<CroupierEvent, { type: 'reload.finished' }>> = {}): CroupierEvent {
  return {
    type: 'reload.finished',
    service: 'game',
    generation: 2,
    trigger: { kind: 'change', paths: ['a.js'] },
    rule: 'default',
    strategy: 'overlap',
    outcome: 'swapped',
    ms: { build: 0, drain: 3, stop: 0, start: 120, total: 143 },
    calls: { held: 0, drained: 0, replayed: 0, lost: 0 },
    ...more,
  };
}

const active = (generation: number, instance?: number): CroupierEvent => ({
  type: 'generation.active',
  service: 'game',
  generation,
  pid: 1,
  functions: [],
  ...(instance === undefined ? {} : { instance }),
});

const failed = (generation: number, instance?: number): CroupierEvent => ({
  type: 'generation.failed',
  service: 'game',
  generation,
  pid: 1,
  reason: 'exited',
  message: 'the process exited with code 1',
  exitCode: 1,
  signal: null,
  serving: null,
  retryMs: 500,
  outputTail: [],
  ...(instance === undefined ? {} : { instance }),
});

describe('the figures of a session', () => {
  it('are what its services are at this moment', async () => {
    const metrics = new SessionMetrics();
    const families = await read(metrics);
    expect(value(families, 'croupier_calls_held_total')).toBe(10);
    expect(value(families, 'croupier_calls_drained_total')).toBe(5);
    expect(value(families, 'croupier_calls_replayed_total')).toBe(1);
    expect(value(families, 'croupier_calls_lost_total')).toBe(2);
    expect(value(families, 'croupier_calls_answered_total')).toBe(1000);
    expect(value(families, 'croupier_calls_in_flight')).toBe(2);
    expect(value(families, 'croupier_jobs_in_flight')).toBe(1);
    expect(value(families, 'croupier_hold_queue_depth')).toBe(4);
    expect(value(families, 'croupier_generation')).toBe(7);
    expect(value(families, 'croupier_functions')).toBe(3);
    expect(value(families, 'croupier_paused', {})).toBe(0);
    expect(value(families, 'croupier_start_time_seconds', {})).toBe(1_767_225_600);
    expect(value(families, 'croupier_info', { version: '1.2.3' })).toBe(1);
    const calls = { held: 11, drained: 5, replayed: 1, lost: 2, answered: 1200 };
    const later = await read(metrics, gauges({ calls, generation: null }, { isPaused: true }));
    expect(value(later, 'croupier_calls_held_total')).toBe(11);
    expect(value(later, 'croupier_calls_answered_total')).toBe(1200);
    expect(value(later, 'croupier_generation')).toBe(0);
    expect(value(later, 'croupier_paused', {})).toBe(1);
  });

  it('have names, types and units as the convention wants them', async () => {
    const metrics = new SessionMetrics();
    take(metrics, reload());
    for (const { name, type, help } of (await read(metrics)).values()) {
      expect(name).toMatch(/^croupier_[a-z_]+$/);
      expect(name.endsWith('_total')).toBe(type === 'COUNTER');
      if (type === 'HISTOGRAM') expect(name).toMatch(/_seconds$/);
      expect(help.length).toBeGreaterThan(10);
    }
  });

  it('count reloads by what set them off and how they ended, also those from before anybody asked', async () => {
    const metrics = new SessionMetrics();
    take(metrics, reload());
    take(metrics, reload());
    take(metrics, reload({ outcome: 'kept-old', trigger: { kind: 'manual', paths: [] } }));
    const labels = (outcome: string, trigger: string) => ({ service: 'game', outcome, trigger });
    const families = await read(metrics);
    expect(value(families, 'croupier_reloads_total', labels('swapped', 'change'))).toBe(2);
    expect(value(families, 'croupier_reloads_total', labels('kept-old', 'manual'))).toBe(1);
    take(metrics, reload());
    expect(value(await read(metrics), 'croupier_reloads_total', labels('swapped', 'change'))).toBe(3);
  });

  it('have the phases as histograms, from 5 ms to a minute; a phase that there was none of is not counted', async () => {
    const metrics = new SessionMetrics();
    take(metrics, reload());
    take(metrics, reload({ ms: { build: 45_000, drain: 0, stop: 5000, start: 200, total: 50_200 } }));
    const phases = (await read(metrics)).get('croupier_reload_phase_duration_seconds');
    expect(phases?.type).toBe('HISTOGRAM');
    const buckets = Object.keys(phases?.metrics[0]?.buckets ?? {});
    expect(
      buckets
        .filter((le) => le !== '+Inf')
        .map(Number)
        .sort((a, b) => a - b),
    ).toEqual([0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60]);
    const { text } = await metrics.render(gauges());
    const line = (phase: string, le: string) =>
      text.match(
        new RegExp(
          `^croupier_reload_phase_duration_seconds_bucket\\{le="${le}",service="game",phase="${phase}"\\} (\\d+)$`,
          'm',
        ),
      )?.[1];
    expect(line('start', '0.1')).toBe('0');
    expect(line('start', '0.25')).toBe('2');
    expect(line('drain', '0.005')).toBe('1');
    expect(line('drain', '\\+Inf')).toBe('1');
    expect(line('build', '30')).toBe('0');
    expect(line('build', '60')).toBe('1');
    expect(line('total', '\\+Inf')).toBe('2');
  });

  it('count a reload of several instances once, with the phases of each', async () => {
    const metrics = new SessionMetrics();
    take(metrics, reload({ instance: 1, trigger: { kind: 'manual', paths: [] } }));
    take(metrics, reload({ instance: 2, trigger: { kind: 'manual', paths: [] } }));
    const ms = { build: 0, drain: 0, stop: 0, start: 0, total: 300 };
    take(metrics, reload({ trigger: { kind: 'manual', paths: [] }, ms }));
    const families = await read(metrics);
    const labels = { service: 'game', outcome: 'swapped', trigger: 'manual' };
    expect(value(families, 'croupier_reloads_total', labels)).toBe(1);
    const { text } = await metrics.render(gauges());
    expect(text).toContain('croupier_reload_phase_duration_seconds_count{service="game",phase="start"} 2\n');
    expect(text).toContain('croupier_reload_phase_duration_seconds_count{service="game",phase="total"} 1\n');
  });

  it('count as a crash the death of a process that had the calls, and nothing else', async () => {
    const metrics = new SessionMetrics();
    take(metrics, failed(1));
    take(metrics, active(2));
    take(metrics, failed(2));
    take(metrics, failed(2));
    take(metrics, active(3));
    take(metrics, {
      type: 'generation.stopped',
      service: 'game',
      generation: 3,
      pid: 1,
      exitCode: 0,
      signal: null,
      ms: 1,
    });
    take(metrics, failed(3));
    take(metrics, active(1, 1));
    take(metrics, failed(1, 2));
    expect(metrics.crashes('game')).toBe(1);
    expect(metrics.crashes('chat')).toBe(0);
    expect(value(await read(metrics), 'croupier_generation_crashes_total')).toBe(1);
  });

  it('count functions that were reloaded in their process', async () => {
    const metrics = new SessionMetrics();
    const one = { id: 'a', oldVersion: '1', newVersion: '2' };
    const bad = { id: 'b', path: 'b.js', error: 'SyntaxError', rolledBack: true };
    const event = { type: 'functions.reloaded', service: 'game', generation: 1, ms: 5 } as const;
    take(metrics, { ...event, reloaded: [one, one], failed: [] });
    take(metrics, { ...event, reloaded: [one], failed: [bad] });
    const families = await read(metrics);
    expect(value(families, 'croupier_function_reloads_total', { service: 'game', outcome: 'reloaded' })).toBe(
      3,
    );
    expect(value(families, 'croupier_function_reloads_total', { service: 'game', outcome: 'failed' })).toBe(
      1,
    );
  });

  it('show the upstream by its state', async () => {
    const metrics = new SessionMetrics();
    const url = 'agent://127.0.0.1:19091';
    const families = await read(
      metrics,
      gauges({}, { upstream: { url, state: 'connected', reconnects: 3 } }),
    );
    expect(value(families, 'croupier_upstream_state', { url, state: 'connected' })).toBe(1);
    expect(value(families, 'croupier_upstream_state', { url, state: 'lost' })).toBe(0);
    expect(value(families, 'croupier_upstream_reconnects_total', { url })).toBe(3);
  });

  it('have nothing of a service that is gone, and names of any kind', async () => {
    const metrics = new SessionMetrics();
    await read(metrics);
    const families = await read(metrics, gauges({ name: 'with "quotes" \\ and \n' }));
    expect(value(families, 'croupier_generation')).toBeUndefined();
    expect(value(families, 'croupier_generation', { service: 'with "quotes" \\ and \n' })).toBe(7);
  });

  it('of a long session that nobody asks for are counted all the same', async () => {
    const metrics = new SessionMetrics();
    for (let count = 0; count < 5000; count++) take(metrics, reload());
    const labels = { service: 'game', outcome: 'swapped', trigger: 'change' };
    expect(value(await read(metrics), 'croupier_reloads_total', labels)).toBe(5000);
  });
});
