import { Command, CommanderError, Option } from 'commander';
import { readPackageInfo } from '../config/package-info.js';
import { RESTART_STRATEGIES } from '../config/types.js';
import type { AgentArguments } from './agent-arguments.js';
import type { CheckArguments } from './check-arguments.js';
import { addCheck } from './check-command.js';
import { addComplete, addCompletion, type CompletionRequest, type Shell } from './completion-command.js';
import { type DevArguments, type DevFlags, splitCommand } from './dev-arguments.js';
import { addDoctor, type DoctorArguments } from './doctor-command.js';
import { printUnexpected, wantsStack } from './errors.js';
import { AGENT_EXAMPLES, DEV_EXAMPLES, INVOKE_EXAMPLES, PROGRAM_EXAMPLES } from './help.js';
import type { InitArguments } from './init-arguments.js';
import { addInit } from './init-command.js';
import type { InvokeArguments } from './invoke-arguments.js';
import type { CliIo } from './io.js';
import type { RunArguments } from './run-arguments.js';
import { addRun } from './run-command.js';
import { addSessionCommands, lazySessionCommands, type SessionCommands } from './session-commands.js';

/** What each command runs; answers an exit code. */
export interface Commands extends SessionCommands {
  dev(args: DevArguments, io: CliIo): Promise<number>;
  run(args: RunArguments, io: CliIo): Promise<number>;
  invoke(args: InvokeArguments, io: CliIo): Promise<number>;
  agent(args: AgentArguments, io: CliIo): Promise<number>;
  init(args: InitArguments, io: CliIo): Promise<number>;
  check(args: CheckArguments, io: CliIo): Promise<number>;
  doctor(args: DoctorArguments, io: CliIo): Promise<number>;
  completion(shell: Shell, io: CliIo): Promise<number>;
  complete(request: CompletionRequest, io: CliIo): Promise<number>;
}

/** Loads a command's code when it is used, so that `--version` and `--help` load neither gRPC nor execa. */
const lazyCommands: Commands = {
  ...lazySessionCommands,
  dev: async (args, io) => (await import('./dev.js')).devCommand(args, io),
  run: async (args, io) => (await import('./run.js')).runCommand(args, io),
  invoke: async (args, io) => (await import('./invoke.js')).invokeCommand(args, io),
  agent: async (args, io) => (await import('./agent.js')).agentCommand(args, io),
  init: async (args, io) => (await import('./init.js')).initCommand(args, io),
  check: async (args, io) => (await import('./check.js')).checkCommand(args, io),
  doctor: async (args, io) => (await import('./doctor.js')).doctorCommand(args, io),
  completion: async (shell, io) => (await import('./completion.js')).completionCommand(shell, io),
  complete: async (request, io) => (await import('./completion.js')).completeCommand(request, io),
};

/** Exit code for usage and configuration. */
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
  const program = createProgram(version, io);
  addDev(program, async (names, options) => {
    exitCode = await commands.dev({ names, command, options }, io);
  });
  addRun(program, async (names, options) => {
    exitCode = await commands.run({ names, command, options }, io);
  });
  addInit(program, async (args) => {
    exitCode = await commands.init(args, io);
  });
  addInvoke(program, async (args) => {
    exitCode = await commands.invoke(args, io);
  });
  const finish = (code: number) => {
    exitCode = code;
  };
  addSessionCommands({ program, commands, io, finish });
  addAgent(program, async (args) => {
    exitCode = await commands.agent(args, io);
  });
  addCheck(program, async (args) => {
    exitCode = await commands.check(args, io);
  });
  addDoctor(program, async (args) => {
    exitCode = await commands.doctor(args, io);
  });
  addCompletion(program, async (shell) => {
    exitCode = await commands.completion(shell, io);
  });
  addComplete(program, async (request) => {
    exitCode = await commands.complete(request, io);
  });
  try {
    await program.parseAsync(words, { from: 'user' });
    return exitCode;
  } catch (error) {
    // Help and the version end in one as well, with 0.
    if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : USAGE;
    return printUnexpected(error, io.stderr, { showStack: wantsStack(argv, io.env), reportTo: bugs });
  }
}

/** Commands that are added later take over these settings. */
function createProgram(version: string, io: CliIo): Command {
  return new Command('croupier')
    .description('Runs a game server while you work on it: rebuilds and restarts on save, and loses no call.')
    .version(version, '-V, --version', 'print the version')
    .helpOption('-h, --help', 'print this help')
    .helpCommand('help [command]', 'print the help of a command')
    .showHelpAfterError('Run it with --help to see how it is used.')
    .exitOverride()
    .configureOutput({
      writeOut: (text) => io.stdout.write(text),
      writeErr: (text) => io.stderr.write(text),
    })
    .addHelpText('after', PROGRAM_EXAMPLES);
}

