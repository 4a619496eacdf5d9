import type { Refusal } from '../control/refusal.js';
import type { FunctionReloadReport, ReloadAnswer, ReloadReport, RollbackAnswer } from '../control/schemas.js';
import type { EventSink } from '../core/bus.js';
import type { StampedEvent } from '../core/events.js';
import { err, ok, type Result } from '../core/result.js';
import type { ServiceNews } from './control-status.js';
import type { Target, Targets } from './control-targets.js';
import type { FunctionReload } from './hot-reload.js';
import type { LiveConfig } from './live-config.js';
import type { ServiceGroup } from './service-group.js';
import type { ServiceSession } from './service-session.js';

type ReloadFinished = Extract<StampedEvent, { type: 'reload.finished' }>;
/** Tells the reload that is meant from others of its service. */
type IsMeant = (event: ReloadFinished) => boolean;

const ENDING: Refusal = { code: 'session-ending', message: 'the session ends' };

export interface ControlReloadsOptions {
  readonly services: ServiceGroup;
  readonly live: Pick<LiveConfig, 'refresh'>;
  readonly targets: Targets;
  readonly news: ServiceNews;
  /** Takes every event from now on; the returned function ends that. */
  subscribe(sink: EventSink): () => void;
  /** A service that waits for others has nothing to reload. */
  wasStarted(service: string): boolean;
}

/** Reloads and rollbacks that other commands ask for, and what came of them. */
export class ControlReloads {
  readonly #options: ControlReloadsOptions;

  constructor(options: ControlReloadsOptions) {
    this.#options = options;
  }

  /** Names of services and ids of functions; none: every service. */
  async reload(names: readonly string[], signal: AbortSignal): Promise<Result<ReloadAnswer, Refusal>> {
    const asked = this.#resolve(names);
    if (!asked.ok) return asked;
    if (asked.value.services.length > 0) await this.#options.live.refresh();
    // The configuration may say now that there are others.
    const wanted = this.#resolve(names);
    if (!wanted.ok) return wanted;
    const { services, functions } = wanted.value;
    const waiting = services.find(({ name }) => !this.#options.wasStarted(name));
    if (waiting !== undefined) return err(notStarted(waiting.name));
    const [reloads, functionReloads] = await Promise.all([
      Promise.all(services.map((service) => this.#reloadService(service, signal))),
      Promise.all([...functions].map(([service, ids]) => reloadFunctions(service, ids))),
    ]);
    const failed = reloads.find((one) => !one.ok);
    if (failed?.ok === false) return failed;
    const reports = reloads.flatMap((one) => (one.ok ? [one.value] : []));
    const isOk = reports.every(isGood) && functionReloads.every(({ outcome }) => outcome === 'reloaded');
    return ok({ ok: isOk, services: reports, functions: functionReloads });
  }

  /** The version before of a function, or the build before of a service; null: of the only service. */
  async rollback(name: string | null, signal: AbortSignal): Promise<Result<RollbackAnswer, Refusal>> {
    const target = name === null ? this.#onlyService() : this.#options.targets.find(name);
    if (!target.ok) return target;
    const { session } = target.value;
    if (target.value.kind === 'service') return this.#rollBackBuild(session, signal);
    const rolledBack = await session.functions.rollback(target.value.id);
    if (!rolledBack.ok) return err({ code: 'not-possible', message: rolledBack.error.message });
    return ok({ ok: true, service: session.name, function: rolledBack.value, reload: null });
  }

  #resolve(names: readonly string[]): Result<
    {
      readonly services: readonly ServiceSession[];
      readonly functions: ReadonlyMap<ServiceSession, readonly string[]>;
    },
    Refusal
  > {
    const { targets } = this.#options;
    const services = new Set(names.length === 0 ? this.#everyService() : []);
    const functions = new Map<ServiceSession, readonly string[]>();
    for (const name of new Set(names)) {
      const target = targets.find(name);
      if (!target.ok) return target;
      const { session } = target.value;
      if (target.value.kind === 'service') services.add(session);
      else functions.set(session, [...(functions.get(session) ?? []), target.value.id]);
    }
    return ok({ services: [...services], functions });
  }

  #everyService(): readonly ServiceSession[] {
    const { services } = this.#options;
    return services.names.flatMap((name) => services.find(name) ?? []);
  }

  #onlyService(): Result<Target, Refusal> {
    const [session, ...others] = this.#everyService();
    if (session !== undefined && others.length === 0) return ok({ kind: 'service', session });
    const names = this.#options.services.names.join(', ');
    return err({ code: 'invalid-request', message: `there are several services, name one: ${names}` });
  }

  #reloadService(session: ServiceSession, signal: AbortSignal): Promise<Result<ReloadReport, Refusal>> {
    return this.#awaitReload(session.name, signal, () => {
      session.reload(this.#options.services.isPaused);
      return ok((event) => isAskedFor(event) && event.rule !== 'rollback');
    });
  }

