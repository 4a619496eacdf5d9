import type { Watcher } from '../watch/types.js';

/** A command of our own that is under way, as each watcher knows it. */
interface OwnCommand {
  readonly ends: ((completed: boolean) => void)[];
}

/** The watcher of one service, which another one can take the place of without a change going unnoticed. */
export class ServiceWatch {
  readonly #commands = new Set<OwnCommand>();
  #watcher: Watcher;
  /** Keeps what it notices until it takes over. */
  #successor: Watcher | null = null;
  #isPaused = false;
  #hotPaths: readonly string[] = [];

  constructor(watcher: Watcher) {
    this.#watcher = watcher;
  }

  /** The successor tells what changes from the moment on at which it notices everything; `onTakenOver` is called then. */
  replace(successor: Watcher, onTakenOver: () => void = () => {}): void {
    void this.#successor?.close();
    this.#successor = successor;
    successor.pause();
    successor.setHotPaths(this.#hotPaths);
    for (const command of this.#commands) command.ends.push(successor.ownCommand());
    void successor.ready.then(() => {
      if (this.#successor !== successor) return;
      this.#takeOver(successor);
      onTakenOver();
    });
  }

  /** See Watcher. */
  setHotPaths(patterns: readonly string[]): void {
    this.#hotPaths = patterns;
    this.#watcher.setHotPaths(patterns);
    this.#successor?.setHotPaths(patterns);
  }

  pause(): void {
    this.#isPaused = true;
    this.#watcher.pause();
  }

  resume(): void {
    this.#isPaused = false;
    this.#watcher.resume();
  }

  /** Tells that a command of our own is under way; see Watcher. */
  ownCommand(): (completed: boolean) => void {
    const watchers = this.#successor === null ? [this.#watcher] : [this.#watcher, this.#successor];
    const command: OwnCommand = { ends: watchers.map((watcher) => watcher.ownCommand()) };
    this.#commands.add(command);
    return (completed) => {
      this.#commands.delete(command);
      for (const end of command.ends) end(completed);
    };
  }

  async close(): Promise<void> {
    const successor = this.#successor;
    this.#successor = null;
    await Promise.all([this.#watcher.close(), successor?.close()]);
  }

  #takeOver(successor: Watcher): void {
    const old = this.#watcher;
    this.#watcher = successor;
    this.#successor = null;
    // Ends an open batch, which is told.
    old.pause();
    void old.close();
    if (!this.#isPaused) successor.resume();
  }
}
