import { type ReloadAnswer, reloadAnswerSchema } from '../control/schemas.js';
import { printUserError } from './errors.js';
import type { CliIo } from './io.js';
import { formatFunctionReload } from './reload-text.js';
import type { ReloadArguments } from './session-arguments.js';
import { explainControlFailure, findSession } from './session-client.js';
import { openPage, type Page } from './session-page.js';
import { formatReport } from './status-text.js';

/** `croupier reload`: waits until it is over. Answers the exit code: 0, or 1 where not all of it runs now. */
export async function reloadCommand({ names, json }: ReloadArguments, io: CliIo): Promise<number> {
  const found = await findSession(io);
  if (!found.ok) return printUserError(found.error, io.stderr);
  const answer = await found.value.client.post('/v1/reload', { targets: names }, reloadAnswerSchema);
  if (!answer.ok) return printUserError(explainControlFailure(answer.error, found.value), io.stderr);
  if (json) io.stdout.write(`${JSON.stringify(answer.value)}\n`);
  else {
    const page = openPage(io);
    page.print(formatReloads(answer.value, page));
  }
  return answer.value.ok ? 0 : 1;
}

function formatReloads({ services, functions }: ReloadAnswer, page: Page): readonly string[] {
  return [
    ...services.flatMap((report) => formatReport(report, page, services.length > 1)),
    ...functions.flatMap((report) => formatFunctionReload(report, page)),
  ];
}
