import type { ChildProcess } from 'node:child_process';
import { Socket } from 'node:net';
import type { Readable } from 'node:stream';
import { execa } from 'execa';
import { type Clock, systemClock } from '../core/clock.js';
import { err, ok, type Result } from '../core/result.js';
import { Deadline } from './deadline.js';
import { type Ending, GroupEnding } from './group-ending.js';
import { MARKER_VARIABLE } from './marker.js';
import { type Origin, recordOrigin } from './origin.js';
import { OutputTail } from './output-tail.js';
import { explainSpawnError } from './spawn-error.js';
import { TreeEnding } from './tree-ending.js';
import type { Child, ChildExit, ChildSpec, StopOutcome } from './types.js';

/** How long the output may stay open after the leader's exit before the exit is reported all the same. */
const OUTPUT_GRACE_MS = 200;

/** What can be started: a child, or a build, whose escaped descendants (compiler daemons) are left alone. */
export type ProcessSpec = Omit<ChildSpec, 'marker'> & { readonly marker: string | null };

/**
 * Starts a process as the leader of its own group (POSIX: of its own session, so that the terminal's Ctrl-C reaches only us).
 * An error says for people why it could not be started, and names the command. Listeners that are added right after the await
 * miss no output.
 */
export async function startChild(
  spec: ProcessSpec,
  clock: Clock = systemClock,
): Promise<Result<Child, { readonly message: string }>> {
  const [program, ...args] = spec.command.argv;
  if (program === undefined || program === '') return err({ message: 'the command is empty' });

  const subprocess = execa(program, args, {
    cwd: spec.cwd,
    env: spec.marker === null ? spec.env : { ...spec.env, [MARKER_VARIABLE]: spec.marker },
    extendEnv: false,
    shell: spec.command.shell,
    detached: process.platform !== 'win32',
    stdin: spec.stdin ? 'inherit' : 'ignore',
    stdout: 'pipe',
    stderr: 'pipe',
    buffer: false,
    reject: false,
    // Ends are ours alone: the whole group in its order here, and the guardian's if we are killed.
    cleanup: false,
    windowsHide: true,
  });
  if (subprocess.pid !== undefined) {
    return ok(
      new GroupLeader(subprocess, subprocess.pid, subprocess.stdout, subprocess.stderr, spec.marker, clock),
    );
  }
  const failure = await subprocess;
  return err({
    message: await explainSpawnError({
      command: spec.command,
      cwd: spec.cwd,
      code: failure.code,
      systemMessage: failure.originalMessage ?? 'it could not be started',
    }),
  });
}

type OutputListener = (stream: 'stdout' | 'stderr', chunk: Buffer) => void;

class GroupLeader implements Child {
  readonly pid: number;
  readonly exited: Promise<ChildExit>;
  readonly #origin: Origin;
  readonly #marker: string | null;
  readonly #clock: Clock;
  readonly #streams: readonly Readable[];
  readonly #listeners: OutputListener[] = [];
  readonly #tail = new OutputTail();
  readonly #leaderExited: Promise<ChildExit>;
  #ending: Ending | null = null;
  #stopped: Promise<StopOutcome> | null = null;

  constructor(
    subprocess: Pick<ChildProcess, 'once'>,
    pid: number,
    stdout: Readable,
    stderr: Readable,
    marker: string | null,
    clock: Clock,
  ) {
    this.pid = pid;
    this.#origin = recordOrigin(pid);
    this.#marker = marker;
    this.#clock = clock;
    this.#streams = [stdout, stderr];
    // Read from the first moment on, listener or not: a full pipe would stop the child.
    stdout.on('data', (chunk: Buffer) => this.#hear('stdout', chunk));
    stderr.on('data', (chunk: Buffer) => this.#hear('stderr', chunk));
    const closed = new Promise<void>((resolve) => subprocess.once('close', () => resolve()));
    this.#leaderExited = new Promise((resolve) => {
      subprocess.once('exit', (exitCode, signal) => resolve({ exitCode, signal }));
    });
    this.exited = this.#leaderExited.then(async (exit) => {
      const grace = new Deadline(clock, OUTPUT_GRACE_MS);
      await Promise.race([closed, grace.passed]);
      grace.cancel();
      return exit;
    });
  }

  outputTail(): readonly string[] {
    return this.#tail.lines();
  }

  onOutput(listener: OutputListener): void {
    this.#listeners.push(listener);
  }

  stop(signal: NodeJS.Signals, graceMs: number): Promise<StopOutcome> {
    this.#ending?.shorten(graceMs);
    this.#stopped ??= this.#end(signal, graceMs);
    return this.#stopped;
  }

  async #end(signal: NodeJS.Signals, graceMs: number): Promise<StopOutcome> {
    const began = this.#clock.now();
    const target = { origin: this.#origin, marker: this.#marker, leaderExited: this.#leaderExited };
    this.#ending =
      process.platform === 'win32'
        ? new TreeEnding(target, graceMs, this.#clock)
        : new GroupEnding(target, signal, graceMs, this.#clock);
    const { killed, survivors, leftBehind } = await this.#ending.outcome;
    const ms = Math.round(this.#clock.now() - began);
    // Whoever survived SIGKILL may be the leader itself: its exit cannot be waited for.
    const exit = survivors.includes(this.pid) ? { exitCode: null, signal: null } : await this.exited;
    // A stranger may still hold the output open. It is read on, but must not keep us alive.
    for (const stream of this.#streams) if (stream instanceof Socket) stream.unref();
    return {
      exit,
      killed,
      ms,
      ...(survivors.length > 0 && { survivors }),
      ...(leftBehind.length > 0 && { leftBehind }),
    };
  }

  #hear(stream: 'stdout' | 'stderr', chunk: Buffer): void {
    this.#tail.add(stream, chunk);
    for (const listener of this.#listeners) listener(stream, chunk);
  }
}
