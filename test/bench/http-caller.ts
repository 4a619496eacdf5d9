import { Agent, request } from 'node:http';
import type { VersionCaller } from './steady-calls.js';

/** As long as a browser's user waits, in ms. */
const CALL_TIMEOUT_MS = 10_000;

/** Calls an app by HTTP: `GET /` answers with the version. Connections are kept, and dialled again when they broke, as browsers do. */
export class HttpCaller implements VersionCaller {
  readonly #agent = new Agent({ keepAlive: true });
  readonly #host: string;
  readonly #port: number;

  constructor(address: string) {
    const colon = address.lastIndexOf(':');
    this.#host = address.slice(0, colon);
    this.#port = Number(address.slice(colon + 1));
  }

  call(): Promise<string | null> {
    return new Promise((resolve) => {
      const sent = request(
        { host: this.#host, port: this.#port, path: '/', agent: this.#agent, timeout: CALL_TIMEOUT_MS },
        (response) => {
          const chunks: Buffer[] = [];
          response.on('data', (chunk: Buffer) => chunks.push(chunk));
          response.on('error', () => resolve(null));
          response.on('aborted', () => resolve(null));
          response.on('end', () => {
            resolve(response.statusCode === 200 ? Buffer.concat(chunks).toString().trim() : null);
          });
        },
      );
      sent.on('timeout', () => sent.destroy());
      sent.on('error', () => resolve(null));
      sent.end();
    });
  }

  close(): void {
    this.#agent.destroy();
  }
}
