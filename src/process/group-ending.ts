import type { Clock } from '../core/clock.js';
import { commandOf } from './command-line.js';
import { Deadline } from './deadline.js';
import { EscapedProcesses } from './escaped-processes.js';
import { isGroupRunning, listMembers, signalGroup } from './group.js';
import type { Origin } from './origin.js';
import { pollUntil } from './poll.js';

/** How long SIGKILL may take: it does nothing to another user's process, and waits for one that is stuck in the kernel. */
const KILL_PATIENCE_MS = 5000;

/** What escaped descendants get at least, when the group used up the whole grace (or the grace itself, if it is shorter). */
const ESCAPED_GRACE_MS = 1000;

/** A descendant that was told to end by its own parent may need a moment longer than the group: then it was not left behind. */
const OWN_END_MS = 100;

export interface EndingTarget {
  readonly origin: Origin;
  /** Null: descendants that left the group are left alone. */
  readonly marker: string | null;
  /** Settles when the leader has exited; until then nobody needs to look whether the group is gone. */
  readonly leaderExited: Promise<unknown>;
}

export interface EndingOutcome {
  /** SIGKILL was needed. */
  readonly killed: boolean;
  /** Who survived even that for 5 s; normally nobody. */
  readonly survivors: readonly number[];
  /** Descendants that had left the group and still ran a moment after it was gone, such as `sleep 60 (pid 4711)`. */
  readonly leftBehind: readonly string[];
}

/** The end of one process and all that descends from it, under way. */
export interface Ending {
  readonly outcome: Promise<EndingOutcome>;
  /** SIGKILL comes `graceMs` from now, unless it was to come sooner. */
  shorten(graceMs: number): void;
}

interface EscapedEnd {
  /** Pids of who survived even SIGKILL. */
  readonly left: readonly number[];
  readonly leftBehind: readonly string[];
}

const NOBODY_ESCAPED: EscapedEnd = { left: [], leftBehind: [] };

/** POSIX: a signal to the group, SIGKILL after the grace; then the same for descendants that left the group. */
export class GroupEnding implements Ending {
  readonly outcome: Promise<EndingOutcome>;
  readonly #target: EndingTarget;
  readonly #signal: NodeJS.Signals;
  readonly #clock: Clock;
  #graceMs: number;
  #grace: Deadline;
  #killed = false;

  constructor(target: EndingTarget, signal: NodeJS.Signals, graceMs: number, clock: Clock) {
    this.#target = target;
    this.#signal = signal;
    this.#graceMs = graceMs;
    this.#clock = clock;
    this.#grace = new Deadline(clock, graceMs);
    this.outcome = this.#run();
  }

  shorten(graceMs: number): void {
    this.#graceMs = Math.min(this.#graceMs, graceMs);
    this.#grace.shorten(graceMs);
  }

  async #run(): Promise<EndingOutcome> {
    const membersLeft = await this.#endGroup();
    const { left, leftBehind } = await this.#endEscaped();
    this.#grace.cancel();
    return { killed: this.#killed, survivors: [...membersLeft, ...left], leftBehind };
  }

  /** Returns who is left. */
  async #endGroup(): Promise<readonly number[]> {
    const { origin } = this.#target;
    if (!this.#grace.hasPassed) {
      signalGroup(origin, this.#signal);
      if (await this.#isGroupGoneBy(this.#grace)) return [];
    } else if (!(await isGroupRunning(origin))) {
      return [];
    }
    this.#killed = true;
    signalGroup(origin, 'SIGKILL');
    const patience = new Deadline(this.#clock, KILL_PATIENCE_MS);
    const gone = await this.#isGroupGoneBy(patience);
    patience.cancel();
    return gone ? [] : listMembers(origin);
  }

  async #isGroupGoneBy(deadline: Deadline): Promise<boolean> {
    await Promise.race([this.#target.leaderExited, deadline.passed]);
    return pollUntil(this.#clock, deadline, async () => !(await isGroupRunning(this.#target.origin)));
  }

  async #endEscaped(): Promise<EscapedEnd> {
    if (this.#target.marker === null) return NOBODY_ESCAPED;
    const escaped = new EscapedProcesses(this.#target.origin, this.#target.marker);
    if (!(await escaped.look())) return NOBODY_ESCAPED;
    const ownEnd = new Deadline(this.#clock, Math.min(OWN_END_MS, this.#graceMs));
    const endedThemselves = await pollUntil(this.#clock, ownEnd, async () => !(await escaped.look()));
    ownEnd.cancel();
    if (endedThemselves) return NOBODY_ESCAPED;
    const leftBehind = await Promise.all(
      escaped.pids().map(async (pid) => `${(await commandOf(pid)) ?? 'a process'} (pid ${pid})`),
    );
    return { left: await this.#endThose(escaped), leftBehind };
  }

  /** Returns who is left. */
  async #endThose(escaped: EscapedProcesses): Promise<readonly number[]> {
    this.#grace.cancel();
    this.#grace = new Deadline(
      this.#clock,
      Math.max(this.#grace.left, Math.min(this.#graceMs, ESCAPED_GRACE_MS)),
    );
    const gone = await pollUntil(this.#clock, this.#grace, async () => {
      const anybody = await escaped.look();
      if (!this.#grace.hasPassed) escaped.signalOnce(this.#signal);
      return !anybody;
    });
    if (gone) return [];

    this.#killed = true;
    const patience = new Deadline(this.#clock, KILL_PATIENCE_MS);
    await pollUntil(this.#clock, patience, async () => {
      const anybody = await escaped.look();
      escaped.kill();
      return !anybody;
    });
    patience.cancel();
    return escaped.pids();
  }
}
