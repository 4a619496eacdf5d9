import type { CroupierEvent } from '../core/events.js';
import { LineReader } from '../process/output-tail.js';

type StreamName = 'stdout' | 'stderr';

/** Tells the output of a service's processes line by line, as events. */
export class OutputEvents {
  readonly #service: string;
  readonly #publish: (event: CroupierEvent) => void;
  readonly #readers = new Map<string, LineReader>();

  constructor(service: string, publish: (event: CroupierEvent) => void) {
    this.#service = service;
    this.#publish = publish;
  }

  take(generation: number, stream: StreamName, chunk: Buffer): void {
    const key = `${generation} ${stream}`;
    const reader = this.#readers.get(key) ?? new LineReader();
    this.#readers.set(key, reader);
    for (const line of reader.read(chunk)) this.#tell(generation, stream, line);
  }

  /** Nothing more comes from a generation: what it left without a line end is told. */
  end(generation: number): void {
    for (const stream of ['stdout', 'stderr'] as const) {
      const key = `${generation} ${stream}`;
      const unfinished = this.#readers.get(key)?.unfinished ?? '';
      this.#readers.delete(key);
      if (unfinished !== '') this.#tell(generation, stream, unfinished);
    }
  }

  #tell(generation: number, stream: StreamName, line: string): void {
    this.#publish({ type: 'process.output', service: this.#service, generation, stream, line });
  }
}
