import type { Command } from 'commander';
import type { CheckArguments, CheckFlags } from './check-arguments.js';
import { CHECK_EXAMPLES } from './help.js';

/** `croupier check`, as it is typed; what it does is loaded when it is run. */
export function addCheck(program: Command, run: (args: CheckArguments) => Promise<void>): void {
  program
    .command('check')
    .summary('check a project from its configuration to its end, for CI')
    .description(
      'Builds and runs the project once, calls it, reloads it under calls, and stops it: each step passes, fails or is skipped.',
    )
    .argument('[names...]', 'services of the configuration to check (default: all)')
    .option('--config <file>', 'configuration file (default: searched from here upward)')
    .option('--only <steps>', 'take these steps, and those that they need: a,b')
    .option('--skip <steps>', 'leave these steps out, and those that need them: a,b')
    .option('--update', 'write what is registered to croupier.snapshot.json')
    .option('--strict', 'fail at any change against the snapshot, not only at one that breaks callers')
    .option('--timeout <duration>', 'for the whole check, such as 5m (default: 10m)')
    .option('--upstream <url>', 'register with this agent, server or edge meanwhile (default: with nobody)')
    .option('--port <n>', 'port of the gateway, for SDKs with a fixed address (default: any free one)')
    .option('--json', 'print one JSON object at the end')
    .option('--junit <file>', 'write the result as JUnit XML')
    .option('--no-color', 'do not colour the lines')
    .addHelpText('after', CHECK_EXAMPLES)
    .action((names: readonly string[], options: CheckFlags) => run({ names, options }));
}
