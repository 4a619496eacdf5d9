import type { CheckCall, ServiceConfig } from '../config/types.js';
import { type Clock, delay } from '../core/clock.js';
import type { StampedEvent } from '../core/events.js';
import type { LiveSession } from '../dev/session-task.js';
import { connectAgent } from '../protocol/client.js';
import { makeCalls } from './calls-step.js';
import type { CheckOptions } from './check-options.js';
import { CrashLog, failedByCrash } from './crash-log.js';
import { DrainedCalls } from './drain-step.js';
import type { Interruption } from './interruption.js';
import type { Ledger } from './ledger.js';
import { findLeftovers, recordTraces, serviceOfMarker, type Trace } from './leftovers.js';
import { awaitRegistrations } from './registrations.js';
import { judgeRegistrations } from './registrations-step.js';
import { reloadUnderLoad } from './reload-step.js';
import { ServiceStart } from './service-start.js';
import { takeSnapshot } from './snapshot.js';
import { readSnapshot, SNAPSHOT_FILE, writeSnapshot } from './snapshot-file.js';
import { describeBoot, describeBuild, describeReady } from './start-steps.js';
import { failedBy, type StepName, type StepOutcome, skipped } from './step.js';
import { judgeStops, StopLog } from './stop-step.js';

/** A process that nobody can ask whether it is ready has to stay so long, in ms. */
const STAYS_MS = 1000;

export interface LiveCheckOptions {
  readonly live: LiveSession;
  readonly ledger: Ledger;
  readonly interruption: Interruption;
  readonly options: CheckOptions;
  readonly clock: Clock;
}

/** The steps that are taken with a running session. */
export class LiveCheck {
  readonly #live: LiveSession;
  readonly #ledger: Ledger;
  readonly #interruption: Interruption;
  readonly #options: CheckOptions;
  readonly #clock: Clock;
  readonly #crashes = new CrashLog();
  readonly #stops = new StopLog();
  readonly #starts: ReadonlyMap<string, ServiceStart>;
  readonly #repeatable = new Map<string, readonly CheckCall[]>();
  readonly #drained = new Map<string, DrainedCalls>();
  #traces: readonly Trace[] = [];

  /** To be made before the first process is started. */
  constructor({ live, ledger, interruption, options, clock }: LiveCheckOptions) {
    this.#live = live;
    this.#ledger = ledger;
    this.#interruption = interruption;
    this.#options = options;
    this.#clock = clock;
    const now = () => clock.now();
    this.#starts = new Map(this.#services.map(({ name }) => [name, new ServiceStart(name, now)]));
    live.subscribe((event) => this.#take(event));
    for (const service of this.#services) void this.#followDependencies(service);
  }

  /** Everything up to the moment at which the session begins to drain. */
  async run(): Promise<void> {
    await this.#start();
    await this.#each('registrations', (service) => this.#registrations(service));
    await this.#each('calls', (service) => this.#calls(service));
    await this.#reload();
    this.#traces = await recordTraces(this.#live.services.processGroups);
    for (const { name } of this.#services) {
      if (!this.#ledger.isDue('drain', name)) continue;
      this.#drained.set(
        name,
        new DrainedCalls(this.#live.gateway.calls, this.#repeatable.get(name) ?? [], this.#clock),
      );
    }
  }

  /** What is known when the session has ended. */
  async conclude(): Promise<void> {
    await this.#each(
      'drain',
      async ({ name }) => this.#drained.get(name)?.judge() ?? skipped('it was not drained'),
    );
    await this.#each('stop', async (service) => {
      const traces = this.#traces.filter(({ group }) => serviceOfMarker(group.marker) === service.name);
      return judgeStops(service, this.#stops.of(service.name), await findLeftovers(traces));
    });
  }

  get #services(): readonly ServiceConfig[] {
    return this.#live.config.services;
  }

  #take(event: StampedEvent): void {
    for (const start of this.#starts.values()) start.take(event);
    this.#crashes.take(event);
    this.#stops.take(event);
  }

