import type { CroupierEvent } from '../core/events.js';
import { assertNever, OUTPUT_TAIL_LINES } from '../core/failure.js';
import { formatDuration } from './duration.js';
import { formatFailure, frameOutput, type NextStep } from './failure-block.js';
import { printable } from './printable.js';
import { formatFirstReady } from './ready-block.js';
import { describePaths, formatReload } from './reload-line.js';
import { formatRoll } from './roll-line.js';
import { findService, type SessionStatus } from './status.js';
import type { Style } from './style.js';
import { narrateUpstream } from './upstream-lines.js';

/** Lines of a failed process's output that are shown again, unless everything is asked for: it has just been seen. */
const SHOWN_TAIL_LINES = 15;

export interface NarrateOptions {
  readonly style: Style;
  readonly verbose: boolean;
  /** Names the service in each line. */
  readonly showService: boolean;
  /** Cells of the terminal; null where lines are not to be broken. */
  readonly width: number | null;
  /** Whether these lines are the last that the terminal or log shows. Default: no. */
  readonly isJustShown?: (lines: readonly string[]) => boolean;
}

/** The session before and after an event. */
export interface Step {
  readonly before: SessionStatus;
  readonly after: SessionStatus;
}

type EventOf<Type extends CroupierEvent['type']> = Extract<CroupierEvent, { type: Type }>;

/** What an event says to people, as finished lines; none where it is only of interest to programs. Pure. */
export function narrate(event: CroupierEvent, step: Step, options: NarrateOptions): readonly string[] {
  const { style, verbose } = options;
  switch (event.type) {
    case 'session.ready':
      return verbose || step.after.services.length === 0
        ? [`${style.dim('gateway on')} ${event.gateway}`]
        : [];
    case 'session.closed':
      return [style.dim(`closed: ${printable(event.reason)}`)];
    case 'session.notice':
      return narrateNotice(event, options);
    case 'process.output':
      return [];
    case 'build.failed':
      return narrateBuildFailure(event, options);
    case 'generation.active':
      return narrateActive(event, step, options);
    case 'generation.failed':
      return narrateFailure(event, step, options);
    case 'functions.changed':
      return narrateFunctions(event, step, options);
    case 'functions.reloaded':
      return narrateFunctionReload(event, options);
    case 'reload.finished':
      return narrateReload(event, step, options);
    case 'upstream.connected':
    case 'upstream.lost':
    case 'upstream.registered':
    case 'upstream.drained':
    case 'upstream.replaced':
      return narrateUpstream(event, options);
    case 'files.changed':
    case 'build.started':
    case 'build.finished':
    case 'build.cancelled':
    case 'generation.starting':
    case 'generation.ready':
    case 'generation.draining':
    case 'generation.stopped':
      return verbose ? narrateProgress(event, options) : [];
    default:
      return assertNever(event);
  }
}

function narrateNotice(
  { level, message, service }: EventOf<'session.notice'>,
  { style, showService }: NarrateOptions,
) {
  const name = showService && service !== undefined ? `${printable(service)}: ` : '';
  const [first = '', ...rest] = message.split('\n').map(printable);
  const mark = { info: style.cyan('info'), warn: style.yellow('warning'), error: style.red('error') }[level];
  return [`${mark} ${name}${first}`, ...rest.map((line) => `  ${line}`)];
}

/** Of what was replaced the reload's own line tells; what was not is told even where a restart follows. */
function narrateFunctionReload(
  { service, reloaded, failed }: EventOf<'functions.reloaded'>,
  { style, showService, verbose }: NarrateOptions,
) {
  const name = showService ? `${printable(service)}: ` : '';
  const failures = failed.map(({ id, path, error }) => {
    const what = printable(
      [id, path].filter((one) => one !== null && one !== '').join(' in ') || 'a function',
    );
    return `${style.yellow('warning')} ${name}${what} was not reloaded: ${printable(firstLine(error))}`;
  });
  const replaced = reloaded.map(({ id, oldVersion, newVersion }) =>
    style.dim(`${name}${printable(id)} reloaded${describeVersions(oldVersion, newVersion)}`),
  );
  return verbose ? [...failures, ...replaced] : failures;
}

function describeVersions(before: string | null, after: string | null): string {
  if (before === after) return '';
  if (before === null) return ` (new, ${printable(after ?? '')})`;
  return after === null ? ' (gone)' : ` (${printable(before)} to ${printable(after)})`;
}

/** The first line, and the next where that only announces it: `Transform failed with 1 error:`. */
function firstLine(text: string): string {
  const [first = '', second = ''] = text.split('\n');
  return first.endsWith(':') ? `${first} ${second.trim()}`.trim() : first;
}

function narrateBuildFailure(event: EventOf<'build.failed'>, options: NarrateOptions) {
  return formatFailure(
    {
      service: event.service,
      generation: event.generation,
      reason: event.reason,
      message: event.message,
      output: splitOutput(event.output),
      serving: event.serving,
      next: { kind: 'waiting' },
    },
    { ...options, outputLines: OUTPUT_TAIL_LINES },
  );
}

