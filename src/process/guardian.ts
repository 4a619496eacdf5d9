import { type ChildProcessByStdio, spawn } from 'node:child_process';
import { once } from 'node:events';
import { Socket } from 'node:net';
import type { Writable } from 'node:stream';
import { GUARDIAN_SCRIPT } from './guardian-script.js';
import { readStat } from './proc.js';

/** A guardian that was ended by somebody is replaced, up to this many times in a session. */
const REPLACEMENTS = 5;

/** A guardian that does not go by itself (somebody stopped it) is killed after this time. */
const CLOSE_PATIENCE_MS = 1000;

/** Ends what we started if we are killed: no process survives the runner by more than about 1 s. */
export interface Guardian {
  /** Takes a process group under guard, by its leader. To be called as soon as the process was started. */
  add(pgid: number): void;
  /** The whole group is gone. */
  remove(pgid: number): void;
  /** Sends the guardian home; nothing is guarded any more. Resolves when it has exited. */
  close(): Promise<void>;
}

/**
 * Starts a guardian: a tiny shell in a session of its own, tied to us by the pipe that is its stdin. Returns before it runs;
 * what is added meanwhile waits in the pipe. On Linux it also finds, by the marker in their environment, processes that were not
 * added yet and those that left their group.
 *
 * Windows has no counterpart: there, survivors are ended at the next start (`endStale`).
 *
 * @param session as made by `createSessionMarker`: the beginning of the marker of all that is started.
 */
export function startGuardian(session: string): Guardian {
  return process.platform === 'win32' ? unguarded : new ShellGuardian(session);
}

const unguarded: Guardian = { add() {}, remove() {}, close: () => Promise.resolve() };

type Shell = ChildProcessByStdio<Writable, null, null>;

class ShellGuardian implements Guardian {
  readonly #session: string;
  /** Start time by group. */
  readonly #groups = new Map<number, number>();
  #replacements = 0;
  #isClosed = false;
  #shell: Shell;

  constructor(session: string) {
    this.#session = session;
    this.#shell = this.#start();
  }

  add(pgid: number): void {
    const startTime = readStat(pgid)?.startTime ?? 0;
    this.#groups.set(pgid, startTime);
    this.#tell(`add ${pgid} ${startTime}`);
  }

  remove(pgid: number): void {
    if (this.#groups.delete(pgid)) this.#tell(`remove ${pgid}`);
  }

  async close(): Promise<void> {
    if (this.#isClosed) return;
    this.#isClosed = true;
    const shell = this.#shell;
    if (shell.exitCode !== null || shell.signalCode !== null || shell.pid === undefined) return;
    const exited = once(shell, 'exit');
    shell.ref();
    shell.stdin.end('done\n');
    const timer = setTimeout(() => shell.kill('SIGKILL'), CLOSE_PATIENCE_MS);
    await exited;
    clearTimeout(timer);
  }

  #start(): Shell {
    // The environment holds no marker, not even one that we inherited: nobody may take the guardian for a stray.
    const shell = spawn('/bin/sh', ['-c', GUARDIAN_SCRIPT, 'croupier-guardian', this.#session], {
      cwd: '/',
      detached: true,
      env: { PATH: [process.env.PATH, '/usr/bin', '/bin'].filter(Boolean).join(':') },
      stdio: ['pipe', 'ignore', 'ignore'],
    });
    // Neither may keep us running: our end is what the guardian waits for.
    shell.unref();
    if (shell.stdin instanceof Socket) shell.stdin.unref();
    // A write to a guardian that was just ended; its exit is dealt with below.
    shell.stdin.on('error', () => {});
    shell.on('error', () => {});
    shell.once('exit', () => {
      shell.stdin.destroy();
      this.#replace();
    });
    return shell;
  }

  #replace(): void {
    if (this.#isClosed || this.#replacements === REPLACEMENTS) return;
    this.#replacements += 1;
    this.#shell = this.#start();
    for (const [pgid, startTime] of this.#groups) this.#tell(`add ${pgid} ${startTime}`);
  }

  #tell(line: string): void {
    if (!this.#isClosed) this.#shell.stdin.write(`${line}\n`);
  }
}
