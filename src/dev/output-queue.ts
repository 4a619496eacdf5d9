import type { OutputEvents } from './output-events.js';

/** What a process wrote, or that nothing more comes from it. */
export type OutputPiece =
  | {
      readonly kind: 'chunk';
      readonly generation: number;
      readonly stream: 'stdout' | 'stderr';
      readonly chunk: Buffer;
    }
  | { readonly kind: 'end'; readonly generation: number };

interface Waiting {
  readonly piece: OutputPiece;
  /** Of all pieces of the session. */
  readonly order: number;
  /** Ms since 1970. */
  readonly at: number;
}

/** Bytes of the output of one process after the other that wait to be cut into lines: as many as lines are kept. */
const MOST_BYTES = 2 * 1024 * 1024;
/** What a piece costs beside its bytes. */
const OVERHEAD_BYTES = 256;

interface Lane {
  readonly pieces: Waiting[];
  bytes: number;
  hasDropped: boolean;
}

export interface OutputQueueHandlers {
  /** There is something to be cut. Called for every piece. */
  onWaiting(): void;
  /** Of the output of a service that is about to be cut, the beginning was dropped. */
  onDropped(service: string): void;
}

/**
 * What processes wrote and nobody has asked for yet. It is cut into lines when somebody wants to read them: most sessions have no reader, and
 * a process may write a million lines a second.
 */
export class OutputQueue {
  readonly #handlers: OutputQueueHandlers;
  readonly #lanes = new Map<OutputEvents, Lane>();
  #order = 0;
  #isFlushing = false;

  constructor(handlers: OutputQueueHandlers) {
    this.#handlers = handlers;
  }

  add(owner: OutputEvents, piece: OutputPiece): void {
    const lane = this.#lanes.get(owner) ?? { pieces: [], bytes: 0, hasDropped: false };
    this.#lanes.set(owner, lane);
    this.#order += 1;
    lane.pieces.push({ piece, order: this.#order, at: Date.now() });
    lane.bytes += sizeOf(piece);
    // Their lines would be dropped soon after; the first of those that stay may have lost its beginning.
    while (lane.bytes > MOST_BYTES && lane.pieces.length > 1) {
      lane.hasDropped = true;
      const oldest = lane.pieces.shift();
      if (oldest !== undefined) lane.bytes -= sizeOf(oldest.piece);
    }
    this.#handlers.onWaiting();
  }

  /** Cuts all that waits, in the order in which it was written. */
  flush(): void {
    if (this.#isFlushing || this.#lanes.size === 0) return;
    this.#isFlushing = true;
    for (const [owner, { hasDropped }] of this.#lanes) {
      if (!hasDropped) continue;
      owner.forgetBeginnings();
      this.#handlers.onDropped(owner.service);
    }
    const waiting = [...this.#lanes].flatMap(([owner, { pieces }]) =>
      pieces.map((one) => ({ ...one, owner })),
    );
    this.#lanes.clear();
    waiting.sort((a, b) => a.order - b.order);
    for (const { owner, piece, at } of waiting) owner.cut(piece, at);
    this.#isFlushing = false;
  }
}

function sizeOf(piece: OutputPiece): number {
  return OVERHEAD_BYTES + (piece.kind === 'chunk' ? piece.chunk.length : 0);
}
