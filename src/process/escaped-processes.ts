import { listMarked, sendSignal, stillRuns } from './group.js';
import type { Origin } from './origin.js';
import type { ProcessStat } from './proc.js';

/** The descendants of one process that left its group, for as long as they run. */
export class EscapedProcesses {
  readonly #origin: Origin;
  readonly #marker: string;
  /** By pid. Remembered because a process that is about to end has no environment any more, but still its files and ports. */
  #found = new Map<number, ProcessStat>();
  readonly #signalled = new Set<ProcessStat>();

  constructor(origin: Origin, marker: string) {
    this.#origin = origin;
    this.#marker = marker;
  }

  /** Looks who there is: they can have children at any time. False: nobody. */
  async look(): Promise<boolean> {
    const marked = await listMarked(this.#origin, this.#marker);
    const known = [...this.#found.values()].filter(stillRuns);
    this.#found = new Map([...marked, ...known].map((stat) => [stat.pid, stat]));
    return this.#found.size > 0;
  }

  pids(): readonly number[] {
    return [...this.#found.keys()];
  }

  /** Signals whoever was not signalled yet. */
  signalOnce(signal: NodeJS.Signals): void {
    for (const stat of this.#found.values()) {
      if (this.#signalled.has(stat)) continue;
      this.#signalled.add(stat);
      sendSignal(stat.pid, signal);
      // A stopped process would notice nothing but SIGKILL.
      sendSignal(stat.pid, 'SIGCONT');
    }
  }

  kill(): void {
    for (const pid of this.#found.keys()) sendSignal(pid, 'SIGKILL');
  }
}
