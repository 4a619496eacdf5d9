import { readPackageInfo } from '../config/package-info.js';
import { printUnexpected, wantsStack } from './errors.js';
import { runCli } from './program.js';

// The only file that sets the exit code or ends the process.

/** A command that has finished leaves nothing open. If something is, after all, the terminal must not hang on it. */
const FORCED_EXIT_AFTER_MS = 1000;

const argv = process.argv.slice(2);

process.once('uncaughtException', (error) => {
  const { bugs } = readPackageInfo();
  // Nothing can be relied on after this. Children are ended by the guardian, the terminal is put back at the exit.
  process.exit(
    printUnexpected(error, process.stderr, { showStack: wantsStack(argv, process.env), reportTo: bugs }),
  );
});
// A reader that goes away, as in `croupier functions | head`, is no reason to fail.
process.stdout.on('error', () => undefined);
process.stderr.on('error', () => undefined);

process.exitCode = await runCli(argv, {
  // Opened by those who read it only.
  get stdin() {
    return process.stdin;
  },
  stdout: process.stdout,
  stderr: process.stderr,
  cwd: process.cwd(),
  env: process.env,
});
setTimeout(() => process.exit(), FORCED_EXIT_AFTER_MS).unref();
