import type { Socket } from 'node:net';
import type { Clock } from '../core/clock.js';
import { couldBeRequest } from './conversation.js';

/** A client that speaks first does so within this time, in ms; so long it is waited for to learn what it speaks. */
const FIRST_WORD_MS = 500;
/** What the client still sends is taken for so long after our last word: a reset would take the word from it. */
const LAST_WORD_MS = 1000;

/**
 * Ends a connection that nobody will serve: with a 503 and a sentence where HTTP is spoken, else without a word. `begun` is what the client
 * has sent so far.
 */
export function refuseConnection(client: Socket, begun: Buffer, message: string, clock: Clock): void {
  const decide = (first: Buffer): void => {
    cancelTimer();
    client.off('data', decide);
    if (first.length === 0 || !couldBeRequest(first)) {
      client.destroy();
      return;
    }
    // What it still sends is read and dropped.
    client.on('data', () => undefined);
    client.end(unavailable(message));
    const cancelLinger = clock.after(LAST_WORD_MS, () => client.destroy());
    client.once('close', cancelLinger);
    client.once('end', () => client.destroySoon());
  };
  const cancelTimer = clock.after(FIRST_WORD_MS, () => decide(begun));
  client.once('close', cancelTimer);
  client.resume();
  if (begun.length > 0) decide(begun);
  else client.on('data', decide);
}

function unavailable(message: string): string {
  const body = `croupier: ${message}\n`;
  return [
    'HTTP/1.1 503 Service Unavailable',
    'content-type: text/plain; charset=utf-8',
    `content-length: ${Buffer.byteLength(body)}`,
    'retry-after: 1',
    'connection: close',
    '',
    body,
  ].join('\r\n');
}
