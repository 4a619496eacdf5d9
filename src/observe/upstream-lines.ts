import type { CroupierEvent } from '../core/events.js';
import { assertNever } from '../core/failure.js';
import { printable } from './printable.js';
import type { Style } from './style.js';

export type UpstreamEvent = Extract<CroupierEvent, { type: `upstream.${string}` }>;

/** What an event of the upstream says to people. Registrations come with every save: only the verbose output tells of them. Pure. */
export function narrateUpstream(
  event: UpstreamEvent,
  { style, verbose }: { readonly style: Style; readonly verbose: boolean },
): readonly string[] {
  const url = printable(event.url);
  switch (event.type) {
    case 'upstream.connected':
      return [
        `${style.green(style.symbols.ready)} upstream ${url} connected${event.attempt > 1 ? ' again' : ''}`,
      ];
    case 'upstream.lost': {
      const [first = '', ...rest] = event.reason.split('\n').map(printable);
      return [
        `${style.yellow(style.symbols.kept)} upstream ${url} lost: ${first}`,
        ...rest.map((line) => `  ${line}`),
        `  ${style.dim('local callers are served; it is tried again by itself')}`,
      ];
    }
    case 'upstream.registered': {
      const count = event.functions.length;
      return verbose
        ? [
            style.dim(
              `${printable(event.service)} registered ${count} function${count === 1 ? '' : 's'} with ${url}`,
            ),
          ]
        : [];
    }
    case 'upstream.drained':
      return verbose
        ? [
            style.dim(
              `${printable(event.service)} taken out of ${url} (${event.reason === 'swap' ? 'others serve during the swap' : 'the session ends'})`,
            ),
          ]
        : [];
    case 'upstream.replaced':
      // A notice has told it in words.
      return [];
    default:
      return assertNever(event);
  }
}
