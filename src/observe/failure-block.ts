import { assertNever, type Failure } from '../core/failure.js';
import { formatDuration } from './duration.js';
import { keepColors, printable } from './printable.js';
import type { Style } from './style.js';

/** A failure, as the block shows it. */
export interface FailureReport {
  readonly service: string;
  readonly generation: number;
  readonly reason: Failure['reason'];
  /** One sentence: what went wrong. */
  readonly message: string;
  /** Oldest line first. */
  readonly output: readonly string[];
  /** The generation that still gets the calls. */
  readonly serving: number | null;
  readonly next: NextStep;
}

/** What happens without the user doing anything. */
export type NextStep =
  | { readonly kind: 'waiting' }
  | { readonly kind: 'retrying'; readonly ms: number }
  /** A first generation that is not ready in time stays, and serves as soon as it is. */
  | { readonly kind: 'still-starting' };

export interface FailureView {
  readonly style: Style;
  readonly showService: boolean;
  /** Newest lines of the output that are shown at most. */
  readonly outputLines: number;
}

/** What failed, its output in a frame, what still serves, what happens next, and what the user can do about it. */
export function formatFailure(failure: FailureReport, view: FailureView): readonly string[] {
  const { style } = view;
  const name = `${view.showService ? `${printable(failure.service)} ` : ''}#${failure.generation}`;
  return [
    `${style.red(style.symbols.failed)} ${style.bold(`${name} ${title(failure.reason)}`)}: ${printable(failure.message)}`,
    ...frameOutput(failure.output, view),
    `  ${describeServing(failure)}; ${describeNext(failure.next)}`,
    ...hints(failure).map((hint) => `  ${style.cyan('hint')} ${hint}`),
  ];
}

/** Lines of somebody else's output, indented behind a frame, newest kept. Colours stay as they came. */
export function frameOutput(
  lines: readonly string[],
  { style, outputLines }: Pick<FailureView, 'style' | 'outputLines'>,
): readonly string[] {
  const shown = lines.slice(-outputLines);
  const left = lines.length - shown.length;
  const edge = style.dim(style.frame);
  return [
    ...(left > 0 ? [`  ${edge} ${style.dim(`${style.ellipsis} ${left} earlier`)}`] : []),
    ...shown.map((line) => `  ${edge} ${closeColors(keepColors(line))}`.trimEnd()),
  ];
}

/** A line whose colour stays open would colour all that follows. */
function closeColors(line: string): string {
  return line.includes('\u001b[') ? `${line}\u001b[0m` : line;
}

function title(reason: Failure['reason']): string {
  switch (reason) {
    case 'build-failed':
    case 'build-timeout':
      return 'was not built';
    case 'spawn-failed':
      return 'was not started';
    case 'exited':
    case 'address-in-use':
      return 'failed';
    case 'not-ready':
      return 'did not get ready';
    default:
      return assertNever(reason);
  }
}

function describeServing({ serving, generation }: FailureReport): string {
  return serving === null || serving === generation ? 'nothing serves' : `#${serving} keeps serving`;
}

function describeNext(next: NextStep): string {
  switch (next.kind) {
    case 'waiting':
      return 'waiting for a change';
    case 'retrying':
      return `retrying in ${formatDuration(next.ms)}, or at once when a file is saved`;
    case 'still-starting':
      return 'it keeps running and serves as soon as it is ready';
    default:
      return assertNever(next);
  }
}

/** What the user can do, by reason. Keys are named as in the configuration. */
function hints({ reason }: FailureReport): readonly string[] {
  switch (reason) {
    case 'build-failed':
      return [];
    case 'build-timeout':
      return ['a slower build is allowed for by "build": { "timeout": "10m" } in the configuration'];
    case 'spawn-failed':
      return [
        'is the program installed and on PATH? `"command"` in the configuration, or `croupier dev -- <command>`, says what is run',
      ];
    case 'exited':
      return [];
    case 'address-in-use':
      return [
        'listen on the port in the environment variable PORT: it is a free one for each generation',
        'or have the old generation stopped before the new one starts: "restart": { "strategy": "stop-first" }',
      ];
    case 'not-ready':
      return [
        'say what to wait for: "ready": { "http": "/healthz" }, { "tcp": ":8080" }, { "log": "listening" }, or "ready": "spawn"',
        'or allow more time: "ready": { "timeout": "60s" }',
      ];
    default:
      return assertNever(reason);
  }
}
