/** A call, or a job from StartJob to its end, that a process is working on. */
export interface Underway {
  readonly kind: 'call' | 'job';
}

/** Everything that one process is working on. */
export class UnderwaySet {
  readonly #items = new Set<Underway>();
  readonly #settledListeners = new Set<() => void>();

  get size(): number {
    return this.#items.size;
  }

  begin(item: Underway): void {
    this.#items.add(item);
  }

  end(item: Underway): void {
    if (!this.#items.delete(item)) return;
    for (const listener of [...this.#settledListeners]) listener();
  }

  count(kind: Underway['kind']): number {
    let count = 0;
    for (const item of this.#items) if (item.kind === kind) count += 1;
    return count;
  }

  /** Calls back after each call or job that ends; the returned function ends that. */
  onSettled(listener: () => void): () => void {
    this.#settledListeners.add(listener);
    return () => this.#settledListeners.delete(listener);
  }
}
