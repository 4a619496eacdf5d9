import { type ChildProcess, spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import type { Listening, Reply } from './program.js';

/** Lets Node run TypeScript. */
const TSX = import.meta.resolve('tsx');

/** For a start or an answer, on a slow and busy machine, ms. */
const PATIENCE_MS = 60_000;

/** Lines of stderr that are kept for messages. */
const STDERR_LINES = 50;

type Arguments<Method> = Method extends (...args: infer Args) => unknown ? Args : never;
type Value<Method> = Method extends (...args: never) => infer Result ? Awaited<Result> : never;

/** Processes that run now: whatever becomes of a test, none of them is left. */
const running = new Set<ChildProcess>();
process.on('exit', () => {
  for (const child of running) child.kill('SIGKILL');
});

/** One life of a stand-in's process. */
interface Life {
  readonly child: ChildProcess;
  /** Epoch ms. */
  readonly exited: Promise<number>;
  readonly replies: Map<number, (reply: Reply) => void>;
  readonly stderr: string[];
}

/** A stand-in in a process of its own, which can die and come back on its port. */
export class StandIn<Control extends object> {
  readonly #program: string;
  readonly #args: readonly string[];
  #life: Life | null = null;
  #port = 0;
  #listeningSince = 0;
  #commands = 0;

  private constructor(program: string, args: readonly string[]) {
    this.#program = program;
    this.#args = args;
  }

  static async start<Control extends object>(
    program: string,
    args: readonly string[],
  ): Promise<StandIn<Control>> {
    const standIn = new StandIn<Control>(program, args);
    await standIn.start();
    return standIn;
  }

  /** Stays the same when it is started again. */
  get address(): string {
    return `127.0.0.1:${this.#port}`;
  }

  get port(): number {
    return this.#port;
  }

  get pid(): number {
    return this.#life?.child.pid ?? 0;
  }

  get isRunning(): boolean {
    return this.#life !== null;
  }

  /** Since when its port accepts connections, epoch ms; of the latest start. */
  get listeningSince(): number {
    return this.#listeningSince;
  }

  /** Tells it something; resolves with what it says. */
  control<Name extends keyof Control & string>(
    name: Name,
    ...args: Arguments<Control[Name]>
  ): Promise<Value<Control[Name]>> {
    const life = this.#life;
    if (life === null) throw new Error(`${this.#program} does not run`);
    const id = ++this.#commands;
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => {
        life.replies.delete(id);
        reject(new Error(`no answer to ${name} within ${PATIENCE_MS} ms`));
      }, PATIENCE_MS);
      life.replies.set(id, (reply) => {
        clearTimeout(timer);
        if ('error' in reply) reject(new Error(`${name}: ${reply.error}\n${life.stderr.join('\n')}`));
        else resolve(JSON.parse(reply.json));
      });
      life.child.stdin?.write(`${JSON.stringify({ id, do: name, args })}\n`);
    });
  }

  /** Stops the whole process where it is: connections are accepted by the system, and nothing is answered. Not on Windows. */
  freeze(): void {
    this.#life?.child.kill('SIGSTOP');
  }

  thaw(): void {
    this.#life?.child.kill('SIGCONT');
  }

  /** Ends it by a signal, without a word to anybody; resolves with the time when it was gone, epoch ms. */
  async kill(signal: NodeJS.Signals = 'SIGKILL'): Promise<number> {
    const life = this.#life;
    if (life === null) return Date.now();
    life.child.kill(signal);
    return life.exited;
  }

  /** Starts it again, on the port that it had; resolves when that accepts connections. */
  async start(): Promise<void> {
    if (this.#life !== null) throw new Error(`${this.#program} runs already`);
    const args = this.#port === 0 ? this.#args : [...this.#args, `--port=${this.#port}`];
    const child = spawn(process.execPath, ['--import', TSX, this.#program, ...args], {
      env: environment(),
      stdio: ['pipe', 'pipe', 'pipe'],
    });
    const life = this.#begin(child);
    const { listening, at } = await firstLine(life, child);
    this.#port = Number(listening.slice(listening.lastIndexOf(':') + 1));
    this.#listeningSince = at;
  }

  /** Kills it and starts it again on its port; it knows nothing of before. */
  async restart(): Promise<void> {
    await this.kill();
    await this.start();
  }

  /** Ends it for good. */
  async stop(): Promise<void> {
    await this.kill('SIGKILL');
  }

  #begin(child: ChildProcess): Life {
    running.add(child);
    const replies: Life['replies'] = new Map();
    const stderr: string[] = [];
    // A command can cross the process's end.
    child.stdin?.on('error', () => undefined);
    if (child.stderr !== null) {
      createInterface({ input: child.stderr }).on('line', (line) => {
        stderr.push(line);
        if (stderr.length > STDERR_LINES) stderr.shift();
      });
    }
    const exited = new Promise<number>((resolve) => {
      child.once('exit', () => resolve(Date.now()));
    });
    const life: Life = { child, exited, replies, stderr };
    this.#life = life;
    void exited.then(() => {
      running.delete(child);
      if (this.#life === life) this.#life = null;
      for (const [id, settle] of replies) settle({ id, error: 'the process has ended' });
      replies.clear();
    });
    return life;
  }
}

/** What it says first; every later line answers a command. */
function firstLine(life: Life, child: ChildProcess): Promise<Listening> {
  return new Promise((resolve, reject) => {
    const fail = (why: string) => {
      clearTimeout(timer);
      child.kill('SIGKILL');
      reject(new Error(`${why}\n${life.stderr.join('\n')}`));
    };
    const timer = setTimeout(() => fail(`does not listen after ${PATIENCE_MS} ms`), PATIENCE_MS);
    child.once('close', () => fail('ended before it listened'));
    child.once('error', (error) => fail(error.message));
    if (child.stdout === null) return;
    createInterface({ input: child.stdout }).on('line', (line) => {
      const message: Listening | Reply = JSON.parse(line);
      if ('listening' in message) {
        clearTimeout(timer);
        resolve(message);
        return;
      }
      const settle = life.replies.get(message.id);
      life.replies.delete(message.id);
      settle?.(message);
    });
  });
}

/** Without what a test runner sets for its own processes. */
function environment(): NodeJS.ProcessEnv {
  const env: NodeJS.ProcessEnv = {};
  for (const [key, value] of Object.entries(process.env)) {
    if (!/^(VITEST|NODE_OPTIONS$|NODE_ENV$)/.test(key)) env[key] = value;
  }
  return env;
}
