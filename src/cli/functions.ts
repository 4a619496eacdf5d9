import { type FunctionAnswer, functionListSchema } from '../control/schemas.js';
import { printable, textWidth } from '../observe/printable.js';
import { printUserError } from './errors.js';
import type { CliIo } from './io.js';
import type { FunctionsArguments } from './session-arguments.js';
import { explainControlFailure, findSession } from './session-client.js';
import { joinPieces, openPage, type Page } from './session-page.js';

/** `croupier functions`: what the session serves. Answers the exit code. */
export async function functionsCommand(args: FunctionsArguments, io: CliIo): Promise<number> {
  const found = await findSession(io);
  if (!found.ok) return printUserError(found.error, io.stderr);
  const query = args.service === undefined ? '' : `?service=${encodeURIComponent(args.service)}`;
  const list = await found.value.client.get(`/v1/functions${query}`, functionListSchema);
  if (!list.ok) return printUserError(explainControlFailure(list.error, found.value), io.stderr);
  const { functions } = list.value;
  if (args.json) {
    io.stdout.write(`${JSON.stringify(functions)}\n`);
    return 0;
  }
  const page = openPage(io);
  page.print(functions.length === 0 ? ['no function is registered'] : formatFunctions(functions, page));
  return 0;
}

type Row = readonly string[];

/** A table: ids, versions, whose they are, and what they say of themselves. */
function formatFunctions(functions: readonly FunctionAnswer[], page: Page): readonly string[] {
  const sorted = [...functions].sort((a, b) => (a.id < b.id ? -1 : a.id > b.id ? 1 : 0));
  const head: Row = ['FUNCTION', 'VERSION', 'SERVICE', ''];
  const rows = sorted.map((one): Row => {
    const notes = [...(one.deprecated ? ['(deprecated)'] : []), one.summary].join(' ').trim();
    return [one.id, one.version, one.service, notes].map(printable);
  });
  const widths = [0, 1, 2].map((column) =>
    Math.max(...[head, ...rows].map((row) => textWidth(row[column] ?? ''))),
  );
  const lines = [head, ...rows].map((row) =>
    row
      .map((cell, column) => cell + ' '.repeat(Math.max(0, (widths[column] ?? 0) - textWidth(cell))))
      .join('  ')
      .trimEnd(),
  );
  return lines.map((text, index) =>
    joinPieces([{ text, ...(index === 0 ? { paint: page.style.dim } : {}) }], page),
  );
}
