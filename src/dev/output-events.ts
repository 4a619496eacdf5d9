import type { CroupierEvent } from '../core/events.js';
import { LineReader } from '../process/output-tail.js';
import type { OutputPiece, OutputQueue } from './output-queue.js';

export type OutputEvent = Extract<CroupierEvent, { type: 'process.output' }>;

/** `at`: when it was written, in ms since 1970; null: right now. */
export type PublishOutput = (event: OutputEvent, at: number | null) => void;

type StreamName = 'stdout' | 'stderr';

/** Tells the output of a service's processes line by line, as events: at once, or when somebody wants to know (where there is a queue). */
export class OutputEvents {
  readonly service: string;
  readonly #publish: PublishOutput;
  readonly #queue: OutputQueue | null;
  readonly #readers = new Map<string, LineReader>();

  constructor(service: string, publish: PublishOutput, queue: OutputQueue | null = null) {
    this.service = service;
    this.#publish = publish;
    this.#queue = queue;
  }

  take(generation: number, stream: StreamName, chunk: Buffer): void {
    const piece: OutputPiece = { kind: 'chunk', generation, stream, chunk };
    if (this.#queue === null) this.cut(piece, null);
    else this.#queue.add(this, piece);
  }

  /** Nothing more comes from a generation: what it left without a line end is told. */
  end(generation: number): void {
    const piece: OutputPiece = { kind: 'end', generation };
    if (this.#queue === null) this.cut(piece, null);
    else this.#queue.add(this, piece);
  }

  /** Tells the lines that a piece completes. */
  cut(piece: OutputPiece, at: number | null): void {
    const { generation } = piece;
    if (piece.kind === 'chunk') {
      const reader = this.#readerOf(generation, piece.stream);
      for (const line of reader.read(piece.chunk)) this.#tell(generation, piece.stream, line, at);
      return;
    }
    for (const stream of ['stdout', 'stderr'] as const) {
      const { unfinished } = this.#readerOf(generation, stream);
      this.#readers.delete(keyOf(generation, stream));
      if (unfinished !== '') this.#tell(generation, stream, unfinished, at);
    }
  }

  /** What comes next does not continue the lines that have begun. */
  forgetBeginnings(): void {
    this.#readers.clear();
  }

  #readerOf(generation: number, stream: StreamName): LineReader {
    const key = keyOf(generation, stream);
    const known = this.#readers.get(key);
    if (known !== undefined) return known;
    const reader = new LineReader();
    this.#readers.set(key, reader);
    return reader;
  }

  #tell(generation: number, stream: StreamName, line: string, at: number | null): void {
    this.#publish({ type: 'process.output', service: this.service, generation, stream, line }, at);
  }
}

function keyOf(generation: number, stream: StreamName): string {
  return `${generation} ${stream}`;
}
