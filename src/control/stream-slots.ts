/** Something that ends when the API closes. */
export interface OpenStream {
  finish(): void;
}

/** Clients of event streams at a time: each costs a connection and up to a batch of events. */
const MOST_STREAMS = 16;

/** The event streams that are open. */
export class StreamSlots {
  readonly #open = new Set<OpenStream>();
  readonly #limit: number;
  #isClosing = false;

  constructor(limit = MOST_STREAMS) {
    this.#limit = limit;
  }

  get isFull(): boolean {
    return this.#isClosing || this.size >= this.#limit;
  }

  get size(): number {
    return this.#open.size;
  }

  add(stream: OpenStream): void {
    this.#open.add(stream);
  }

  delete(stream: OpenStream): void {
    this.#open.delete(stream);
  }

  /** Ends them all: each sends what it has. */
  finish(): void {
    this.#isClosing = true;
    for (const stream of [...this.#open]) stream.finish();
  }
}
