import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { cleanEnvironment, REPOSITORY, until } from '../../support/dev-process.js';

/** A real `croupier` whose output is text for people. */
export class TextProcess {
  readonly exited: Promise<{ readonly code: number | null; readonly signal: NodeJS.Signals | null }>;
  stdout = '';
  stderr = '';
  readonly #child: ChildProcess;

  constructor(folder: string, words: readonly string[], env: NodeJS.ProcessEnv) {
    this.#child = spawn(process.execPath, [join(REPOSITORY, 'bin', 'croupier.js'), ...words], {
      cwd: folder,
      env: { ...cleanEnvironment(), ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    this.#child.stdout?.setEncoding('utf8').on('data', (text: string) => {
      this.stdout += text;
    });
    this.#child.stderr?.setEncoding('utf8').on('data', (text: string) => {
      this.stderr += text;
    });
    this.exited = once(this.#child, 'close').then(([code, signal]) => ({ code, signal }));
  }

  signal(signal: NodeJS.Signals): void {
    this.#child.kill(signal);
  }

  /** Waits until it has printed this on stdout. */
  async says(text: string): Promise<void> {
    await until(`it says ${text}`, () => this.stdout.includes(text));
  }

  /** Ends it, if it still runs. */
  async close(): Promise<void> {
    this.#child.kill('SIGTERM');
    await this.exited;
  }
}
