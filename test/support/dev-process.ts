import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import type { EventType, StampedEvent } from '../../src/core/events.js';

export const REPOSITORY = join(dirname(fileURLToPath(import.meta.url)), '..', '..');
const CROUPIER = join(REPOSITORY, 'bin', 'croupier.js');

/** Time for anything to happen on a slow and busy machine, in ms. */
const PATIENCE_MS = 60_000;

type EventOf<T extends EventType> = Extract<StampedEvent, { type: T }>;

interface Waiter {
  readonly matches: (event: StampedEvent) => boolean;
  readonly resolve: (event: StampedEvent) => void;
}

/** A real `croupier dev --json`, its events, and a way to wait for them. */
export class DevProcess {
  readonly events: StampedEvent[] = [];
  readonly stderr: string[] = [];
  readonly #process: ChildProcess;
  readonly #waiters = new Set<Waiter>();
  readonly #listeners = new Set<(event: StampedEvent) => void>();
  #exit: { code: number | null; signal: NodeJS.Signals | null } | null = null;
  readonly exited: Promise<{ code: number | null; signal: NodeJS.Signals | null }>;

  private constructor(child: ChildProcess) {
    this.#process = child;
    if (child.stdout !== null) {
      createInterface({ input: child.stdout }).on('line', (line) => this.#take(line));
    }
    child.stderr?.setEncoding('utf8').on('data', (text: string) => this.stderr.push(text));
    this.exited = once(child, 'close').then(([code, signal]) => {
      this.#exit = { code, signal };
      return this.#exit;
    });
  }

  /** Starts it in a folder; the gateway takes any free port unless the arguments say otherwise. */
  static start(folder: string, args: readonly string[] = [], env: NodeJS.ProcessEnv = {}): DevProcess {
    const ports = args.includes('--port') ? [] : ['--port', '0'];
    return DevProcess.startCommand(folder, ['dev', '--json', ...ports, ...args], env);
  }

  /** Starts any command that prints its events, with the words as they are. */
  static startCommand(folder: string, words: readonly string[], env: NodeJS.ProcessEnv = {}): DevProcess {
    const child = spawn(process.execPath, [CROUPIER, ...words], {
      cwd: folder,
      env: { ...cleanEnvironment(), ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    return new DevProcess(child);
  }

  /** Takes a `croupier dev --json` that was started in another way. */
  static attach(child: ChildProcess): DevProcess {
    return new DevProcess(child);
  }

  get pid(): number {
    return this.#process.pid ?? 0;
  }

  get hasExited(): boolean {
    return this.#exit !== null;
  }

  /** Calls back for every event from now on. */
  listen(listener: (event: StampedEvent) => void): void {
    this.#listeners.add(listener);
  }

  signal(signal: NodeJS.Signals): void {
    this.#process.kill(signal);
  }

  /** The `count`-th event of a type that matches (1: the first since the start). */
  waitFor<T extends EventType>(
    type: T,
    matches: (event: EventOf<T>) => boolean = () => true,
    from = 0,
  ): Promise<EventOf<T>> {
    const isWanted = (event: StampedEvent): event is EventOf<T> =>
      event.type === type && matches(event as EventOf<T>);
    const known = this.events.slice(from).find(isWanted);
    if (known !== undefined) return Promise.resolve(known);
    return new Promise((resolve, reject) => {
      const waiter: Waiter = {
        matches: isWanted,
        resolve: (event) => {
          clearTimeout(timer);
          if (isWanted(event)) resolve(event);
        },
      };
      const timer = setTimeout(() => {
        this.#waiters.delete(waiter);
        reject(new Error(`no such ${type} within ${PATIENCE_MS} ms\n${this.describe()}`));
      }, PATIENCE_MS);
      this.#waiters.add(waiter);
      void this.exited.then(() => {
        if (!this.#waiters.delete(waiter)) return;
        clearTimeout(timer);
        reject(new Error(`croupier ended while ${type} was awaited\n${this.describe()}`));
      });
    });
  }

  /** How many events there are: what comes later is from here on. */
  mark(): number {
    return this.events.length;
  }

  async gateway(): Promise<string> {
    return (await this.waitFor('session.ready')).gateway;
  }

  /** Asks it to end, and waits until it has. */
  async stop(
    signal: NodeJS.Signals = 'SIGTERM',
  ): Promise<{ code: number | null; signal: NodeJS.Signals | null }> {
    if (this.#exit !== null) return this.#exit;
    this.#process.kill(signal);
    const timer = setTimeout(() => this.#process.kill('SIGKILL'), PATIENCE_MS);
    const exit = await this.exited;
    clearTimeout(timer);
    return exit;
  }

  /** For failure messages: the last events and what came on stderr. */
  describe(): string {
    const events = this.events.slice(-40).map((event) => JSON.stringify(event));
    return `last events:\n${events.join('\n')}\nstderr:\n${this.stderr.join('')}`;
  }

  #take(line: string): void {
    const event: StampedEvent = JSON.parse(line);
    this.events.push(event);
    for (const listener of this.#listeners) listener(event);
    for (const waiter of [...this.#waiters]) {
      if (!waiter.matches(event)) continue;
      this.#waiters.delete(waiter);
      waiter.resolve(event);
    }
  }
}

/** What a command that ends by itself has printed, and its exit code. */
export interface Finished {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs a command of croupier to its end. */
export async function runCroupier(
  folder: string,
  words: readonly string[],
  env: NodeJS.ProcessEnv = {},
): Promise<Finished> {
  const child = spawn(process.execPath, [CROUPIER, ...words], {
    cwd: folder,
    env: { ...cleanEnvironment(), ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
    timeout: PATIENCE_MS,
  });
  let stdout = '';
  let stderr = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    stdout += text;
  });
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    stderr += text;
  });
  const [code] = await once(child, 'close');
  return { code, stdout, stderr };
}

/**
 * The environment of the tests without what would change the program under test. An agent that happens to run on this machine is left
 * alone: a test that wants an upstream says so.
 */
export function cleanEnvironment(): NodeJS.ProcessEnv {
  const env: NodeJS.ProcessEnv = { CROUPIER_UPSTREAM: 'none' };
  for (const [key, value] of Object.entries(process.env)) {
    if (/^(CROUPIER_|VITEST|NODE_OPTIONS$|NODE_ENV$|PORT$|FORCE_COLOR$|NO_COLOR$|CI$)/.test(key)) continue;
    env[key] = value;
  }
  return env;
}

/** Pids of living processes (no zombies) whose environment names this text; Linux only. */
export function processesWith(text: string): readonly number[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map(Number)
    .filter((pid) => pid !== process.pid && livesWith(pid, text));
}

function livesWith(pid: number, text: string): boolean {
  try {
    if (!readFileSync(`/proc/${pid}/environ`, 'latin1').includes(text)) return false;
    return !/^\d+ \(.*\) [ZX]/s.test(readFileSync(`/proc/${pid}/stat`, 'latin1'));
  } catch {
    return false;
  }
}

/** Looks again and again until it is true; says what was waited for when it never is. */
export async function until(
  what: string,
  isTrue: () => boolean | Promise<boolean>,
  patienceMs = PATIENCE_MS,
): Promise<void> {
  const deadline = performance.now() + patienceMs;
  while (!(await isTrue())) {
    if (performance.now() > deadline) throw new Error(`not within ${patienceMs} ms: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}
