import type { CroupierEvent, ReloadTrigger } from '../core/events.js';
import { assertNever } from '../core/failure.js';
import { formatDuration } from './duration.js';
import { printable, textWidth } from './printable.js';
import type { Style } from './style.js';

export type ReloadFinished = Extract<CroupierEvent, { type: 'reload.finished' }>;

export interface ReloadView {
  readonly style: Style;
  /** The generation that gets the calls now. */
  readonly serving: number | null;
  /** Names the service; pointless where there is only one. */
  readonly showService: boolean;
  readonly verbose: boolean;
  /** Cells of the terminal; null: do not break the line. */
  readonly width: number | null;
}

/**
 * One finished reload: outcome, what caused it, phases in ms, calls. One line; two where the terminal is too narrow
 * for it.
 */
export function formatReload(event: ReloadFinished, view: ReloadView): readonly string[] {
  const head = describeOutcome(event, view);
  const cause = describeCause(event);
  const calls = describeCalls(event, view);
  // Within a process there are no phases.
  const figures = event.outcome === 'hot' ? [calls] : [describePhases(event, view), calls];
  const plain = [head.text, cause, ...figures.map((one) => one.text)];
  const first = [head.painted, view.style.dim(cause)].join('  ');
  const second = figures.map((one) => one.painted).join('   ');
  if (view.width === null || textWidth(plain.join('  ')) + 1 < view.width) return [`${first}  ${second}`];
  return [first, `  ${second}`];
}

interface Part {
  readonly text: string;
  readonly painted: string;
}

function describeOutcome(event: ReloadFinished, { style, serving, showService }: ReloadView): Part {
  const generation = `${showService ? `${printable(event.service)} ` : ''}#${event.generation}`;
  const time = formatDuration(event.ms.total);
  const still = serving === null || serving === event.generation ? null : `#${serving} keeps serving`;
  switch (event.outcome) {
    case 'swapped':
      return part(style.green, style.symbols.done, `${generation} swapped in ${time}`);
    case 'hot':
      return part(style.green, style.symbols.done, `${generation} reloaded in place in ${time}`);
    case 'kept-old':
      return part(style.yellow, style.symbols.kept, `${generation} ${describeKept(event, serving)}`);
    case 'failed':
      return part(
        style.red,
        style.symbols.failed,
        `${generation} failed after ${time}, ${still ?? 'nothing serves'}`,
      );
    default:
      return assertNever(event.outcome);
  }
}

function describeKept({ generation, ms }: ReloadFinished, serving: number | null): string {
  const time = formatDuration(ms.total);
  // The old process may be gone already: then the last build that worked was started again, as this generation.
  if (serving === generation) return `runs the last good build, after ${time}`;
  return `given up after ${time}, ${serving === null ? 'nothing serves' : `#${serving} keeps serving`}`;
}

function part(paint: (text: string) => string, symbol: string, words: string): Part {
  return { text: `${symbol} ${words}`, painted: paint(`${symbol} ${words}`) };
}

function describeCause(event: ReloadFinished): string {
  const cause = describeTrigger(event.trigger);
  return event.trigger.kind === 'change' ? `${cause} (${printable(event.rule)})` : cause;
}

/** What set a reload off, in a few words: the first file and how many more, or the occasion. */
export function describeTrigger(trigger: ReloadTrigger): string {
  switch (trigger.kind) {
    case 'start':
      return 'first start';
    case 'manual':
      return 'asked for';
    case 'crash':
      return 'after a crash';
    case 'change':
      return describePaths(trigger.paths);
    default:
      return assertNever(trigger.kind);
  }
}

/** The first path and how many more there are. */
export function describePaths(paths: readonly string[]): string {
  const [first, ...more] = paths;
  if (first === undefined) return 'a change';
  return more.length === 0 ? printable(first) : `${printable(first)} +${more.length}`;
}

function describePhases({ ms, strategy }: ReloadFinished, { style, verbose }: ReloadView): Part {
  const phases = [
    `build ${Math.round(ms.build)}`,
    `start ${Math.round(ms.start)}`,
    `drain ${Math.round(ms.drain)}`,
    `stop ${Math.round(ms.stop)}`,
    ...(verbose ? [strategy] : []),
  ].join(` ${style.dot} `);
  return { text: phases, painted: style.dim(phases) };
}

function describeCalls({ calls }: ReloadFinished, { style }: ReloadView): Part {
  const lost = `lost ${calls.lost}`;
  const rest = [
    `held ${calls.held}`,
    `drained ${calls.drained}`,
    ...(calls.replayed > 0 ? [`replayed ${calls.replayed}`] : []),
  ].join(` ${style.dot} `);
  return {
    text: `${rest} ${style.dot} ${lost}`,
    painted: `${style.dim(`${rest} ${style.dot} `)}${calls.lost > 0 ? style.red(lost) : style.dim(lost)}`,
  };
}
