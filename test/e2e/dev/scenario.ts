import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readFileSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'vitest';
import type { CroupierEvent, StampedEvent } from '../../../src/core/events.js';
import { cleanEnvironment, DevProcess, processesWith, until } from '../../support/dev-process.js';
import { Project } from '../../support/project.js';
import { Caller } from './caller.js';

type EventOf<T extends CroupierEvent['type']> = Extract<StampedEvent, { type: T }>;

/** What may still be on its way out when croupier itself has ended: nothing but our own guardian, in ms. */
const GONE_WITHIN_MS = 5_000;

/**
 * One test's project with everything that runs in it: sessions of croupier, callers, and game servers started by hand.
 * `close` ends it all and fails if a process of the project is left.
 */
export class Scenario {
  readonly project = new Project({ 'package.json': '{ "type": "module" }' });
  /** Outside the project, so that opening a barrier is not a change. */
  readonly #barriers = realpathSync(mkdtempSync(join(tmpdir(), 'croupier-barriers-')));
  readonly #sessions: DevProcess[] = [];
  readonly #callers: Caller[] = [];
  readonly #startedByHand: ChildProcess[] = [];

  /** What every process of this project has in its environment. */
  get environment(): NodeJS.ProcessEnv {
    const executions = join(this.#barriers, 'executions');
    return { TEST_PROJECT: this.project.folder, BARRIERS: this.#barriers, EXECUTIONS: executions };
  }

  /** Writes the configuration: `node server.js`, and what the test adds. */
  config(config: object = {}): void {
    this.project.config({ service: 'game', command: 'node server.js', ...config });
  }

  /** Saves the server's source. */
  save(source: string, path = 'server.js'): void {
    this.project.write(path, source);
  }

  start(args: readonly string[] = [], env: NodeJS.ProcessEnv = {}): DevProcess {
    return this.#adopt(DevProcess.start(this.project.folder, args, { ...this.environment, ...env }));
  }

  startCommand(words: readonly string[], env: NodeJS.ProcessEnv = {}): DevProcess {
    return this.#adopt(DevProcess.startCommand(this.project.folder, words, { ...this.environment, ...env }));
  }

  /** Starts a session and waits until its first generation has the calls, and all was said about that. */
  async running(args: readonly string[] = []): Promise<{ dev: DevProcess; caller: Caller }> {
    const dev = this.start(args);
    await dev.waitFor('reload.finished', ({ outcome }) => outcome === 'swapped');
    return { dev, caller: await this.caller(dev) };
  }

  /** A caller of the gateway, connected. */
  async caller(dev: DevProcess): Promise<Caller> {
    const caller = await Caller.connect(await dev.gateway());
    this.#callers.push(caller);
    return caller;
  }

  /** A game server that nobody supervises. */
  startByHand(path: string, env: NodeJS.ProcessEnv): ChildProcess {
    const child = spawn(process.execPath, [path], {
      cwd: this.project.folder,
      env: { ...cleanEnvironment(), ...this.environment, ...env },
      stdio: ['ignore', 'ignore', 'inherit'],
    });
    this.#startedByHand.push(child);
    return child;
  }

  /** Opens a barrier that a server waits at, or will wait at. */
  open(barrier: string): void {
    writeFileSync(join(this.#barriers, barrier), '');
  }

  /** Waits until a server stands at the barrier. */
  reached(dev: DevProcess, barrier: string, from = 0): Promise<EventOf<'process.output'>> {
    return dev.waitFor('process.output', ({ line }) => line === `at ${barrier}`, from);
  }

  /** What a process has written to a file beside the barriers, as soon as it is complete. */
  async written(name: string, isComplete: RegExp): Promise<string> {
    await until(`${name} is written`, () => isComplete.test(this.#read(name)));
    return this.#read(name);
  }

  /** `id generation` of every run of `echo`, in order. */
  executions(): readonly string[] {
    return this.#read('executions').split('\n').slice(0, -1);
  }

  async close(): Promise<void> {
    for (const dev of this.#sessions) {
      for (const event of dev.events) {
        if (event.type === 'process.output' && event.line.startsWith('at ')) this.open(event.line.slice(3));
      }
    }
    for (const caller of this.#callers) caller.close();
    await Promise.all([...this.#sessions.map((dev) => dev.stop()), ...this.#startedByHand.map(endByHand)]);
    const survivors = await this.#endSurvivors();
    this.project.remove();
    rmSync(this.#barriers, { recursive: true, force: true });
    expect(survivors).toEqual([]);
  }

  /** What nobody ended, for a message: there must be none. */
  async #endSurvivors(): Promise<readonly string[]> {
    const left = () => processesWith(this.project.folder);
    const isEmpty = await becomesTrue(() => left().length === 0, GONE_WITHIN_MS);
    if (isEmpty) return [];
    const survivors = left().map((pid) => ({ pid, text: describeProcess(pid) }));
    for (const { pid } of survivors) endNow(pid);
    return survivors.map(({ text }) => text);
  }

  #read(name: string): string {
    const file = join(this.#barriers, name);
    return existsSync(file) ? readFileSync(file, 'utf8') : '';
  }

  #adopt(dev: DevProcess): DevProcess {
    this.#sessions.push(dev);
    return dev;
  }
}

async function endByHand(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const exited = once(child, 'exit');
  child.kill('SIGKILL');
  await exited;
}

function endNow(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch {
    // It ended by itself.
  }
}

function describeProcess(pid: number): string {
  try {
    return `${pid} ${readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ')}`;
  } catch {
    return `${pid}, which has ended`;
  }
}

/** Whether a condition comes true in time. */
export function becomesTrue(isTrue: () => boolean, withinMs: number): Promise<boolean> {
  return until('a condition', isTrue, withinMs).then(
    () => true,
    () => false,
  );
}

/** Whether a process runs; zombies do not. */
export function runs(pid: number): boolean {
  try {
    return !/^State:\s+[ZX]/m.test(readFileSync(`/proc/${pid}/status`, 'utf8'));
  } catch {
    return false;
  }
}

/** All events of a type from an index on that match. */
export function eventsOf<T extends CroupierEvent['type']>(
  dev: DevProcess,
  type: T,
  from = 0,
): readonly EventOf<T>[] {
  return dev.events.slice(from).filter((event): event is EventOf<T> => event.type === type);
}

/** The last event of a type from an index on; there must be one. */
export function lastOf<T extends CroupierEvent['type']>(dev: DevProcess, type: T, from = 0): EventOf<T> {
  const last = eventsOf(dev, type, from).at(-1);
  if (last === undefined) throw new Error(`no ${type}\n${dev.describe()}`);
  return last;
}

/** The next reload that is told about from an index on. */
export function reloaded(
  dev: DevProcess,
  from: number,
  matches: (event: EventOf<'reload.finished'>) => boolean = () => true,
): Promise<EventOf<'reload.finished'>> {
  return dev.waitFor('reload.finished', matches, from);
}

/** A loopback port that nobody listens on now. */
export async function pickPort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  await new Promise((resolve) => server.close(resolve));
  if (address === null || typeof address === 'string') throw new Error('listens on no port');
  return address.port;
}
