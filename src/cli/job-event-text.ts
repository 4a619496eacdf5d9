import { isUtf8 } from 'node:buffer';
import { printable } from '../observe/printable.js';
import type { JobEvent } from '../protocol/gen/croupier/function/v1/function.js';

/** One event of a job on one line for people: type, progress, message, payload. */
export function describeJobEvent(event: JobEvent): string {
  const progress = event.type === 'progress' ? `${event.progress}%` : '';
  return [event.type, progress, event.message, payloadText(event.payload)]
    .filter((part) => part !== '')
    .map((part) => printable(part))
    .join(' ');
}

/** One event as one line of JSON: `payload` as the value it holds, or its bytes as `payloadBase64` where it is no JSON. */
export function serializeJobEvent(jobId: string, event: JobEvent): string {
  return JSON.stringify({
    jobId,
    type: event.type,
    ...(event.type === 'progress' ? { progress: event.progress } : {}),
    ...(event.message === '' ? {} : { message: event.message }),
    ...payloadFields(event.payload),
  });
}

function payloadFields(payload: Buffer): { payload?: unknown; payloadBase64?: string } {
  if (payload.length === 0) return {};
  try {
    return { payload: JSON.parse(payload.toString()) };
  } catch {
    return { payloadBase64: payload.toString('base64') };
  }
}

function payloadText(payload: Buffer): string {
  if (!isUtf8(payload)) return `(${payload.length} bytes)`;
  const text = payload.toString();
  try {
    return text === '' ? '' : JSON.stringify(JSON.parse(text));
  } catch {
    return text;
  }
}
