import type { FunctionReloadReport } from '../control/schemas.js';
import { assertNever } from '../core/failure.js';
import { formatDuration } from '../observe/duration.js';
import { printable } from '../observe/printable.js';
import { joinPieces, type Page } from './session-page.js';

/** What came of reloading functions in their process: a line for each, and the way out where there is one. */
export function formatFunctionReload(report: FunctionReloadReport, page: Page): readonly string[] {
  const { service, outcome, reloaded, failed, reason, ms } = report;
  const { symbols, green, red, yellow } = page.style;
  switch (outcome) {
    case 'needs-restart':
      return [
        joinPieces(
          [{ text: `${symbols.kept} not reloaded: ${printable(reason ?? '')}`, paint: yellow }],
          page,
        ),
        joinPieces([{ text: `  To restart it: croupier reload ${service}` }], page),
      ];
    case 'reloaded':
    case 'failed':
      return [
        ...reloaded.map((one) => {
          const text = `${symbols.done} ${printable(one.id)} ${describeVersions(one)} in ${formatDuration(ms)}`;
          return joinPieces([{ text, paint: green }], page);
        }),
        ...failed.flatMap(({ id, path, error, rolledBack }) => {
          const what = printable([id, path].filter((part) => part !== null && part !== '').join(', '));
          const text = `${symbols.failed} ${what} not reloaded${rolledBack ? ', the old one serves' : ''}`;
          return [
            joinPieces([{ text, paint: red }], page),
            ...error.split('\n').map((line) => joinPieces([{ text: `  ${printable(line)}` }], page)),
          ];
        }),
      ];
    default:
      return assertNever(outcome);
  }
}

/** How a function was replaced. */
export function describeVersions({
  oldVersion,
  newVersion,
}: {
  readonly oldVersion: string | null;
  readonly newVersion: string | null;
}): string {
  if (oldVersion === null) return `added ${printable(newVersion ?? '')}`.trim();
  if (newVersion === null) return 'removed';
  const versions = oldVersion === newVersion ? newVersion : `${oldVersion} -> ${newVersion}`;
  return `reloaded (${printable(versions)})`;
}
