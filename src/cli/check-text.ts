import type { CheckReport } from '../check/run-check.js';
import { STEP_NAMES, type StepOutcome, type StepReport } from '../check/step.js';
import { formatDuration } from '../observe/duration.js';
import { frameOutput } from '../observe/failure-block.js';
import { printable, textWidth } from '../observe/printable.js';
import type { Style } from '../observe/style.js';
import { wrapText } from './wrap-text.js';

/** Terminals and logs of eighty columns are the narrowest that are catered for. */
const WIDTH = 80;
const INDENT = '    ';
const STEP_WIDTH = Math.max(...STEP_NAMES.map((name) => name.length));
const TIME_WIDTH = 8;
/** Lines of output that are shown of a step. */
const OUTPUT_LINES = 20;

/** A step for people: what came of it and how long it took, then what it has to tell. `services`: of the whole check. */
export function formatStep(
  { step, service, ms, outcome }: StepReport,
  services: readonly string[],
  style: Style,
): readonly string[] {
  const shown = outcome.result === 'skipped' ? '-' : formatDuration(ms);
  const names = services.length > 1 ? Math.max(...services.map((name) => textWidth(printable(name)))) : 0;
  const name = names === 0 ? '' : `${printable(service ?? '').padEnd(names)}  `;
  const head = `${step.padEnd(STEP_WIDTH)}  ${name}${shown.padStart(TIME_WIDTH)}`;
  const [first, ...rest] = tell(outcome);
  const room = WIDTH - textWidth(head) - 4;
  const fits = first !== undefined && textWidth(first.text) <= room;
  const line = `${symbol(outcome, style)} ${paintHead(head, outcome, style)}`;
  return [
    fits ? `${line}  ${paint(first, style)}` : line,
    ...(fits || first === undefined ? [] : indent(first, style)),
    ...rest.flatMap((one) => indent(one, style)),
    ...output(outcome, style),
  ];
}

/** The last lines: whether it passed, and what did not. */
export function formatEnd({ result, ms, steps }: CheckReport, style: Style): readonly string[] {
  const time = formatDuration(ms);
  if (result === 'interrupted') return ['', `${style.yellow('interrupted')} after ${time}`];
  const failed = steps.filter(({ outcome }) => outcome.result === 'failed');
  if (result === 'passed') return ['', `${style.green('passed')} in ${time}`];
  const names = [...new Set(failed.map(({ step }) => step))].join(', ');
  return ['', `${style.red('failed')} in ${time}${names === '' ? '' : `: ${names}`}`];
}

interface Told {
  readonly kind: 'text' | 'note' | 'warning' | 'hint';
  readonly text: string;
}

/** What a step says, in the order in which it matters. */
function tell(outcome: StepOutcome): readonly Told[] {
  const lines = (kind: Told['kind'], text: string | null): readonly Told[] =>
    text === null ? [] : text.split('\n').map((line) => ({ kind, text: printable(line) }));
  if (outcome.result === 'skipped') {
    return [...lines('note', outcome.reason), ...lines('hint', outcome.wayOut)];
  }
  const remarks = outcome.remarks.flatMap(({ level, text }) =>
    lines(level === 'warn' ? 'warning' : 'note', text),
  );
  if (outcome.result === 'passed') return remarks;
  return [...lines('text', outcome.reason), ...lines('hint', outcome.wayOut), ...remarks];
}

function indent(told: Told, style: Style): readonly string[] {
  const wrapped = wrapText(told.text, WIDTH - INDENT.length - prefixWidth(told));
  return wrapped.map((text, at) =>
    at === 0
      ? `${INDENT}${paint({ ...told, text }, style)}`
      : `${INDENT}${' '.repeat(prefixWidth(told))}${paint({ kind: told.kind === 'note' ? 'note' : 'text', text }, style)}`,
  );
}

function prefixWidth({ kind }: Told): number {
  return kind === 'hint' ? 'hint '.length : kind === 'warning' ? 'warning '.length : 0;
}

function paint({ kind, text }: Told, style: Style): string {
  switch (kind) {
    case 'text':
      return text;
    case 'note':
      return style.dim(text);
    case 'warning':
      return `${style.yellow('warning')} ${text}`;
    case 'hint':
      return `${style.cyan('hint')} ${text}`;
  }
}

function output(outcome: StepOutcome, style: Style): readonly string[] {
  if (outcome.result !== 'failed') return [];
  return frameOutput(outcome.output, { style, outputLines: OUTPUT_LINES }).map((line) => `  ${line}`);
}

function symbol({ result }: StepOutcome, style: Style): string {
  const { symbols } = style;
  if (result === 'passed') return style.green(symbols.done);
  return result === 'failed' ? style.red(symbols.failed) : style.dim(symbols.idle);
}

function paintHead(head: string, { result }: StepOutcome, style: Style): string {
  return result === 'skipped' ? style.dim(head) : result === 'failed' ? style.bold(head) : head;
}
