/** What to do with a change: take it, keep it until the running command ends (at most `ms`), or leave it. */
export type LoopAdvice =
  | { readonly advice: 'act' }
  | { readonly advice: 'hold'; readonly ms: number }
  | { readonly advice: 'drop' };

/** Files that our own commands write, each time setting off the next command. Paths as given, sorted. */
export interface LoopFinding {
  readonly paths: readonly string[];
}

export interface CommandEnd {
  readonly finding: LoopFinding | null;
  /** What becomes of the changes that were kept; `keep`: another command decides about them. */
  readonly held: 'release' | 'drop' | 'keep';
}

interface Command {
  readonly startedAt: number;
  outcome: 'running' | 'completed' | 'cancelled';
  endedAt: number;
}

/** One command and the files that changed while it ran. */
interface Incident {
  readonly command: Command;
  readonly paths: Set<string>;
  /** ms from the command's start to the first of these changes. */
  readonly offset: number;
}

/** The same files, in so many batches in a row, each caused by a command that ran to its end. */
const REPEATS = 3;

/** Files written shortly after a command's end, by what it left running, are still its own. ms. */
const GRACE = 200;

// A change cancels the build that runs, so a build that writes into the tree rarely gets to its end, and a user who saves
// often while slow builds run looks the same from here. What tells them apart is asking: after some cancelled builds
// in a row the change is kept for a moment, and if the build then ends by itself with the same files changed, that counts.
// A user loses that moment and nothing else. It grows, so that the end of a build of any length is reached.
const CANCELLED_REGULAR = 4;
const CANCELLED_ANY = 10;
const FIRST_HOLD = 500;
const LONGEST_HOLD = 5 * 60_000;

// A command writes at about the same time after its start; people do not save like that.
const REGULAR_MS = 250;
const REGULAR_SHARE = 0.3;

/** Files that a notice names. */
const NAMED_FILES = 5;

/** Incidents that are remembered: enough for every rule above. */
const REMEMBERED = 16;

/**
 * Tells batches that our own commands cause from those that people cause. Times are ms of one monotonic clock.
 * A command that was cancelled is no evidence: whoever saves while a build runs cancels it.
 */
export class LoopRecognizer {
  readonly #running = new Set<Command>();
  #latestEnded: Command | null = null;
  #incidents: Incident[] = [];
  #cause: Command | null = null;
  #openedAt = 0;
  /** The command that kept changes wait for. */
  #holder: Command | null = null;
  #heldAt = 0;
  /** Changes that were counted when their command ended and come back in a batch of their own. */
  #counted: ReadonlySet<string> = new Set();
  #stopped: ReadonlySet<string> = new Set();
  readonly #found = new Set<string>();

  /** Returns what ends the command; `held` are the files that are kept at that time. */
  commandStarted(at: number): (at: number, completed: boolean, held: readonly string[]) => CommandEnd {
    const command: Command = { startedAt: at, outcome: 'running', endedAt: 0 };
    this.#running.add(command);
    return (endedAt, completed, held) => this.#commandEnded(command, endedAt, completed, held);
  }

