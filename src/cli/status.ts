import { statusSchema } from '../control/schemas.js';
import { printUserError } from './errors.js';
import type { CliIo } from './io.js';
import type { StatusArguments } from './session-arguments.js';
import { explainControlFailure, findSession } from './session-client.js';
import { openPage } from './session-page.js';
import { formatStatus } from './status-text.js';

/** `croupier status`: answers the exit code. With `--ready` it is 1 where a service has no generation that has the calls. */
export async function statusCommand(args: StatusArguments, io: CliIo): Promise<number> {
  const found = await findSession(io);
  if (!found.ok) return printUserError(found.error, io.stderr);
  const status = await found.value.client.get('/v1/status', statusSchema);
  if (!status.ok) return printUserError(explainControlFailure(status.error, found.value), io.stderr);
  const { isReady, services } = status.value;
  if (args.json) io.stdout.write(`${JSON.stringify(status.value)}\n`);
  else if (args.ready) {
    const without = services.filter(({ isServing }) => !isServing).map(({ name }) => name);
    io.stdout.write(isReady ? 'ready\n' : `not ready: ${without.join(', ')}\n`);
  } else {
    const page = openPage(io);
    page.print(formatStatus(status.value, page));
  }
  return args.ready && !isReady ? 1 : 0;
}
