import type { FunctionAnswer, ReloadReport, ServiceStatusAnswer } from '../control/schemas.js';
import type { StampedEvent } from '../core/events.js';
import type { RoutableFunction } from '../gateway/types.js';
import { initialStatus, reduceStatus, type SessionStatus } from '../observe/status.js';

type ReloadFinished = Extract<StampedEvent, { type: 'reload.finished' }>;
type Failure = NonNullable<ServiceStatusAnswer['failure']>;

/** What the events of a session tell about its services, as far as it is not seen at any moment. */
export class ServiceNews {
  #status: SessionStatus = initialStatus([]);
  readonly #lastReloads = new Map<string, ReloadReport>();
  readonly #failures = new Map<string, Failure>();

  /** To be called with every event of the session. */
  take(event: StampedEvent): void {
    if (event.type === 'process.output') return;
    this.#status = reduceStatus(this.#status, event);
    if (event.type === 'generation.failed' || event.type === 'build.failed') {
      this.#failures.set(event.service, { reason: event.reason, message: event.message });
    }
    if (event.type === 'reload.finished' && !isPart(event)) {
      this.#lastReloads.set(event.service, this.report(event));
    }
  }

  state(service: string): ServiceStatusAnswer['state'] {
    return this.#find(service)?.activity.state ?? 'idle';
  }

  /** Null: nothing is wrong. */
  failure(service: string): Failure | null {
    return this.state(service) === 'failed' ? (this.#failures.get(service) ?? null) : null;
  }

  lastReload(service: string): ReloadReport | null {
    return this.#lastReloads.get(service) ?? null;
  }

  #find(service: string): SessionStatus['services'][number] | undefined {
    return this.#status.services.find(({ name }) => name === service);
  }

  /** A reload with the reason why it was not swapped. */
  report(event: ReloadFinished): ReloadReport {
    const { service, generation, time, outcome, trigger, rule, strategy, ms, calls, reason } = event;
    const hasFailed = outcome === 'kept-old' || outcome === 'failed';
    return {
      service,
      generation,
      time,
      outcome,
      trigger: { kind: trigger.kind, paths: [...trigger.paths] },
      rule,
      strategy,
      ms,
      calls,
      failure: hasFailed ? (reason ?? this.#failures.get(service)?.message ?? 'it was given up') : null,
      serving: this.#find(service)?.serving?.generation ?? null,
    };
  }
}

/** What is asked of several instances is told once more when all of them are done. */
function isPart({ instance, trigger }: ReloadFinished): boolean {
  return instance !== undefined && (trigger.kind === 'manual' || trigger.kind === 'change');
}

export function showFunction(one: RoutableFunction): FunctionAnswer {
  return {
    id: one.id,
    version: one.version,
    service: one.service,
    generation: one.generation,
    summary: one.summary,
    description: one.description,
    operationId: one.operationId,
    tags: [...one.tags],
    deprecated: one.deprecated,
    category: one.category,
    risk: one.risk,
    entity: one.entity,
    operation: one.operation,
    inputSchema: readSchema(one.inputSchema),
    outputSchema: readSchema(one.outputSchema),
  };
}

/** Null: there is none. What is not JSON is shown as it is. */
function readSchema(text: string): unknown {
  if (text === '') return null;
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}
