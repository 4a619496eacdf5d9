import type { JobEvent } from '../protocol/gen/croupier/function/v1/function.js';
import { EventLines } from './http-event-lines.js';

/** Reads a job's events from the body of an HTTP response. */
export interface EventReader {
  /** The body has become longer, without a break, than an event may be. */
  readonly isTooLong: boolean;
  read(chunk: Buffer): readonly JobEvent[];
  /** The body is complete: what was left unfinished. */
  end(): readonly JobEvent[];
}

const EVENT_STREAM = 'text/event-stream';
/** One JSON value a line has no registered type; these are in use. */
const JSON_LINES: ReadonlySet<string> = new Set([
  'application/x-ndjson',
  'application/ndjson',
  'application/jsonl',
  'application/x-jsonlines',
  'application/jsonlines',
  'application/json-lines',
]);

/** How the events of a response of this content type are read; null: it is no stream of events. */
export function eventReaderFor(contentType: string | undefined, limit: number): EventReader | null {
  const type = contentType?.split(';', 1)[0]?.trim().toLowerCase() ?? '';
  if (type === EVENT_STREAM) return new ServerSentEvents(limit);
  return JSON_LINES.has(type) ? new JsonLines(limit) : null;
}

/** A job's event out of any JSON or text. */
export function jobEvent(type: string, fields: Partial<Omit<JobEvent, 'type'>> = {}): JobEvent {
  return { type, message: '', progress: 0, payload: Buffer.alloc(0), ...fields };
}

/** https://html.spec.whatwg.org/multipage/server-sent-events.html; `id` and `retry` mean nothing here. */
class ServerSentEvents implements EventReader {
  readonly #lines: EventLines;
  readonly #limit: number;
  #type = '';
  #data: string[] = [];
  #length = 0;
  #isFirst = true;

  constructor(limit: number) {
    this.#limit = limit;
    this.#lines = new EventLines(limit);
  }

  get isTooLong(): boolean {
    return this.#lines.isTooLong || this.#length > this.#limit;
  }

  read(chunk: Buffer): readonly JobEvent[] {
    return this.#lines.read(chunk).flatMap((line) => this.#take(line));
  }

  /** By the specification an event that no empty line ended is dropped; a job's last word is worth more than that. */
  end(): readonly JobEvent[] {
    return [...this.#take(this.#lines.rest()), ...this.#dispatch()];
  }

  #take(raw: string): readonly JobEvent[] {
    const line = this.#isFirst ? raw.replace(/^\uFEFF/, '') : raw;
    this.#isFirst = false;
    if (line === '') return this.#dispatch();
    const colon = line.indexOf(':');
    const field = colon === -1 ? line : line.slice(0, colon);
    const value = colon === -1 ? '' : line.slice(colon + 1).replace(/^ /, '');
    if (field === 'event') this.#type = value;
    if (field === 'data') {
      this.#data.push(value);
      this.#length += value.length;
    }
    return [];
  }

  #dispatch(): readonly JobEvent[] {
    const type = this.#type;
    const hasData = this.#data.length > 0;
    const data = this.#data.join('\n');
    this.#type = '';
    this.#data = [];
    this.#length = 0;
    // An event without data is dispatched only if it has a name: `event: done` alone is one.
    if (!hasData && type === '') return [];
    return [eventOf(data, type === 'message' ? '' : type)];
  }
}

class JsonLines implements EventReader {
  readonly #lines: EventLines;

  constructor(limit: number) {
    this.#lines = new EventLines(limit);
  }

  get isTooLong(): boolean {
    return this.#lines.isTooLong;
  }

  read(chunk: Buffer): readonly JobEvent[] {
    return this.#lines.read(chunk).flatMap(toEvents);
  }

  end(): readonly JobEvent[] {
    return toEvents(this.#lines.rest());
  }
}

function toEvents(line: string): readonly JobEvent[] {
  return line.trim() === '' ? [] : [eventOf(line, '')];
}

/** Keys of an event's description. */
const EVENT_KEYS: ReadonlySet<string> = new Set(['type', 'progress', 'message', 'payload']);

/** `name` is what the stream itself says that the event is; empty: nothing. */
function eventOf(text: string, name: string): JobEvent {
  const value = parse(text);
  if (typeof value === 'string' || value === undefined) {
    return jobEvent(name === '' ? 'log' : name, { message: value ?? text });
  }
  if (!isObject(value) || !describesEvent(value, name)) {
    const fields = { payload: Buffer.from(JSON.stringify(value)) };
    return jobEvent(name === '' ? 'log' : name, fields);
  }
  const { type, progress, message, payload } = value;
  const percent = typeof progress === 'number' && Number.isFinite(progress) ? progress : null;
  const named = name !== '' ? name : typeof type === 'string' && type !== '' ? type : null;
  return jobEvent(named ?? (percent === null ? 'log' : 'progress'), {
    message: textOf(message),
    progress: percent === null ? 0 : Math.min(100, Math.max(0, Math.round(percent))),
    payload: payload === undefined ? Buffer.alloc(0) : Buffer.from(JSON.stringify(payload)),
  });
}

/** Any other object is a payload. Where the stream names its events, a field that no event has makes it one, too. */
function describesEvent(value: Readonly<Record<string, unknown>>, name: string): boolean {
  const keys = Object.keys(value);
  const isKnown = (key: string): boolean => EVENT_KEYS.has(key);
  return name === '' ? keys.some(isKnown) : keys.length > 0 && keys.every(isKnown);
}

/** Undefined: it is no JSON. */
function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function textOf(message: unknown): string {
  if (typeof message === 'string') return message;
  return message === undefined || message === null ? '' : JSON.stringify(message);
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
