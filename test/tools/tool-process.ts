import { type ChildProcess, spawn } from 'node:child_process';
import { cleanEnvironment } from '../support/dev-process.js';

/** What is kept of its output, in characters. */
const OUTPUT_LENGTH = 10_000;

/** For a tool and its processes to end by themselves, in ms. */
const ENDS_WITHIN_MS = 15_000;

/** A tool in the foreground, in a process group of its own. */
export class ToolProcess {
  readonly #child: ChildProcess;
  readonly #closed: Promise<void>;
  #output = '';

  constructor([program, ...args]: readonly [string, ...string[]], cwd: string, env: NodeJS.ProcessEnv) {
    this.#child = spawn(program, args, {
      cwd,
      env: { ...cleanEnvironment(), ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
      detached: true,
    });
    for (const stream of [this.#child.stdout, this.#child.stderr]) {
      stream?.setEncoding('utf8').on('data', (text: string) => {
        this.#output = (this.#output + text).slice(-OUTPUT_LENGTH);
      });
    }
    this.#closed = new Promise((resolve) => {
      this.#child.once('close', () => resolve());
      this.#child.once('error', () => resolve());
    });
  }

  output(): string {
    return this.#output;
  }

  signal(signal: NodeJS.Signals): void {
    this.#child.kill(signal);
  }

  /** SIGINT to all of its group, as Ctrl-C does; what is left of it after a while is killed. */
  async stop(): Promise<void> {
    this.#signalGroup('SIGINT');
    const timer = setTimeout(() => this.#signalGroup('SIGKILL'), ENDS_WITHIN_MS);
    await this.#closed;
    clearTimeout(timer);
    this.#signalGroup('SIGKILL');
  }

  #signalGroup(signal: NodeJS.Signals): void {
    if (this.#child.pid === undefined) return;
    try {
      process.kill(-this.#child.pid, signal);
    } catch {
      // Nobody is left in the group.
    }
  }
}
