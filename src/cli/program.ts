import { Command, CommanderError, Option } from 'commander';
import { RESTART_STRATEGIES } from '../config/types.js';
import type { AgentArguments } from './agent-arguments.js';
import { type DevArguments, type DevFlags, splitCommand } from './dev-arguments.js';
import { printUnexpected, wantsStack } from './errors.js';
import { AGENT_EXAMPLES, DEV_EXAMPLES, INVOKE_EXAMPLES, PROGRAM_EXAMPLES } from './help.js';
import type { InvokeArguments } from './invoke.js';
import type { CliIo } from './io.js';
import { readPackageInfo } from './package-info.js';

/** A command's code; each answers an exit code. */
export interface Commands {
  dev(args: DevArguments, io: CliIo): Promise<number>;
  invoke(args: InvokeArguments, io: CliIo): Promise<number>;
  agent(args: AgentArguments, io: CliIo): Promise<number>;
}

/** Loads a command's code when it is used, so that `--version` and `--help` load neither gRPC nor execa. */
const lazyCommands: Commands = {
  dev: async (args, io) => (await import('./dev.js')).devCommand(args, io),
  invoke: async (args, io) => (await import('./invoke.js')).invokeCommand(args, io),
  agent: async (args, io) => (await import('./agent.js')).agentCommand(args, io),
};

/** Usage and configuration, as in design: commander's own errors are all of that kind. */
const USAGE = 2;

/** Runs one command line (without `node` and the script) to its end; answers the exit code. */
export async function runCli(
  argv: readonly string[],
  io: CliIo,
  commands: Commands = lazyCommands,
): Promise<number> {
  const { version, bugs } = readPackageInfo();
  const { argv: words, command } = splitCommand(argv);
  let exitCode = 0;
  const program = buildProgram({
    version,
    io,
    run: async (name, args) => {
      exitCode = await start(name, args);
    },
    command,
    commands,
  });
  try {
    await program.parseAsync(words, { from: 'user' });
    return exitCode;
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : USAGE;
    return printUnexpected(error, io.stderr, { showStack: wantsStack(argv, io.env), reportTo: bugs });
  }
}
