import { rollbackAnswerSchema } from '../control/schemas.js';
import { printable } from '../observe/printable.js';
import { printUserError } from './errors.js';
import type { CliIo } from './io.js';
import type { RollbackArguments } from './session-arguments.js';
import { explainControlFailure, findSession } from './session-client.js';
import { joinPieces, openPage } from './session-page.js';
import { formatReport } from './status-text.js';

/** `croupier rollback`: back to the version before of a function, or to the build before. Answers the exit code: 0; 1 where that cannot be. */
export async function rollbackCommand({ name, json }: RollbackArguments, io: CliIo): Promise<number> {
  const found = await findSession(io);
  if (!found.ok) return printUserError(found.error, io.stderr);
  const body = name === undefined ? {} : { target: name };
  const answer = await found.value.client.post('/v1/rollback', body, rollbackAnswerSchema);
  if (!answer.ok) return printUserError(explainControlFailure(answer.error, found.value), io.stderr);
  const { ok, function: rolledBack, reload } = answer.value;
  if (json) io.stdout.write(`${JSON.stringify(answer.value)}\n`);
  else {
    const page = openPage(io);
    if (rolledBack !== null) {
      const { id, oldVersion, newVersion } = rolledBack;
      const versions = [oldVersion, newVersion].filter((one) => one !== null).join(' -> ');
      const text = printable(`${page.style.symbols.done} ${id} rolled back (${versions})`);
      page.print([joinPieces([{ text, paint: page.style.green }], page)]);
    }
    if (reload !== null) page.print(formatReport(reload, page));
  }
  return ok ? 0 : 1;
}
