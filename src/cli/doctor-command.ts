import type { Command } from 'commander';
import { DOCTOR_EXAMPLES } from './help.js';

/** `croupier doctor`, as it was typed. */
export interface DoctorArguments {
  readonly config: string | undefined;
  readonly upstream: string | undefined;
  readonly json: boolean;
  /** False with `--no-color`. */
  readonly color: boolean;
}

interface DoctorFlags {
  readonly config?: string;
  readonly upstream?: string;
  readonly json?: boolean;
  readonly color: boolean;
}

export function addDoctor(program: Command, run: (args: DoctorArguments) => Promise<void>): void {
  program
    .command('doctor')
    .summary('look for what could go wrong on this machine')
    .description(
      'Looks at this machine and the project, and says what could go wrong and what to do about it.',
    )
    .option('--config <file>', 'configuration file (default: searched from here upward)')
    .option('--upstream <url>', 'look at this agent, server or edge instead of the configured one')
    .option('--json', 'print the findings as one JSON object')
    .option('--no-color', 'do not colour the lines')
    .addHelpText('after', DOCTOR_EXAMPLES)
    .action(({ config, upstream, json, color }: DoctorFlags) =>
      run({ config, upstream, json: json ?? false, color }),
    );
}
