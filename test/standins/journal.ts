/** Entries kept; the oldest go first. */
const LIMIT = 5_000;

/** What RPCs are reported to. */
export interface Recorder<Entry> {
  /** Keeps the contents, with the time of arrival, and counts it. */
  record(entry: Entry): void;
  /** Counts what is too frequent to keep. */
  count(what: string): void;
}

/** What arrived, in order, and how often. */
export class Journal<Entry extends { readonly rpc: string }> implements Recorder<Entry> {
  #entries: (Entry & { readonly at: number })[] = [];
  readonly #counts = new Map<string, number>();

  record(entry: Entry): void {
    this.#entries.push({ ...entry, at: Date.now() });
    if (this.#entries.length > LIMIT) this.#entries.shift();
    this.count(entry.rpc);
  }

  count(what: string): void {
    this.#counts.set(what, (this.#counts.get(what) ?? 0) + 1);
  }

  /** `at`: epoch ms. */
  get entries(): readonly (Entry & { readonly at: number })[] {
    return this.#entries;
  }

  get counts(): Readonly<Record<string, number>> {
    return Object.fromEntries(this.#counts);
  }
}
