import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { afterEach } from 'vitest';
import { startChild } from '../../../src/process/child.js';
import { createSessionMarker, generationMarker } from '../../../src/process/marker.js';
import type { Child, ChildSpec } from '../../../src/process/types.js';

/** Long, for a busy machine; what is waited for comes at once. */
const PATIENCE_MS = 20_000;

const started: Child[] = [];

afterEach(async () => {
  await Promise.all(started.splice(0).map((child) => child.stop('SIGKILL', 0)));
});

export function fixture(name: string): string {
  return fileURLToPath(new URL(`fixtures/${name}`, import.meta.url));
}

/** A child that runs a fixture with Node, with a marker of its own. */
export function specOf(name: string, args: readonly string[], more: Partial<ChildSpec> = {}): ChildSpec {
  return {
    command: { argv: [process.execPath, fixture(name), ...args], shell: false, display: name },
    cwd: fileURLToPath(new URL('.', import.meta.url)),
    env: { PATH: process.env.PATH ?? '' },
    stdin: false,
    marker: generationMarker(createSessionMarker(), 'game', 1),
    ...more,
  };
}

/** Like specOf, with an inline script. */
export function specOfScript(script: string, more: Partial<ChildSpec> = {}): ChildSpec {
  return specOf('', [], {
    command: { argv: [process.execPath, '-e', script], shell: false, display: 'script' },
    ...more,
  });
}

/** Starts a child whose group is killed after the test, whatever becomes of the test. */
export async function start(spec: ChildSpec): Promise<StartedChild> {
  const result = await startChild(spec);
  if (!result.ok) throw new Error(result.error.message);
  started.push(result.value);
  return new StartedChild(result.value, spec.marker);
}

/** A child with all that it has written. */
export class StartedChild {
  readonly child: Child;
  readonly marker: string;
  readonly chunks = { stdout: [] as Buffer[], stderr: [] as Buffer[] };

  constructor(child: Child, marker: string) {
    this.child = child;
    this.marker = marker;
    child.onOutput((stream, chunk) => this.chunks[stream].push(chunk));
  }

  /** Everything written to stdout so far. */
  get stdout(): Buffer {
    return Buffer.concat(this.chunks.stdout);
  }

  /** Waits for the text in stdout; returns the first group of the match. */
  async says(pattern: RegExp): Promise<string> {
    const find = () => pattern.exec(this.stdout.toString());
    await until(
      `${pattern} in the output`,
      () => find() !== null,
      () => this.child.outputTail().join('\n'),
    );
    return find()?.[1] ?? '';
  }
}

/** Polls a condition until it holds; fails with what was waited for. */
export async function until(
  what: string,
  holds: () => boolean | Promise<boolean>,
  describe: () => string = () => '',
): Promise<void> {
  const deadline = performance.now() + PATIENCE_MS;
  while (!(await holds())) {
    if (performance.now() > deadline) throw new Error(`waited in vain for ${what}\n${describe()}`);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}

/** Whether a process runs; zombies do not, once all of their threads have ended. By other means than the code under test. */
export function runs(pid: number): boolean {
  try {
    const status = readFileSync(`/proc/${pid}/status`, 'utf8');
    return !/^State:\s+[ZX]/m.test(status) || !/^Threads:\s+[01]$/m.test(status);
  } catch {
    return false;
  }
}

/** Pids of all running processes with a text in their environment. */
export function runningWith(text: string): readonly number[] {
  return readdirSync('/proc')
    .map(Number)
    .filter((pid) => {
      if (!Number.isInteger(pid)) return false;
      try {
        return readFileSync(`/proc/${pid}/environ`).includes(text) && runs(pid);
      } catch {
        return false;
      }
    });
}
