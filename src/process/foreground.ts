import { execa } from 'execa';
import type { CommandLine } from '../config/types.js';
import { err, ok, type Result } from '../core/result.js';
import { explainSpawnError } from './spawn-error.js';
import type { ChildExit } from './types.js';

export interface ForegroundSpec {
  readonly command: CommandLine;
  readonly cwd: string;
  /** The whole environment. */
  readonly env: Readonly<Record<string, string>>;
  /** Where its stdout goes: our own stdout is taken by something else. */
  readonly stdoutTo: 'stdout' | 'stderr';
}

/** A command that has the terminal as if the user had started it. */
export interface Foreground {
  readonly exited: Promise<ChildExit>;
  send(signal: NodeJS.Signals): void;
}

/** Starts a command with our own stdin, stdout and stderr, in our own process group: a Ctrl-C of the terminal reaches it, too. */
export async function startForeground(
  spec: ForegroundSpec,
): Promise<Result<Foreground, { readonly message: string }>> {
  const { command, cwd, env, stdoutTo } = spec;
  const [program = '', ...args] = command.argv;
  const subprocess = execa(program, args, {
    cwd,
    env,
    extendEnv: false,
    shell: command.shell,
    stdin: 'inherit',
    stdout: stdoutTo === 'stdout' ? 'inherit' : 2,
    stderr: 'inherit',
    buffer: false,
    reject: false,
    cleanup: false,
  });
  if (subprocess.pid === undefined) {
    const failure = await subprocess;
    const systemMessage = failure.originalMessage ?? 'it could not be started';
    return err({ message: await explainSpawnError({ command, cwd, code: failure.code, systemMessage }) });
  }
  const exited = new Promise<ChildExit>((resolve) => {
    subprocess.once('exit', (exitCode, signal) => resolve({ exitCode, signal }));
  });
  return ok({ exited, send: (signal) => void subprocess.kill(signal) });
}