  /** A service is not even started while one that it depends on is not ready. */
  async #followDependencies({ name, dependsOn }: ServiceConfig): Promise<void> {
    for (const needed of dependsOn) {
      const phase = await this.#starts.get(needed)?.ready;
      if (phase?.kind === 'done') continue;
      this.#starts.get(name)?.giveUp(`${needed}, which it depends on, is not ready`);
    }
  }

  async #start(): Promise<void> {
    const { config } = this.#live;
    const phase = async (service: ServiceConfig, part: 'built' | 'booted' | 'ready') => {
      const start = this.#starts.get(service.name);
      if (start === undefined) throw new Error(`there is no service ${service.name}`);
      return start[part];
    };
    await this.#each('build', async (service) =>
      describeBuild(await phase(service, 'built'), { config, service }),
    );
    await this.#each('boot', async (service) => this.#boot(service, await phase(service, 'booted')));
    await this.#each('ready', async (service) =>
      describeReady(await phase(service, 'ready'), { config, service }),
    );
  }

  async #boot(
    service: ServiceConfig,
    booted: Awaited<ServiceStart['booted']>,
  ): Promise<StepOutcome & { readonly ms?: number }> {
    const outcome = describeBoot(booted, { config: this.#live.config, service });
    if (service.ready.kind !== 'spawn' || outcome.result !== 'passed') return outcome;
    return this.#watchCrashes('boot', service, async () => {
      await delay(this.#clock, STAYS_MS);
      return outcome;
    });
  }

  async #registrations(service: ServiceConfig): Promise<StepOutcome> {
    const { gateway, config } = this.#live;
    const { root, file } = config;
    const { update, strict } = this.#options;
    const snapshot = await readSnapshot(root);
    if (!snapshot.ok && !update) return failedBy(snapshot.error);
    const known = snapshot.ok ? snapshot.value : null;
    const functions = await awaitRegistrations({
      service: service.name,
      expected: [...service.check.functions, ...(known?.[service.name] ?? []).map(({ id }) => id)],
      gateway,
      clock: this.#clock,
      subscribe: (sink) => this.#live.subscribe(sink),
    });
    const outcome = judgeRegistrations({ service, functions, snapshot: known, update, strict, root, file });
    if (!update || outcome.result !== 'passed') return outcome;
    const written = await writeSnapshot(root, { ...known, [service.name]: takeSnapshot(functions) });
    if (!written.ok) return failedBy(written.error);
    const text = written.value ? `${SNAPSHOT_FILE} written` : `${SNAPSHOT_FILE} says so already`;
    return { ...outcome, remarks: [...outcome.remarks, { level: 'info', text }] };
  }

  async #calls(service: ServiceConfig): Promise<StepOutcome> {
    const { gateway, config } = this.#live;
    return this.#watchCrashes('calls', service, async () => {
      const { outcome, repeatable } = await makeCalls(
        gateway.calls,
        service.check.invoke,
        config,
        this.#clock,
      );
      this.#repeatable.set(service.name, repeatable);
      return outcome;
    });
  }

  /** All services are reloaded at once; each is told about in its turn. */
  async #reload(): Promise<void> {
    const services = this.#services.filter(({ name }) => this.#ledger.isDue('reload', name));
    const began = this.#clock.now();
    let reloaded: ReturnType<typeof reloadUnderLoad> | null = null;
    await this.#each('reload', (service) =>
      this.#watchCrashes('reload', service, async () => {
        reloaded ??= this.#reloadAll(services);
        const outcome = (await reloaded).get(service.name) ?? skipped('it was not reloaded');
        return { ...outcome, ms: this.#clock.now() - began };
      }),
    );
  }

  async #reloadAll(services: readonly ServiceConfig[]): ReturnType<typeof reloadUnderLoad> {
    const { gateway, config } = this.#live;
    const client = config.gateway.tls === null ? connectAgent(gateway.address) : null;
    try {
      return await reloadUnderLoad({
        services,
        repeatable: this.#repeatable,
        calls: gateway.calls,
        client,
        clock: this.#clock,
        ended: this.#interruption.occurred,
        subscribe: (sink) => this.#live.subscribe(sink),
        reload: () => this.#live.services.reload(),
      });
    } finally {
      client?.close();
    }
  }

  /** A process that ends by itself meanwhile is a failure, even if it was restarted and nobody noticed. */
  async #watchCrashes<T extends StepOutcome>(
    step: StepName,
    { name }: ServiceConfig,
    work: () => Promise<T>,
  ): Promise<T | StepOutcome> {
    const mark = this.#crashes.mark();
    const outcome = await work();
    const crash = this.#crashes.since(mark, name);
    return crash === null || outcome.result === 'failed' ? outcome : failedByCrash(crash, step);
  }

  async #each(
    step: StepName,
    work: (service: ServiceConfig) => Promise<StepOutcome & { readonly ms?: number }>,
  ): Promise<void> {
    for (const service of this.#services) {
      await this.#ledger.take(step, service.name, () => work(service));
    }
  }
}
