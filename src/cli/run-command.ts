import { type Command, Option } from 'commander';
import { RESTART_STRATEGIES } from '../config/types.js';
import { RUN_EXAMPLES } from './help.js';
import type { RunFlags } from './run-arguments.js';

export function addRun(
  program: Command,
  run: (names: readonly string[], options: RunFlags) => Promise<void>,
): void {
  program
    .command('run')
    .summary('run a project without watching it, in several processes if asked')
    .description(
      'Builds and runs the project where nobody edits it: nothing is watched, and a reload is asked for by SIGHUP or `croupier reload`.',
    )
    .usage('[options] [names...] [-- command...]')
    .argument('[names...]', 'services of the configuration to run (default: all)')
    .option('--config <file>', 'configuration file (default: searched from here upward)')
    .option('--instances <n>', 'processes of the service; calls are spread over them (default: 1)')
    .option(
      '--upstream <url>',
      'agent://, server:// or edge://host:port to register with, or `none` (default: an agent at 127.0.0.1:19090)',
    )
    .option('--service <id>', 'id that the service registers under')
    .addOption(
      new Option('--strategy <strategy>', 'how one process follows another').choices(RESTART_STRATEGIES),
    )
    .option('--port <n>', 'port of the gateway; 0: any free one (default: 19090, or the next free)')
    .option('--json', 'print events, one JSON object a line, on stdout')
    .option('--verbose', 'print builds and the life of each process as well')
    .option('--no-color', 'do not colour our own lines')
    .addHelpText('after', RUN_EXAMPLES)
    .action(run);
}
