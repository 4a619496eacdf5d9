import { constants } from 'node:os';
import type { CommandLine } from '../config/types.js';
import type { UserError } from '../core/user-error.js';
import { type Foreground, startForeground } from '../process/foreground.js';
import type { ChildExit } from '../process/types.js';
import { formatTarget, parseRpcAddress } from '../protocol/address.js';
import { awaitFirstStart } from './first-start.js';
import type { LiveSession, SessionTask } from './session-task.js';

/** A command that was told to end gets so long before SIGKILL, in ms. */
const ENDING_GRACE_MS = 10_000;

export interface CiCommandOptions {
  readonly command: CommandLine;
  readonly cwd: string;
  readonly env: NodeJS.ProcessEnv;
  /** Events are on stdout: what the command prints there goes to stderr. */
  readonly stdoutIsTaken: boolean;
  /** Who runs this sits at a terminal, whose Ctrl-C reaches the command by itself. */
  readonly isAtTerminal: boolean;
  /** The command was not run. */
  onProblem(error: UserError): void;
}

/**
 * Waits until every service is ready, runs the command with the gateway's address in `CROUPIER_AGENT_ADDR`, and answers its exit code (128 + n
 * for a signal). If a service does not start: 1; if the command cannot be started: 3. A signal that ends the session is passed on.
 */
export function createCiTask(options: CiCommandOptions): SessionTask {
  return async (session, ending) => {
    const ended = new Promise<'ended'>((resolve) => {
      ending.addEventListener('abort', () => resolve('ended'), { once: true });
    });
    const names = session.config.services.map(({ name }) => name);
    const started = await Promise.race([awaitFirstStart(names, session.subscribe), ended]);
    // The session says itself why it ended, and with what code.
    if (started === 'ended') return 1;
    if (!started.ok) {
      const message = `\`${options.command.display}\` was not run: ${started.error}`;
      options.onProblem({ exitCode: 1, message });
      return 1;
    }
    return runCommand(options, session, ending);
  };
}

async function runCommand(
  options: CiCommandOptions,
  session: LiveSession,
  ending: AbortSignal,
): Promise<number> {
  const { command, cwd, stdoutIsTaken, onProblem } = options;
  const started = await startForeground({
    command,
    cwd,
    env: commandVariables(options.env, session.gateway.address),
    stdoutTo: stdoutIsTaken ? 'stderr' : 'stdout',
  });
  if (!started.ok) {
    const message = `could not start \`${command.display}\`: ${started.error.message}`;
    onProblem({
      exitCode: 3,
      message,
      wayOut: 'Name a program after --, such as: croupier dev --ci -- npm test',
    });
    return 3;
  }
  const pass = () => passOn(started.value, ending.reason, options.isAtTerminal);
  if (ending.aborted) pass();
  else ending.addEventListener('abort', pass, { once: true });
  return exitCodeOf(await started.value.exited);
}

function commandVariables(inherited: NodeJS.ProcessEnv, gateway: string): Record<string, string> {
  const variables: Record<string, string> = {};
  for (const [key, value] of Object.entries(inherited)) if (value !== undefined) variables[key] = value;
  return { ...variables, CROUPIER_AGENT_ADDR: dialable(gateway) };
}

/** A gateway that listens on every address is called on this machine's own. */
function dialable(address: string): string {
  const parsed = parseRpcAddress(address);
  const first = parsed.ok ? parsed.value[0] : undefined;
  return first === undefined ? address : formatTarget(first);
}

/** `reason`: of the session's end; anything but a signal ends the command as SIGTERM does. */
function passOn(command: Foreground, reason: unknown, isAtTerminal: boolean): void {
  const signal = reason === 'SIGINT' || reason === 'SIGHUP' ? reason : 'SIGTERM';
  if (signal !== 'SIGINT' || !isAtTerminal) command.send(signal);
  const timer = setTimeout(() => command.send('SIGKILL'), ENDING_GRACE_MS);
  void command.exited.then(() => clearTimeout(timer));
}

function exitCodeOf({ exitCode, signal }: ChildExit): number {
  if (exitCode !== null) return exitCode;
  const number = Object.entries(constants.signals).find(([name]) => name === signal)?.[1];
  return 128 + (number ?? 0);
}
