import { type ChildProcess, spawn } from 'node:child_process';
import { onTestFinished } from 'vitest';
import { until } from '../../unit/sdk/until.js';

/** Lets Node run TypeScript: the SDK is tested from its source. */
export const TSX = import.meta.resolve('tsx');

export interface Exit {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

/** A Node process under test; killed when the test ends. */
export class Running {
  output = '';
  readonly child: ChildProcess;
  readonly exited: Promise<Exit>;

  /** `loader` null: it runs JavaScript alone, or names its loader itself. */
  constructor(
    args: readonly string[],
    options: { cwd: string; env: Readonly<Record<string, string>>; loader?: string | null },
  ) {
    const { loader = TSX } = options;
    this.child = spawn(process.execPath, [...(loader === null ? [] : ['--import', loader]), ...args], {
      cwd: options.cwd,
      env: { PATH: process.env.PATH, ...options.env },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    const collect = (chunk: Buffer) => {
      this.output += chunk.toString();
    };
    this.child.stdout?.on('data', collect);
    this.child.stderr?.on('data', collect);
    this.exited = new Promise((resolve) => {
      this.child.on('close', (code, signal) => resolve({ code, signal }));
    });
    onTestFinished(async () => {
      this.child.kill('SIGKILL');
      await this.exited;
    });
  }

  /** Waits for the marker in the output; gives what follows it on its line. */
  async waitFor(marker: string): Promise<string> {
    await until(`${marker} in the output:\n${this.output}`, () => this.output.includes(marker));
    const rest = this.output.slice(this.output.indexOf(marker) + marker.length);
    return rest.split('\n')[0]?.trim() ?? '';
  }
}
