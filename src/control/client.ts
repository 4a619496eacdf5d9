import { type ClientRequest, type IncomingMessage, request } from 'node:http';
import type * as z from 'zod';
import { err, ok, type Result } from '../core/result.js';
import { errorSchema } from './schemas.js';
import { type SseEvent, SseReader } from './sse.js';

/** Why a request to the control API of a session came to nothing. */
export type ControlFailure =
  /** Nobody listens there, or the connection broke. */
  | { readonly reason: 'unreachable'; readonly message: string }
  | { readonly reason: 'refused'; readonly status: number; readonly code: string; readonly message: string }
  /** It answers, and not as this version does. */
  | { readonly reason: 'not-understood'; readonly message: string };

export interface ControlAddress {
  /** Without a path. */
  readonly url: string;
  readonly token: string;
}

/** An answer of ours is far smaller; logs are the largest. */
const LARGEST_ANSWER = 64 * 1024 * 1024;

/** Talks to the control API of a session, as other commands do. */
export class ControlClient {
  readonly #address: ControlAddress;

  constructor(address: ControlAddress) {
    this.#address = address;
  }

  get<T>(path: string, schema: z.ZodType<T>, signal?: AbortSignal): Promise<Result<T, ControlFailure>> {
    return this.#call('GET', path, undefined, schema, signal);
  }

  /** Waits for the answer as long as the session works on it. */
  post<T>(
    path: string,
    body: object,
    schema: z.ZodType<T>,
    signal?: AbortSignal,
  ): Promise<Result<T, ControlFailure>> {
    return this.#call('POST', path, body, schema, signal);
  }

  /** The events of a stream, until it ends; the last item is a failure if it broke. Aborting the signal ends it. */
  async *events(path: string, signal: AbortSignal): AsyncGenerator<Result<SseEvent, ControlFailure>, void> {
    const response = await this.#send('GET', path, undefined, signal);
    if (!response.ok) {
      yield response;
      return;
    }
    if (response.value.statusCode !== 200) {
      yield readFailure(response.value, await readAll(response.value));
      return;
    }
    const reader = new SseReader();
    try {
      for await (const chunk of response.value.setEncoding('utf8')) {
        for (const event of reader.read(String(chunk))) yield ok(event);
      }
    } catch (error) {
      if (!signal.aborted) yield err(unreachable(error));
    }
  }

  async #call<T>(
    method: 'GET' | 'POST',
    path: string,
    body: object | undefined,
    schema: z.ZodType<T>,
    signal: AbortSignal | undefined,
  ): Promise<Result<T, ControlFailure>> {
    const response = await this.#send(method, path, body, signal);
    if (!response.ok) return response;
    const text = await readAll(response.value);
    const { statusCode = 0 } = response.value;
    if (!text.ok || statusCode >= 300) return readFailure(response.value, text);
    const answer = schema.safeParse(parse(text.value));
    if (answer.success) return ok(answer.data);
    return err(notUnderstood(`${path}: ${answer.error.issues[0]?.message ?? 'an unknown answer'}`));
  }

  #send(
    method: 'GET' | 'POST',
    path: string,
    body: object | undefined,
    signal: AbortSignal | undefined,
  ): Promise<Result<IncomingMessage, ControlFailure>> {
    const { url, token } = this.#address;
    const text = body === undefined ? null : Buffer.from(JSON.stringify(body));
    return new Promise((resolve) => {
      const sent: ClientRequest = request(
        new URL(path, url),
        {
          method,
          // A connection of its own, closed with the answer: nothing is left open when the command ends.
          agent: false,
          headers: {
            authorization: `Bearer ${token}`,
            connection: 'close',
            ...(text === null ? {} : { 'content-type': 'application/json', 'content-length': text.length }),
          },
          ...(signal === undefined ? {} : { signal }),
        },
        (response) => resolve(ok(response)),
      );
      sent.on('error', (error) => resolve(err(unreachable(error))));
      sent.end(text ?? undefined);
    });
  }
}

async function readAll(response: IncomingMessage): Promise<Result<string, ControlFailure>> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  try {
    for await (const chunk of response) {
      const buffer = Buffer.from(chunk);
      bytes += buffer.length;
      if (bytes > LARGEST_ANSWER) return err(notUnderstood(`an answer of more than ${LARGEST_ANSWER} bytes`));
      chunks.push(buffer);
    }
  } catch (error) {
    return err(unreachable(error));
  }
  return ok(Buffer.concat(chunks).toString());
}

function readFailure(
  { statusCode: status = 0 }: IncomingMessage,
  text: Result<string, ControlFailure>,
): { readonly ok: false; readonly error: ControlFailure } {
  if (!text.ok) return text;
  const body = errorSchema.safeParse(parse(text.value));
  if (!body.success) return err(notUnderstood(`status ${status}`));
  const { code, message } = body.data.error;
  return err({ reason: 'refused', status, code, message });
}

/** undefined: it is not JSON. */
function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function unreachable(error: unknown): ControlFailure {
  return { reason: 'unreachable', message: error instanceof Error ? error.message : String(error) };
}

function notUnderstood(message: string): ControlFailure {
  return { reason: 'not-understood', message };
}
