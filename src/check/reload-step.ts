import type { CheckCall, ServiceConfig } from '../config/types.js';
import { type Clock, delay } from '../core/clock.js';
import type { StampedEvent } from '../core/events.js';
import type { LocalCalls } from '../gateway/types.js';
import { formatDuration } from '../observe/duration.js';
import type { AgentClient } from '../protocol/client.js';
import { IdleListing } from './idle-listing.js';
import { type ReloadRecord, ReloadWatch } from './reload-watch.js';
import { makeSmokeCall } from './smoke-call.js';
import { type Load, NO_LOAD, SteadyCalls } from './steady-calls.js';
import { failed, passed, type Remark, type StepOutcome, warning } from './step.js';

/** Calls are made so long before the reload begins, in ms: some are under way then. */
const LEAD_MS = 250;
/** Lines of failed calls that are told. */
const TOLD_FAILURES = 5;

export interface ReloadInput {
  readonly services: readonly ServiceConfig[];
  /** By service: calls of `check.invoke` that were answered well. */
  readonly repeatable: ReadonlyMap<string, readonly CheckCall[]>;
  readonly calls: LocalCalls;
  /** Of the gateway's shared port; null: it cannot be called in plain text. */
  readonly client: Pick<AgentClient, 'listLocal'> | null;
  readonly clock: Clock;
  /** Resolves when the check has to end. */
  readonly ended: Promise<unknown>;
  subscribe(sink: (event: StampedEvent) => void): () => void;
  /** Reloads every service. */
  reload(): void;
}

/**
 * Reloads every service once while its calls go on, and answers what came of each: no call may be lost, and the new generation has to answer as the
 * old one did. Empty when the check has to end meanwhile.
 */
export async function reloadUnderLoad(input: ReloadInput): Promise<ReadonlyMap<string, StepOutcome>> {
  const { services, clock, ended, subscribe, reload } = input;
  const runs = await Promise.all(services.map((service) => prepare(service, input)));
  const unsubscribe = subscribe((event) => {
    for (const { watch } of runs) watch.take(event);
  });
  const judged = async (): Promise<ReadonlyMap<string, StepOutcome>> => {
    for (const { load } of runs) load.start();
    await delay(clock, LEAD_MS);
    reload();
    const outcomes = await Promise.all(
      runs.map(async (run) => [run.service, await followReload(run, input)] as const),
    );
    return new Map(outcomes);
  };
  try {
    return await Promise.race([judged(), ended.then(() => new Map<string, StepOutcome>())]);
  } finally {
    unsubscribe();
    for (const { load } of runs) load.halt();
  }
}

interface Run {
  readonly service: string;
  readonly watch: ReloadWatch;
  readonly load: Load;
  /** Calls that the load makes. */
  readonly repeated: readonly CheckCall[];
  readonly remarks: readonly Remark[];
}

/** A call that is refused the second time cannot be made steadily: it is left out, and that is said. */
async function prepare({ name }: ServiceConfig, input: ReloadInput): Promise<Run> {
  const { repeatable, calls, client, clock } = input;
  const repeated: CheckCall[] = [];
  const remarks: Remark[] = [];
  for (const call of repeatable.get(name) ?? []) {
    const again = await makeSmokeCall(calls, call, clock);
    if (again.kind === 'answered') repeated.push(call);
    else
      remarks.push(
        warning(`${call.function} is not called meanwhile: a second time it says ${again.message}`),
      );
  }
  const [first, ...others] = repeated;
  const watch = new ReloadWatch(name);
  if (first !== undefined) {
    const load = new SteadyCalls(calls, [first, ...others], clock);
    return { service: name, watch, load, repeated, remarks };
  }
  const load = client === null ? NO_LOAD : new IdleListing(client, clock);
  const what = client === null ? 'nothing' : 'only ListLocal';
  remarks.push(warning(`${what} was called meanwhile: "check.invoke" names no call that can be made again`));
  return { service: name, watch, load, repeated, remarks };
}

async function followReload(run: Run, input: ReloadInput): Promise<StepOutcome> {
  const { watch, load, remarks } = run;
  const record = await watch.finished;
  // Calls on the old generation count until it is gone.
  await watch.settled;
  await load.stop();
  if (record.finished.outcome !== 'swapped') return describeNoSwap(record, remarks);
  if (load.failed > 0) return describeLoss(run);
  const { lost } = record.finished.calls;
  if (lost > 0) return failed(`${lost} calls were lost`, { wayOut: LOSS_WAY_OUT, remarks });
  const difference = await firstFailure(run.repeated, input);
  if (difference !== null) {
    return failed(`after the reload ${difference}`, {
      wayOut: 'Correct what differs at a second start.',
      remarks,
    });
  }
  return passed(...describeLoad(run), describeSwap(record), ...remarks);
}

function describeLoad({ load, repeated }: Run): readonly string[] {
  if (repeated.length > 0) return [`${load.answered} calls answered, none lost`];
  return load.sent > 0 ? [`ListLocal answered ${load.answered} times`] : [];
}

function describeNoSwap({ finished, failure }: ReloadRecord, remarks: readonly Remark[]): StepOutcome {
  return failed(failure?.message ?? `the reload ended as ${finished.outcome}`, {
    wayOut: 'A second generation has to start where a first one did: look for fixed ports, locks and files.',
    output: failure?.output ?? [],
    remarks,
  });
}

const LOSS_WAY_OUT = [
  'Finish calls under way after SIGTERM, and leave other generations alone.',
  'Calls that need longer are waited for with "drain": { "calls": "30s" }.',
].join('\n');

function describeLoss({ load, remarks }: Run): StepOutcome {
  const lines = load.failures;
  const more = lines.length - TOLD_FAILURES;
  const reason = [
    `${load.failed} of ${load.sent} calls were lost or answered wrongly:`,
    ...lines.slice(0, TOLD_FAILURES),
    ...(more > 0 ? [`and ${more} more reasons`] : []),
  ].join('\n');
  return failed(reason, { wayOut: LOSS_WAY_OUT, remarks });
}

/** What the new generation answers by itself, with the load gone. */
async function firstFailure(
  repeated: readonly CheckCall[],
  { calls, clock }: ReloadInput,
): Promise<string | null> {
  for (const call of repeated) {
    const outcome = await makeSmokeCall(calls, call, clock);
    if (outcome.kind !== 'answered') return `${call.function}: ${outcome.message}`;
  }
  return null;
}

function describeSwap({ finished: { generation, strategy, ms, calls } }: ReloadRecord): string {
  const held = calls.held === 0 ? '' : `, ${calls.held} calls held`;
  return `generation ${generation} by ${strategy} in ${formatDuration(ms.total)}${held}`;
}