  async #rollBackBuild(
    session: ServiceSession,
    signal: AbortSignal,
  ): Promise<Result<RollbackAnswer, Refusal>> {
    const report = await this.#awaitReload(session.name, signal, () => {
      const begun = session.rollbackBuild();
      if (!begun.ok) return err({ code: 'not-possible', message: begun.error });
      return ok(isAskedFor);
    });
    if (!report.ok) return report;
    return ok({ ok: isGood(report.value), service: session.name, function: null, reload: report.value });
  }

  /**
   * Waits until what `begin` asks a service for is over: its reload is told, or its first process is not ready in its time (then it stays,
   * and goes on starting). Aborting the signal ends the waiting alone.
   */
  #awaitReload(
    service: string,
    signal: AbortSignal,
    begin: () => Result<IsMeant, Refusal>,
  ): Promise<Result<ReloadReport, Refusal>> {
    const { subscribe, news } = this.#options;
    return new Promise((resolve) => {
      let isMeant: IsMeant = () => false;
      const end = (result: Result<ReloadReport, Refusal>): void => {
        unsubscribe();
        signal.removeEventListener('abort', onAbort);
        resolve(result);
      };
      const onAbort = (): void => end(err(ENDING));
      const unsubscribe = subscribe((event) => {
        if (event.type === 'session.closed') end(err(ENDING));
        else if (event.type === 'reload.finished') {
          if (event.service !== service || event.instance !== undefined) return;
          if (isMeant(event)) end(ok(news.report(event)));
        } else if (event.type === 'generation.failed' && event.service === service) {
          const stays =
            event.reason === 'not-ready' && event.serving === null && event.instance === undefined;
          if (stays) end(err({ code: 'not-possible', message: `${event.message}; it goes on starting` }));
        }
      });
      signal.addEventListener('abort', onAbort, { once: true });
      const begun = begin();
      if (begun.ok) isMeant = begun.value;
      else end(begun);
    });
  }
}

async function reloadFunctions(
  session: ServiceSession,
  ids: readonly string[],
): Promise<FunctionReloadReport> {
  return showFunctionReload(session.name, await session.functions.reload(ids));
}

function notStarted(name: string): Refusal {
  return {
    code: 'not-possible',
    message: `${name} has not been started yet: it waits for what it depends on`,
  };
}

/** A reload that was asked for, also together with a change that came meanwhile. */
function isAskedFor({ trigger, outcome }: ReloadFinished): boolean {
  return outcome !== 'hot' && (trigger.kind === 'manual' || trigger.kind === 'change');
}

function isGood({ outcome }: ReloadReport): boolean {
  return outcome === 'swapped' || outcome === 'hot';
}

function showFunctionReload(service: string, reload: FunctionReload): FunctionReloadReport {
  const nothing = { service, generation: null, reloaded: [], failed: [], reason: null, ms: 0 };
  switch (reload.kind) {
    case 'needs-restart':
      return { ...nothing, outcome: 'needs-restart', reason: reload.reason };
    case 'reloaded': {
      const { generation, reloaded, ms } = reload;
      return { ...nothing, outcome: 'reloaded', generation, reloaded: [...reloaded], ms };
    }
    case 'failed': {
      const { generation, reloaded, failed, ms } = reload;
      return { ...nothing, outcome: 'failed', generation, reloaded: [...reloaded], failed: [...failed], ms };
    }
  }
}
