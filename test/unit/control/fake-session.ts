import type {
  CallFailure,
  CallOrder,
  ControlledSession,
  JobEventView,
} from '../../../src/control/controlled-session.js';
import { EventLog } from '../../../src/control/event-log.js';
import type { Refusal } from '../../../src/control/refusal.js';
import type {
  DrainAnswer,
  DrainRequest,
  FunctionAnswer,
  GenerationAnswer,
  ReadinessAnswer,
  ReloadAnswer,
  ReloadReport,
  RollbackAnswer,
  ServiceStatusAnswer,
  StatusAnswer,
} from '../../../src/control/schemas.js';
import { err, ok, type Result } from '../../../src/core/result.js';

export const TIME = '2026-01-01T00:00:00.000Z';

export function report(more: Partial<ReloadReport> = {}): ReloadReport {
  return {
    service: 'game',
    generation: 2,
    time: TIME,
    outcome: 'swapped',
    trigger: { kind: 'manual', paths: [] },
    rule: 'manual',
    strategy: 'overlap',
    ms: { build: 0, drain: 3, stop: 20, start: 120, total: 143 },
    calls: { held: 4, drained: 2, replayed: 0, lost: 0 },
    failure: null,
    serving: 2,
    ...more,
  };
}

export function generation(more: Partial<GenerationAnswer> = {}): GenerationAnswer {
  return {
    service: 'game',
    generation: 2,
    instance: null,
    pid: 4712,
    state: 'active',
    startedAt: TIME,
    readyMs: 120,
    activeAt: TIME,
    endedAt: null,
    exitCode: null,
    signal: null,
    failure: null,
    functions: [{ id: 'player.ban', version: '1.0.0' }],
    ...more,
  };
}

export function service(more: Partial<ServiceStatusAnswer> = {}): ServiceStatusAnswer {
  return {
    name: 'game',
    state: 'ready',
    isServing: true,
    isDrained: false,
    active: [generation()],
    functions: [{ id: 'player.ban', version: '1.0.0' }],
    inFlight: { calls: 3, jobs: 1 },
    held: 0,
    calls: { held: 4, drained: 2, replayed: 0, lost: 0, answered: 1204 },
    crashes: 0,
    lastReload: report(),
    failure: null,
    ...more,
  };
}

export function functionOf(id: string, more: Partial<FunctionAnswer> = {}): FunctionAnswer {
  return {
    id,
    version: '1.0.0',
    service: 'game',
    generation: 2,
    summary: '',
    description: '',
    operationId: '',
    tags: ['players'],
    deprecated: false,
    category: '',
    risk: '',
    entity: '',
    operation: '',
    inputSchema: { type: 'object' },
    outputSchema: null,
    ...more,
  };
}

/** A session that answers what it is told to, and remembers what was asked of it. */
export class FakeSession implements ControlledSession {
  readonly version = '1.2.3';
  readonly events = new EventLog();
  readonly asked: unknown[] = [];
  isReady = true;
  isPaused = false;
  services = [service()];
  list: readonly FunctionAnswer[] = [functionOf('player.ban')];
  reloads: Result<ReloadAnswer, Refusal> = ok({ ok: true, services: [report()], functions: [] });
  rollbacks: Result<RollbackAnswer, Refusal> = ok({
    ok: true,
    service: 'game',
    function: null,
    reload: report(),
  });
  drains: Result<DrainAnswer, Refusal> = ok({
    isDrained: true,
    services: ['game'],
    inFlight: { calls: 0, jobs: 0 },
    held: 0,
    ms: 266,
  });
  /** What Invoke answers. */
  answer: (order: CallOrder, signal: AbortSignal) => Promise<Result<Buffer, CallFailure>> = async ({
    payload,
  }) => ok(payload);
  /** Of the only job, `job-1`. */
  jobEvents: readonly JobEventView[] = [];
  onStop: () => void = () => undefined;

  readonly calls = {
    invoke: (order: CallOrder, signal: AbortSignal) => this.answer(order, signal),
    startJob: async ({ functionId }: CallOrder) => ok(functionId === 'player.ban' ? 'job-1' : ''),
    readJob: (jobId: string, onEvent: (event: JobEventView) => void): boolean => {
      if (jobId !== 'job-1') return false;
      for (const event of this.jobEvents) onEvent(event);
      return true;
    },
    cancelJob: (jobId: string): boolean => {
      this.asked.push({ cancel: jobId });
      return jobId === 'job-1';
    },
    jobResult: (jobId: string) =>
      jobId === 'job-1' ? { state: 'done', payload: Buffer.from('{"steps":3}'), error: '' } : null,
  };

  status(): StatusAnswer {
    return {
      version: this.version,
      pid: process.pid,
      root: '/project',
      startedAt: TIME,
      uptimeMs: 60_000,
      gateway: '127.0.0.1:19090',
      isReady: this.isReady,
      isPaused: this.isPaused,
      upstream: { url: 'agent://127.0.0.1:19091', state: 'connected', reason: null, reconnects: 2 },
      services: this.services,
    };
  }

  readiness(): ReadinessAnswer {
    return { isReady: this.isReady, services: [{ name: 'game', isServing: this.isReady }] };
  }

  functions(): readonly FunctionAnswer[] {
    return this.list;
  }

  generations(): readonly GenerationAnswer[] {
    return [generation({ generation: 1, state: 'stopped', endedAt: TIME, exitCode: 0 }), generation()];
  }

  checkService(name: string): Refusal | null {
    return this.services.some((one) => one.name === name)
      ? null
      : { code: 'unknown-target', message: `there is no service ${name}; did you mean game?` };
  }

  checkFunction(id: string): Refusal | null {
    return this.list.some((one) => one.id === id)
      ? null
      : { code: 'unknown-function', message: `there is no function ${id}` };
  }

  async reload(targets: readonly string[]): Promise<Result<ReloadAnswer, Refusal>> {
    this.asked.push({ reload: targets });
    return this.reloads;
  }

  async rollback(target: string | null): Promise<Result<RollbackAnswer, Refusal>> {
    this.asked.push({ rollback: target });
    return this.rollbacks;
  }

  setPaused(isPaused: boolean): void {
    this.isPaused = isPaused;
  }

  async drain(request: DrainRequest): Promise<Result<DrainAnswer, Refusal>> {
    this.asked.push({ drain: request });
    return request.target === undefined || request.target === 'game'
      ? this.drains
      : err({ code: 'unknown-target', message: `there is no service ${request.target}` });
  }

  stop(force: boolean): void {
    this.asked.push({ stop: force });
    this.onStop();
  }

  async metrics(): Promise<{ readonly contentType: string; readonly text: string }> {
    return { contentType: 'text/plain; version=0.0.4', text: 'croupier_info 1\n' };
  }
}
