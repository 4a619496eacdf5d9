import type { ExitCode, UserError } from '../core/user-error.js';
import type { OutputStream } from '../observe/types.js';

type Writer = Pick<OutputStream, 'write'>;

/** Prints what the user can put right: what is wrong, then the way out. Answers the exit code. */
export function printUserError(error: UserError, stderr: Writer): ExitCode {
  const [first = '', ...rest] = error.message.split('\n');
  const lines = [
    `error: ${first}`,
    ...rest.map((line) => `  ${line}`),
    ...(error.wayOut === undefined ? [] : error.wayOut.split('\n').map((line) => `  ${line}`)),
  ];
  stderr.write(`${lines.join('\n')}\n`);
  return error.exitCode;
}

/** What was thrown is a bug of ours: one line, with the stack where it was asked for. Answers the exit code. */
export function printUnexpected(
  error: unknown,
  stderr: Writer,
  options: { readonly showStack: boolean; readonly reportTo: string | null },
): ExitCode {
  const message = error instanceof Error ? error.message : String(error);
  const stack = error instanceof Error ? error.stack : undefined;
  const [first = ''] = message.split('\n');
  const report = options.reportTo === null ? 'please report it' : `please report it at ${options.reportTo}`;
  stderr.write(
    options.showStack
      ? `error: unexpected: ${stack ?? message}\n  This is a bug in croupier: ${report}.\n`
      : `error: unexpected: ${first}\n  This is a bug in croupier: ${report}, with what CROUPIER_DEBUG=1 shows.\n`,
  );
  return 1;
}

/** Whether a bug's stack is wanted: `--verbose`, or `CROUPIER_DEBUG` with any value but `0`. */
export function wantsStack(argv: readonly string[], env: NodeJS.ProcessEnv): boolean {
  const debug = env.CROUPIER_DEBUG;
  return argv.includes('--verbose') || (debug !== undefined && debug !== '' && debug !== '0');
}
