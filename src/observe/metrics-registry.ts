import { Counter, Gauge, Histogram, Registry } from 'prom-client';
import type { CountedEvent, RenderedMetrics, ServiceGauges, SessionGauges } from './metrics.js';

/** In seconds. A swap of an interpreted project takes some 100 ms, a build of a large one a minute. */
const BUCKETS = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60];
const PHASES = ['build', 'drain', 'stop', 'start', 'total'] as const;
/** Of an upstream. */
const STATES = ['connecting', 'connected', 'lost', 'succeeded', 'closed'] as const;

/** The figures of one session, in a registry of their own. */
export class MetricsRegistry {
  readonly #registry = new Registry();
  readonly #reloads = new Counter({
    name: 'croupier_reloads_total',
    help: 'Reloads that have ended, by what set them off and how they ended',
    labelNames: ['service', 'outcome', 'trigger'],
    registers: [this.#registry],
  });
  readonly #phases = new Histogram({
    name: 'croupier_reload_phase_duration_seconds',
    help: 'How long the phases of reloads took; a phase that did not happen is not counted',
    labelNames: ['service', 'phase'],
    buckets: BUCKETS,
    registers: [this.#registry],
  });
  readonly #functionReloads = new Counter({
    name: 'croupier_function_reloads_total',
    help: 'Functions that were to be replaced in a running process, by what came of it',
    labelNames: ['service', 'outcome'],
    registers: [this.#registry],
  });
  readonly #calls = {
    held: this.#total('croupier_calls_held_total', 'Calls and jobs that waited for a generation'),
    drained: this.#total(
      'croupier_calls_drained_total',
      'Calls and jobs that ended well on a generation on its way out',
    ),
    replayed: this.#total('croupier_calls_replayed_total', 'Calls that were sent a second time'),
    lost: this.#total(
      'croupier_calls_lost_total',
      'Calls and jobs that the gateway answered with a reason of its own',
    ),
    answered: this.#total('croupier_calls_answered_total', 'Calls and jobs that were answered'),
  };
  readonly #crashes = this.#total(
    'croupier_generation_crashes_total',
    'Processes that died by themselves while they had the calls',
  );
  readonly #callsInFlight = this.#gauge('croupier_calls_in_flight', 'Calls under way in a process');
  readonly #jobsInFlight = this.#gauge('croupier_jobs_in_flight', 'Jobs under way in a process');
  readonly #held = this.#gauge('croupier_hold_queue_depth', 'Calls and jobs that wait for a generation');
  readonly #generation = this.#gauge('croupier_generation', 'The generation that has the calls; 0: none');
  readonly #functions = this.#gauge('croupier_functions', 'Functions that are served');
  readonly #upstreamState = new Gauge({
    name: 'croupier_upstream_state',
    help: '1 for the state that the link to the upstream is in',
    labelNames: ['url', 'state'],
    registers: [this.#registry],
  });
  readonly #reconnects = new Counter({
    name: 'croupier_upstream_reconnects_total',
    help: 'Connections to the upstream after the first',
    labelNames: ['url'],
    registers: [this.#registry],
  });
  readonly #paused = new Gauge({
    name: 'croupier_paused',
    help: '1 while changed files are not acted upon',
    registers: [this.#registry],
  });
  readonly #startTime = new Gauge({
    name: 'croupier_start_time_seconds',
    help: 'When the session was started, in seconds since 1970',
    registers: [this.#registry],
  });
  readonly #info = new Gauge({
    name: 'croupier_info',
    help: 'Always 1; the version of the runner is a label',
    labelNames: ['version'],
    registers: [this.#registry],
  });

  count(event: CountedEvent): void {
    const { service } = event;
    if (event.type === 'functions.reloaded') {
      const { reloaded, failed } = event;
      if (reloaded.length > 0) this.#functionReloads.inc({ service, outcome: 'reloaded' }, reloaded.length);
      if (failed.length > 0) this.#functionReloads.inc({ service, outcome: 'failed' }, failed.length);
      return;
    }
    // What is asked of all instances is one reload, told at its end; each of them has phases of its own.
    const { kind } = event.trigger;
    const isPart = event.instance !== undefined && (kind === 'manual' || kind === 'change');
    if (!isPart) this.#reloads.inc({ service, outcome: event.outcome, trigger: kind });
    for (const phase of PHASES) {
      const ms = isPart && phase === 'total' ? 0 : event.ms[phase];
      if (ms > 0) this.#phases.observe({ service, phase }, ms / 1000);
    }
  }

  /** `crashes`: totals by service. */
  async render(gauges: SessionGauges, crashes: ReadonlyMap<string, number>): Promise<RenderedMetrics> {
    this.#forgetMoment();
    for (const service of gauges.services) this.#setService(service, crashes.get(service.name) ?? 0);
    const { upstream, isPaused, startedAt, version } = gauges;
    if (upstream !== null) {
      const { url, state, reconnects } = upstream;
      for (const one of STATES) this.#upstreamState.set({ url, state: one }, one === state ? 1 : 0);
      this.#reconnects.inc({ url }, reconnects);
    }
    this.#paused.set(isPaused ? 1 : 0);
    this.#startTime.set(startedAt);
    this.#info.set({ version }, 1);
    return { contentType: this.#registry.contentType, text: await this.#registry.metrics() };
  }

  /** What is counted elsewhere is set anew each time; so nothing stays of a service that is gone. */
  #forgetMoment(): void {
    const counters = [...Object.values(this.#calls), this.#crashes, this.#reconnects];
    const moment = [this.#callsInFlight, this.#jobsInFlight, this.#held, this.#generation, this.#functions];
    for (const metric of [...counters, ...moment, this.#upstreamState]) metric.reset();
  }

  #setService({ name, generation, functions, inFlight, held, calls }: ServiceGauges, crashes: number): void {
    const service = { service: name };
    this.#calls.held.inc(service, calls.held);
    this.#calls.drained.inc(service, calls.drained);
    this.#calls.replayed.inc(service, calls.replayed);
    this.#calls.lost.inc(service, calls.lost);
    this.#calls.answered.inc(service, calls.answered);
    this.#crashes.inc(service, crashes);
    this.#callsInFlight.set(service, inFlight.calls);
    this.#jobsInFlight.set(service, inFlight.jobs);
    this.#held.set(service, held);
    this.#generation.set(service, generation ?? 0);
    this.#functions.set(service, functions);
  }

  #total(name: string, help: string): Counter<'service'> {
    return new Counter({ name, help, labelNames: ['service'], registers: [this.#registry] });
  }

  #gauge(name: string, help: string): Gauge<'service'> {
    return new Gauge({ name, help, labelNames: ['service'], registers: [this.#registry] });
  }
}
