import { err, ok, type Result } from '../core/result.js';
import { JobEvent } from '../protocol/gen/croupier/function/v1/function.js';
import { withEventText } from '../protocol/raw-codec.js';
import type { RawAnswer } from '../protocol/raw-server.js';
import { STATUS_CODES, statusName } from '../protocol/status-codes.js';

/** How a job ended, as GetJobResult tells it. */
export interface JobEnd {
  readonly state: 'done' | 'error';
  readonly payload: Buffer;
  /** Empty where it is done. */
  readonly error: string;
}

/** An event in the form in which callers get it. `end` is null for all but the terminal one. */
export interface NormalEvent {
  readonly bytes: Buffer;
  readonly end: JobEnd | null;
}

/**
 * Brings a child's event into the form of the contract: `done` and `error` are the only terminal types, whatever the child calls
 * them; all other fields are kept. `prefix` goes before the text of an error.
 */
export function normalizeEvent(bytes: Buffer, prefix = ''): Result<NormalEvent, string> {
  let event: JobEvent;
  try {
    event = JobEvent.decode(bytes);
  } catch (error) {
    return err(
      `sent an event that is not valid protobuf: ${error instanceof Error ? error.message : 'broken'}`,
    );
  }
  switch (event.type) {
    case 'done':
    case 'completed': {
      const end: JobEnd = { state: 'done', payload: event.payload, error: '' };
      return ok({ bytes: retype(bytes, event, 'done', event.message), end });
    }
    case 'error':
    case 'cancelled':
    case 'canceled': {
      const said = event.type === 'error' ? event.message : joinWords('cancelled', event.message);
      const text = `${prefix}${said}`;
      const end: JobEnd = { state: 'error', payload: event.payload, error: text === '' ? 'failed' : text };
      return ok({ bytes: retype(bytes, event, 'error', text), end });
    }
    default:
      // Chunks are windows into large network buffers; a copy lets those go.
      return ok({ bytes: Buffer.from(bytes), end: null });
  }
}

/** A terminal event of our own making. */
export function terminalEvent(state: JobEnd['state'], message: string): NormalEvent {
  return {
    bytes: encodeEvent({ type: state, message, progress: state === 'done' ? 100 : 0 }),
    end: { state, payload: Buffer.alloc(0), error: state === 'error' ? message : '' },
  };
}

/** Tells a reader that came late, or is slow, what it misses. */
export function droppedEvent(count: number): Buffer {
  const events = count === 1 ? '1 event was' : `${count} events were`;
  return encodeEvent({
    type: 'log',
    message: `${events} dropped: more was sent than is kept for reading`,
    progress: 0,
  });
}

function encodeEvent(event: Pick<JobEvent, 'type' | 'message' | 'progress'>): Buffer {
  return Buffer.from(JobEvent.encode({ ...event, payload: Buffer.alloc(0) }).finish());
}

function retype(bytes: Buffer, event: JobEvent, type: string, message: string): Buffer {
  return event.type === type && event.message === message
    ? Buffer.from(bytes)
    : withEventText(bytes, type, message);
}

function joinWords(first: string, rest: string): string {
  return rest === '' ? first : `${first}: ${rest}`;
}

/** What the end of a child's stream means where no terminal event came. `isEmpty`: no event came at all. */
export function eventForEnd(answer: RawAnswer, isEmpty: boolean): NormalEvent {
  const { code, message } = answer.status;
  const isGone = code === STATUS_CODES.NOT_FOUND || code === STATUS_CODES.UNIMPLEMENTED;
  if (isGone && isEmpty) {
    return terminalEvent('done', 'ended before its events could be read; its outcome is not known');
  }
  if (code === STATUS_CODES.OK) return terminalEvent('done', 'ended without a terminal event');
  return terminalEvent('error', message === '' ? statusName(code) : `${statusName(code)}: ${message}`);
}
