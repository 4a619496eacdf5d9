import type {
  CallCounts,
  CroupierEvent,
  FunctionSummary,
  ReloadPhases,
  SwapStrategy,
} from '../core/events.js';
import { describeFailure, failureOutput } from '../core/failure.js';
import type { FunctionDescriptor } from './ports.js';
import type { Effect } from './state.js';

/** Builds the events of the supervisor from what happened. Pure. */
export function summarize(functions: readonly FunctionDescriptor[]): readonly FunctionSummary[] {
  return functions.map(({ id, version }) => ({ id, version }));
}

export function readyEvent(
  service: string,
  generation: number,
  pid: number,
  functions: readonly FunctionSummary[],
  ms: number,
): CroupierEvent {
  return { type: 'generation.ready', service, generation, pid, functions, ms: Math.round(ms) };
}

export function failureEvent(
  service: string,
  effect: Extract<Effect, { type: 'report-failure' }>,
  context: { readonly pid: number | null; readonly retryMs: number | null; readonly buildMs: number },
): CroupierEvent {
  const { failure, generation, serving } = effect;
  if (failure.reason === 'build-failed' || failure.reason === 'build-timeout') {
    return {
      type: 'build.failed',
      service,
      generation,
      ms: context.buildMs,
      output: failure.output,
      serving,
      reason: failure.reason,
      message: describeFailure(failure),
    };
  }
  const exit = 'exitCode' in failure ? failure : { exitCode: null, signal: null };
  return {
    type: 'generation.failed',
    service,
    generation,
    pid: context.pid,
    reason: failure.reason,
    message: describeFailure(failure),
    exitCode: exit.exitCode,
    signal: exit.signal,
    serving,
    retryMs: context.retryMs,
    outputTail: failureOutput(failure),
  };
}

export function reloadEvent(
  service: string,
  effect: Extract<Effect, { type: 'finished' }>,
  figures: { readonly strategy: SwapStrategy; readonly ms: ReloadPhases; readonly calls: CallCounts },
): CroupierEvent {
  const { request, generation, outcome } = effect;
  return {
    type: 'reload.finished',
    service,
    generation,
    trigger: request.trigger,
    rule: request.rule,
    outcome,
    ...figures,
  };
}