function addDev(program: Command, run: (names: readonly string[], options: DevFlags) => Promise<void>): void {
  program
    .command('dev')
    .summary('run a project and reload it on save')
    .description('Builds and runs the project, and again on each save, without losing a call.')
    .usage('[options] [names...] [-- command...]')
    .argument('[names...]', 'services of the configuration to run (default: all)')
    .option('--config <file>', 'configuration file (default: searched from here upward)')
    .option(
      '--upstream <url>',
      'agent://, server:// or edge://host:port to register with, or `none` (default: an agent at 127.0.0.1:19090)',
    )
    .option('--service <id>', 'id that the service registers under')
    .addOption(
      new Option('--strategy <strategy>', 'how one process follows another').choices(RESTART_STRATEGIES),
    )
    .option('--port <n>', 'port of the gateway; 0: any free one (default: 19090, or the next free)')
    .option('--no-watch', 'do not watch files; the key r reloads')
    .option('--ci', 'run the command after -- when everything is ready, and end with its exit code')
    .option('--json', 'print events, one JSON object a line, on stdout')
    .option('--verbose', 'print builds and the life of each process as well')
    .option('--no-color', 'do not colour our own lines')
    .addHelpText('after', DEV_EXAMPLES)
    .action(run);
}

interface InvokeFlags {
  readonly job?: boolean;
  readonly timeout?: string;
  readonly metadata?: readonly string[];
  readonly idempotencyKey?: string;
  readonly agent?: string;
  readonly tlsCa?: string;
  readonly tlsCert?: string;
  readonly tlsKey?: string;
  readonly tlsServerName?: string;
  readonly json?: boolean;
}

function addInvoke(program: Command, run: (args: InvokeArguments) => Promise<void>): void {
  program
    .command('invoke')
    .summary('call a function once')
    .description('Calls a function of the running session and prints the payload of its answer.')
    .argument('<function>', 'id of the function, such as player.ban')
    .argument('[payload]', 'JSON, or - to read it from stdin')
    .option('--job', 'start a job and print its events until it ends')
    .option('--timeout <duration>', 'how long to wait for the answer, such as 2s')
    .option('--metadata <key=value>', 'metadata of the call; may be given several times', collect)
    .option('--idempotency-key <key>', 'the same key marks the same call')
    .option('--agent <address>', 'host:port of the agent to call')
    .option('--tls-ca <file>', 'certificates to trust; with any of these the agent is called by TLS')
    .option('--tls-cert <file>', 'our certificate, where the agent asks for one')
    .option('--tls-key <file>', 'its private key')
    .option('--tls-server-name <name>', "name in the agent's certificate")
    .option('--json', 'print events of a job, one JSON object a line')
    .addHelpText('after', INVOKE_EXAMPLES)
    .action((functionId: string, payload: string | undefined, flags: InvokeFlags) =>
      run({
        functionId,
        payload,
        job: flags.job ?? false,
        timeout: flags.timeout,
        metadata: flags.metadata ?? [],
        idempotencyKey: flags.idempotencyKey,
        agent: flags.agent,
        tls: {
          ca: flags.tlsCa,
          cert: flags.tlsCert,
          key: flags.tlsKey,
          serverName: flags.tlsServerName,
        },
        json: flags.json ?? false,
      }),
    );
}

interface AgentFlags {
  readonly listen?: string;
  readonly json?: boolean;
  readonly verbose?: boolean;
  readonly color: boolean;
}

function addAgent(program: Command, run: (args: AgentArguments) => Promise<void>): void {
  program
    .command('agent')
    .summary('run the agent alone')
    .description('Runs a local agent for game servers that are started by somebody else.')
    .option('--listen <address>', 'host:port to listen on (default: 127.0.0.1:19090, or the next free port)')
    .option('--json', 'print events, one JSON object a line, on stdout')
    .option('--verbose', 'print more')
    .option('--no-color', 'do not colour our own lines')
    .addHelpText('after', AGENT_EXAMPLES)
    .action((flags: AgentFlags) =>
      run({
        listen: flags.listen,
        json: flags.json ?? false,
        verbose: flags.verbose ?? false,
        color: flags.color,
      }),
    );
}

function collect(value: string, earlier: readonly string[] | undefined): readonly string[] {
  return [...(earlier ?? []), value];
}
