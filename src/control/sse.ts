/** One event of a stream as text. `id` is what a client says when it comes back; null: it stays where it was. */
export function formatSse(event: {
  readonly id: string | null;
  readonly type: string;
  readonly data: object;
}): string {
  const id = event.id === null ? '' : `id: ${event.id}\n`;
  // JSON has no line ends of its own, so that one line of data is enough.
  return `${id}event: ${event.type}\ndata: ${JSON.stringify(event.data)}\n\n`;
}

/** A line that clients pass over: it shows both sides that the connection lives. */
export const HEARTBEAT = ': heartbeat\n\n';

export interface SseEvent {
  /** Empty: the event has none. */
  readonly id: string;
  readonly type: string;
  readonly data: string;
}

/** A line of a stream that is longer than this is not one of ours, in characters. */
const LONGEST_LINE = 64 * 1024 * 1024;

/** Cuts the text of a stream into its events, whatever pieces it comes in. */
export class SseReader {
  #rest = '';
  #id = '';
  #type = '';
  #data: string[] = [];

  /** The events that this piece completes. */
  read(piece: string): readonly SseEvent[] {
    const events: SseEvent[] = [];
    const lines = (this.#rest + piece).split('\n');
    this.#rest = lines.pop() ?? '';
    if (this.#rest.length > LONGEST_LINE) throw new Error('a line of an event stream has no end');
    for (const line of lines) {
      const event = this.#take(line.replace(/\r$/, ''));
      if (event !== null) events.push(event);
    }
    return events;
  }

  #take(line: string): SseEvent | null {
    if (line === '') return this.#end();
    const colon = line.indexOf(':');
    const field = colon === -1 ? line : line.slice(0, colon);
    const value = colon === -1 ? '' : line.slice(colon + 1).replace(/^ /, '');
    if (field === 'id') this.#id = value;
    else if (field === 'event') this.#type = value;
    else if (field === 'data') this.#data.push(value);
    return null;
  }

  #end(): SseEvent | null {
    const event = { id: this.#id, type: this.#type, data: this.#data.join('\n') };
    const isEmpty = this.#data.length === 0;
    this.#id = '';
    this.#type = '';
    this.#data = [];
    return isEmpty ? null : event;
  }
}
