import type { Command } from 'commander';
import {
  DRAIN_EXAMPLES,
  FUNCTIONS_EXAMPLES,
  LOGS_EXAMPLES,
  RELOAD_EXAMPLES,
  ROLLBACK_EXAMPLES,
  STATUS_EXAMPLES,
  STOP_EXAMPLES,
} from './help-session.js';
import type { CliIo } from './io.js';
import type {
  DrainArguments,
  FunctionsArguments,
  LogsArguments,
  ReloadArguments,
  RollbackArguments,
  StatusArguments,
  StopArguments,
} from './session-arguments.js';

/** The commands that talk to the running session of a project; each answers an exit code. */
export interface SessionCommands {
  status(args: StatusArguments, io: CliIo): Promise<number>;
  functions(args: FunctionsArguments, io: CliIo): Promise<number>;
  reload(args: ReloadArguments, io: CliIo): Promise<number>;
  rollback(args: RollbackArguments, io: CliIo): Promise<number>;
  logs(args: LogsArguments, io: CliIo): Promise<number>;
  stop(args: StopArguments, io: CliIo): Promise<number>;
  drain(args: DrainArguments, io: CliIo): Promise<number>;
}

/** Loads a command's code when it is used. */
export const lazySessionCommands: SessionCommands = {
  status: async (args, io) => (await import('./status.js')).statusCommand(args, io),
  functions: async (args, io) => (await import('./functions.js')).functionsCommand(args, io),
  reload: async (args, io) => (await import('./reload.js')).reloadCommand(args, io),
  rollback: async (args, io) => (await import('./rollback.js')).rollbackCommand(args, io),
  logs: async (args, io) => (await import('./logs.js')).logsCommand(args, io),
  stop: async (args, io) => (await import('./stop.js')).stopCommand(args, io),
  drain: async (args, io) => (await import('./drain.js')).drainCommand(args, io),
};

/** Where the commands are added, and what runs them. */
interface Registration {
  readonly program: Command;
  readonly commands: SessionCommands;
  readonly io: CliIo;
  /** Takes the exit code of the command that was run. */
  finish(exitCode: number): void;
}

/** Adds them to the program. */
export function addSessionCommands(registration: Registration): void {
  addViews(registration);
  addLogs(registration);
  addReloads(registration);
  addEndings(registration);
}

interface Flags {
  readonly json?: boolean;
}

const JSON_TEXT = 'print the answer as one line of JSON';

function addViews({ program, commands, io, finish }: Registration): void {
  program
    .command('status')
    .summary('show the running session')
    .description('Shows the services of the running session: generation, calls, last reload, upstream.')
    .option('--ready', 'only tell whether every service can take calls (exit code 0 or 1)')
    .option('--json', JSON_TEXT)
    .addHelpText('after', STATUS_EXAMPLES)
    .action(async ({ ready = false, json = false }: Flags & { readonly ready?: boolean }) =>
      finish(await commands.status({ ready, json }, io)),
    );
  program
    .command('functions')
    .summary('list the functions of the running session')
    .description('Lists the functions that the running session serves.')
    .argument('[service]', 'a service of the session (default: all)')
    .option('--json', `${JSON_TEXT}, with the schemas`)
    .addHelpText('after', FUNCTIONS_EXAMPLES)
    .action(async (service: string | undefined, { json = false }: Flags) =>
      finish(await commands.functions({ service, json }, io)),
    );
}

interface LogsFlags extends Flags {
  readonly follow?: boolean;
  readonly lines?: string;
}

function addLogs({ program, commands, io, finish }: Registration): void {
  program
    .command('logs')
    .summary('show what the processes of the running session wrote')
    .description('Prints the newest lines that the processes of the running session wrote.')
    .argument('[service]', 'a service of the session (default: all)')
    .option('-f, --follow', 'go on until the session ends')
    .option('-n, --lines <n>', 'how many lines (default: 100)')
    .option('--json', 'print one JSON object a line')
    .addHelpText('after', LOGS_EXAMPLES)
    .action(async (service: string | undefined, { follow = false, lines, json = false }: LogsFlags) =>
      finish(await commands.logs({ service, follow, lines, json }, io)),
    );
}

function addReloads({ program, commands, io, finish }: Registration): void {
  program
    .command('reload')
    .summary('reload services or functions of the running session')
    .description(
      'Builds and restarts services, or loads functions again in their process; waits for the end of it.',
    )
    .argument('[names...]', 'services, or ids of functions (default: every service)')
    .option('--json', JSON_TEXT)
    .addHelpText('after', RELOAD_EXAMPLES)
    .action(async (names: readonly string[], { json = false }: Flags) =>
      finish(await commands.reload({ names, json }, io)),
    );
  program
    .command('rollback')
    .summary('go back to the version or build before')
    .description('Puts the version before of a function back, or runs the last build again that worked.')
    .argument('[name]', 'id of a function, or a service (default: the build of the only service)')
    .option('--json', JSON_TEXT)
    .addHelpText('after', ROLLBACK_EXAMPLES)
    .action(async (name: string | undefined, { json = false }: Flags) =>
      finish(await commands.rollback({ name, json }, io)),
    );
}

interface EndingFlags extends Flags {
  readonly timeout?: string;
  readonly force?: boolean;
}

function addEndings({ program, commands, io, finish }: Registration): void {
  program
    .command('drain')
    .summary('take services out of routing and wait for their calls')
    .description('Takes services out of routing upstream, and waits until no call of theirs is under way.')
    .argument('[service]', 'a service of the session (default: all)')
    .option('--timeout <duration>', 'how long to wait (default: 60s)')
    .option('--json', JSON_TEXT)
    .addHelpText('after', DRAIN_EXAMPLES)
    .action(async (service: string | undefined, { timeout, json = false }: EndingFlags) =>
      finish(await commands.drain({ service, timeout, json }, io)),
    );
  program
    .command('stop')
    .summary('end the running session')
    .description('Ends the running session: drains, stops every process, and waits until it is gone.')
    .option('--force', 'end everything at once, without draining')
    .option('--timeout <duration>', 'how long to wait (default: 60s)')
    .option('--json', JSON_TEXT)
    .addHelpText('after', STOP_EXAMPLES)
    .action(async ({ force = false, timeout, json = false }: EndingFlags) =>
      finish(await commands.stop({ force, timeout, json }, io)),
    );
}
