import type { CroupierEvent } from '../core/events.js';
import { assertNever } from '../core/failure.js';
import { formatDuration } from './duration.js';
import { printable } from './printable.js';
import type { Style } from './style.js';

type ReloadFinished = Extract<CroupierEvent, { type: 'reload.finished' }>;

/** The end of a rolling reload in one line: what became of it, why, and what it cost the calls. */
export function formatRoll(event: ReloadFinished, instances: number, style: Style): string {
  const name = printable(event.service);
  const time = formatDuration(event.ms.total);
  const { held, drained, lost } = event.calls;
  const calls = style.dim(`held ${held}  drained ${drained}  lost ${lost}`);
  const why = event.reason === undefined ? '' : `: ${printable(event.reason)}`;
  switch (event.outcome) {
    case 'swapped':
    case 'hot':
      return `${style.green(`${style.symbols.done} ${name} ${instances} instances replaced in ${time}`)}  ${calls}`;
    case 'kept-old':
      return `${style.yellow(`${style.symbols.kept} ${name} runs as before, after ${time}`)}${why}  ${calls}`;
    case 'failed':
      return `${style.red(`${style.symbols.failed} ${name} could not be replaced, after ${time}`)}${why}  ${calls}`;
    default:
      return assertNever(event.outcome);
  }
}