  /** Asked for every change, before anything is done about it. */
  changed(path: string, at: number): LoopAdvice {
    if (this.#stopped.has(path)) return { advice: 'drop' };
    this.#stopped = new Set();
    const command = this.#newestRunning(at);
    if (command !== null) {
      const ms = this.#found.has(path) ? LONGEST_HOLD : this.#probeTime(path);
      if (ms === null) return { advice: 'act' };
      if (this.#holder !== command) this.#heldAt = at;
      this.#holder = command;
      return { advice: 'hold', ms };
    }
    if (this.#found.has(path) && this.#recentlyCompleted(at) !== null) {
      this.#stopped = new Set(this.#found);
      return { advice: 'drop' };
    }
    return { advice: 'act' };
  }

  /** A batch opens with a change that was noticed at this time. */
  batchOpened(at: number): void {
    this.#cause = this.#newestRunning(at) ?? this.#recentlyCompleted(at);
    this.#openedAt = at;
  }

  /** The batch is complete; a finding means that nothing should be done about it. */
  batchClosed(paths: readonly string[]): LoopFinding | null {
    const cause = this.#cause;
    this.#cause = null;
    if (paths.length === 0 || paths.every((path) => this.#counted.has(path))) {
      this.#counted = new Set();
      return null;
    }
    this.#counted = new Set();
    if (cause === null) {
      this.#incidents = [];
      return null;
    }
    this.#record(cause, paths, this.#openedAt);
    return this.#evaluate();
  }

  /** Forgets everything: the user asked for a reload. */
  reset(): void {
    this.#incidents = [];
    this.#stopped = new Set();
    this.#found.clear();
  }

  #commandEnded(command: Command, at: number, completed: boolean, held: readonly string[]): CommandEnd {
    if (!this.#running.delete(command)) return { finding: null, held: 'keep' };
    command.outcome = completed ? 'completed' : 'cancelled';
    command.endedAt = at;
    if (completed) this.#latestEnded = command;
    if (this.#holder !== command || held.length === 0) {
      return { finding: this.#evaluate(), held: 'keep' };
    }
    this.#holder = null;
    if (!completed) return { finding: null, held: 'release' };
    if (held.every((path) => this.#found.has(path))) {
      this.#stopped = new Set(this.#found);
      return { finding: null, held: 'drop' };
    }
    this.#record(command, held, this.#heldAt);
    const finding = this.#isRegular(REPEATS) ? this.#evaluate() : null;
    if (finding !== null) return { finding, held: 'drop' };
    this.#counted = new Set(held);
    return { finding: null, held: 'release' };
  }

  #record(command: Command, paths: readonly string[], at: number): void {
    const same = this.#incidents.find((incident) => incident.command === command);
    if (same !== undefined) {
      for (const path of paths) same.paths.add(path);
      return;
    }
    const common = this.#commonPaths();
    if (common !== null && !paths.some((path) => common.has(path))) this.#incidents = [];
    this.#incidents.push({ command, paths: new Set(paths), offset: at - command.startedAt });
    if (this.#incidents.length > REMEMBERED) this.#incidents.shift();
  }

  #evaluate(): LoopFinding | null {
    const latest = this.#incidents.slice(-REPEATS);
    if (latest.length < REPEATS || latest.some(({ command }) => command.outcome !== 'completed')) return null;
    const paths = [...new Set(latest.flatMap((incident) => [...incident.paths]))].sort();
    this.#incidents = [];
    this.#stopped = new Set(paths);
    for (const path of paths) this.#found.add(path);
    return { paths };
  }

  /** How long to keep a change while a command runs, to see whether that ends by itself; null: do not. */
  #probeTime(path: string): number | null {
    if (this.#commonPaths()?.has(path) !== true) return null;
    const count = this.#incidents.length;
    const from = this.#isRegular(CANCELLED_REGULAR) ? CANCELLED_REGULAR : CANCELLED_ANY;
    return count < from ? null : Math.min(LONGEST_HOLD, FIRST_HOLD * 2 ** (count - from));
  }

  #isRegular(count: number): boolean {
    const offsets = this.#incidents.slice(-count).map(({ offset }) => offset);
    const latest = Math.max(...offsets);
    return latest - Math.min(...offsets) <= Math.max(REGULAR_MS, REGULAR_SHARE * latest);
  }

  #commonPaths(): ReadonlySet<string> | null {
    const [first, ...others] = this.#incidents;
    if (first === undefined) return null;
    return new Set([...first.paths].filter((path) => others.every(({ paths }) => paths.has(path))));
  }

  /** A command that started at the very time of a change was started by it. */
  #newestRunning(at: number): Command | null {
    return [...this.#running].findLast((command) => command.startedAt < at) ?? null;
  }

  #recentlyCompleted(at: number): Command | null {
    const command = this.#latestEnded;
    return command !== null && at - command.endedAt <= GRACE ? command : null;
  }
}

/** One or two sentences for people, with the line that ends the loop. */
export function describeLoop({ paths }: LoopFinding): string {
  const named = paths.slice(0, NAMED_FILES);
  const more = paths.length > named.length ? ` and ${paths.length - named.length} more` : '';
  const ignored = named.map((path) => JSON.stringify(path)).join(', ');
  return `${named.join(', ')}${more}: written by the build or a run rule each time, which started the next one. No longer acted on until another file changes. To end this for good, configure "watch": { "ignore": [${ignored}] }`;
}
