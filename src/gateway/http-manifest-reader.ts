import type { Clock } from '../core/clock.js';
import { assertNever } from '../core/failure.js';
import type { DialTarget } from '../protocol/address.js';
import { collectBody, HttpExchange } from './http-exchange.js';
import { type ManifestFunction, parseManifest } from './http-manifest.js';
import { isSuccess } from './http-status.js';

export const MANIFEST_PATH = '/croupier/manifest.json';

/** A process that has just begun to listen may do much for its first request. */
const ANSWER_WITHIN_MS = 5000;
const LONGEST_MANIFEST_BYTES = 4 * 1024 * 1024;

export type ManifestReading =
  /** The process has no manifest: its functions are elsewhere, or it has none. */
  | { readonly kind: 'none' }
  | { readonly kind: 'functions'; readonly functions: readonly ManifestFunction[] }
  /** It has one that cannot be used; `message` is a sentence for people. */
  | { readonly kind: 'broken'; readonly message: string }
  /** No answer came: the connection failed, or the time was up. */
  | { readonly kind: 'no-answer'; readonly message: string }
  | { readonly kind: 'aborted' };

/**
 * Asks a process once for `GET /croupier/manifest.json`. An error status means that there is none, and so does a page or any
 * other text: many applications answer every path that they do not know with one.
 */
export function readManifest(
  target: DialTarget,
  clock: Clock,
  signal: AbortSignal,
): Promise<ManifestReading> {
  return new Promise((resolve) => {
    const finish = (reading: ManifestReading): void => {
      cancelTimer();
      signal.removeEventListener('abort', abort);
      exchange.abort();
      resolve(reading);
    };
    const abort = (): void => finish({ kind: 'aborted' });
    const cancelTimer = clock.after(ANSWER_WITHIN_MS, () =>
      finish({
        kind: 'no-answer',
        message: `GET ${MANIFEST_PATH} was not answered within ${ANSWER_WITHIN_MS} ms`,
      }),
    );
    const headers = { accept: 'application/json', 'accept-encoding': 'identity', 'user-agent': 'croupier' };
    const request = { method: 'GET', path: MANIFEST_PATH, headers, body: null };
    const exchange = new HttpExchange(target, request, false, {
      onResponse: (response) =>
        collectBody(response, LONGEST_MANIFEST_BYTES, (collected) => {
          const { statusCode = 0, headers } = response;
          if (!isSuccess(statusCode)) return finish({ kind: 'none' });
          if (collected.kind === 'complete') return finish(judge(collected.body, headers['content-type']));
          const message = `the manifest (${MANIFEST_PATH}) is longer than ${LONGEST_MANIFEST_BYTES} bytes`;
          return finish({ kind: 'broken', message });
        }),
      onFailed: (failure) => {
        switch (failure.kind) {
          case 'refused':
          case 'lost':
            return finish({ kind: 'no-answer', message: `GET ${MANIFEST_PATH} failed: ${failure.message}` });
          case 'not-http':
            return finish({ kind: 'none' });
          default:
            return assertNever(failure);
        }
      },
    });
    signal.addEventListener('abort', abort, { once: true });
    if (signal.aborted) abort();
  });
}

function judge(body: Buffer, contentType: string | undefined): ManifestReading {
  const text = body.toString('utf8');
  // What is neither called JSON nor looks like it was no attempt at a manifest.
  if (contentType?.toLowerCase().includes('json') !== true && !/^\s*[{[]/.test(text)) return { kind: 'none' };
  const parsed = parseManifest(text);
  if (parsed.ok) return { kind: 'functions', functions: parsed.value };
  return { kind: 'broken', message: `the manifest (${MANIFEST_PATH}) ${parsed.error}` };
}