function narrateFailure(event: EventOf<'generation.failed'>, { after }: Step, options: NarrateOptions) {
  const { activations } = findService(after, event.service);
  return formatFailure(
    {
      service: event.service,
      generation: event.generation,
      reason: event.reason,
      message: event.message,
      // What stands right above need not be said again.
      output: options.isJustShown?.(event.outputTail) === true ? [] : event.outputTail,
      serving: event.serving,
      next: nextStep(event, activations === 0),
    },
    { ...options, outputLines: options.verbose ? OUTPUT_TAIL_LINES : SHOWN_TAIL_LINES },
  );
}

function nextStep(event: EventOf<'generation.failed'>, isFirst: boolean): NextStep {
  if (event.retryMs !== null) return { kind: 'retrying', ms: event.retryMs };
  return event.reason === 'not-ready' && isFirst ? { kind: 'still-starting' } : { kind: 'waiting' };
}

function splitOutput(output: string): readonly string[] {
  return output === '' ? [] : output.replace(/\r?\n$/, '').split(/\r?\n/);
}

function narrateActive(
  event: EventOf<'generation.active'>,
  { before, after }: Step,
  options: NarrateOptions,
) {
  const was = findService(before, event.service);
  if (was.activations === 0) {
    return formatFirstReady(findService(after, event.service), {
      ...options,
      gateway: after.gateway,
      upstream: after.upstream,
    });
  }
  const { style } = options;
  if (was.activity.state === 'failed' && was.activity.generation > event.generation) {
    return [
      `${style.yellow(style.symbols.kept)} ${label(event, options)} has the calls again: its successor failed`,
    ];
  }
  return options.verbose
    ? [style.dim(`${label(event, options)} has the calls (${event.functions.length} functions)`)]
    : [];
}

function narrateFunctions(event: EventOf<'functions.changed'>, { before }: Step, options: NarrateOptions) {
  const { activations, serving } = findService(before, event.service);
  // The functions of a first generation are all new, and its ready block has listed them or is about to.
  const listed = new Set(serving?.functions);
  if (
    activations === 0 ||
    (activations === 1 && isOnlyAdding(event) && event.added.every((id) => listed.has(id)))
  ) {
    return [];
  }
  const { style } = options;
  const parts = [
    ...event.added.map((id) => style.green(`+ ${printable(id)}`)),
    ...event.removed.map((id) => style.red(`- ${printable(id)}`)),
    ...event.updated.filter((id) => !event.breaking.includes(id)).map((id) => `~ ${printable(id)}`),
    ...event.breaking.map((id) => style.yellow(`! ${printable(id)} (breaking)`)),
  ];
  if (parts.length === 0) return [];
  return [`${style.dim(`${label(event, options)} functions`)}  ${parts.join('  ')}`];
}

function isOnlyAdding(event: EventOf<'functions.changed'>): boolean {
  return event.removed.length + event.updated.length + event.breaking.length === 0;
}

function narrateReload(event: EventOf<'reload.finished'>, { after }: Step, options: NarrateOptions) {
  const instances = after.services.filter(({ name }) => name.startsWith(`${event.service}/`)).length;
  if (instances > 1) return [formatRoll(event, instances, options.style)];
  // The ready block and the failure block have told of a first start.
  if (event.trigger.kind === 'start' && !options.verbose) return [];
  const { serving } = findService(after, event.service);
  return formatReload(event, { ...options, serving: serving?.generation ?? null });
}

type ProgressEvent = EventOf<
  | 'files.changed'
  | 'build.started'
  | 'build.finished'
  | 'build.cancelled'
  | 'generation.starting'
  | 'generation.ready'
  | 'generation.draining'
  | 'generation.stopped'
>;

function narrateProgress(event: ProgressEvent, options: NarrateOptions): readonly string[] {
  const { style } = options;
  if (event.type === 'files.changed') {
    const name = options.showService ? `${printable(event.service)} ` : '';
    return [style.dim(`${name}changed ${describePaths(event.paths)} (${printable(event.rule)})`)];
  }
  const line = style.dim(`${label(event, options)} ${describeProgress(event)}`);
  if (event.type !== 'build.finished') return [line];
  return [line, ...frameOutput(splitOutput(event.output), { style, outputLines: OUTPUT_TAIL_LINES })];
}

function describeProgress(event: Exclude<ProgressEvent, { type: 'files.changed' }>): string {
  switch (event.type) {
    case 'build.started':
      return 'building';
    case 'build.finished':
      return `built in ${formatDuration(event.ms)}`;
    case 'build.cancelled':
      return 'build cancelled';
    case 'generation.starting':
      return `starting (pid ${event.pid})`;
    case 'generation.ready':
      return `ready in ${formatDuration(event.ms)} (${event.functions.length} functions)`;
    case 'generation.draining':
      return 'draining';
    case 'generation.stopped':
      return `stopped in ${formatDuration(event.ms)} (${event.signal ?? `exit code ${event.exitCode ?? 'unknown'}`})`;
    default:
      return assertNever(event);
  }
}

function label(
  event: { readonly service: string; readonly generation: number },
  { showService }: NarrateOptions,
) {
  return `${showService ? `${printable(event.service)} ` : ''}#${event.generation}`;
}
