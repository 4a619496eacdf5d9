import { Agent, request } from 'node:http';
import { connect, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';

/** One of each kind of client that a stable port has; what breaks is written down. */
export class PortClients {
  readonly counts = { fresh: 0, kept: 0, downloads: 0, upgraded: 0 };
  readonly failures: string[] = [];
  readonly #port: number;
  readonly #downloadBytes: number;
  readonly #kept = new Agent({ keepAlive: true });
  #isOver = false;
  #loops: readonly Promise<void>[] = [];

  constructor(port: number, downloadBytes: number) {
    this.#port = port;
    this.#downloadBytes = downloadBytes;
  }

  start(): void {
    this.#loops = [
      this.#loop('fresh', 20, async () => void (await fetchText(this.#port))),
      this.#loop('kept', 20, async () => void (await fetchText(this.#port, this.#kept))),
      this.#loop('downloads', 0, () => this.#download()),
      this.#loop('upgraded', 0, () => this.#talkUpgraded()),
    ];
  }

  /** Ends the loops after what is under way. */
  async stop(): Promise<void> {
    this.#isOver = true;
    await Promise.all(this.#loops);
    this.#kept.destroy();
  }

  async #loop(kind: keyof PortClients['counts'], pauseMs: number, once: () => Promise<void>): Promise<void> {
    while (!this.#isOver) {
      try {
        await once();
        this.counts[kind] += 1;
      } catch (error) {
        this.failures.push(`${kind}: ${error instanceof Error ? error.message : error}`);
      }
      await sleep(pauseMs);
    }
  }

  #download(): Promise<void> {
    return new Promise((resolve, reject) => {
      const sent = request({ host: '127.0.0.1', port: this.#port, path: '/download' }, (response) => {
        let received = 0;
        response.on('data', (chunk: Buffer) => {
          received += chunk.length;
        });
        response.on('error', reject);
        response.on('end', () => {
          if (received === this.#downloadBytes) resolve();
          else reject(new Error(`${received} bytes instead of ${this.#downloadBytes}`));
        });
      });
      sent.on('error', reject);
      sent.end();
    });
  }

  /** An upgraded connection that is used for a second, over whatever swaps come, and closed by its client. */
  async #talkUpgraded(): Promise<void> {
    const socket = connect({ host: '127.0.0.1', port: this.#port });
    const words = new Words(socket);
    socket.write('GET / HTTP/1.1\r\nhost: x\r\nupgrade: echo\r\nconnection: upgrade\r\n\r\n');
    await words.until('\r\n\r\n');
    for (let word = 1; word <= 20; word++) {
      socket.write(`<${word}>`);
      await words.until(`<${word}>`);
      await sleep(50);
    }
    socket.end();
  }
}

/** Connections that are kept and used now and then. */
export class IdleConnections {
  readonly #port: number;
  readonly #words: Words[] = [];

  constructor(port: number) {
    this.#port = port;
  }

  async open(count: number): Promise<void> {
    // In portions: a burst of thousands would measure the system's queue of new connections.
    while (this.#words.length < count) {
      const portion = Array.from({ length: Math.min(250, count - this.#words.length) }, () => {
        const words = new Words(connect({ host: '127.0.0.1', port: this.#port }));
        this.#words.push(words);
        return words;
      });
      await Promise.all(portion.map((words) => words.ask()));
    }
  }

  /** Asks on every connection; what did not come back well, in words. */
  async ask(version: string): Promise<readonly string[]> {
    const failures: string[] = [];
    for (let index = 0; index < this.#words.length; index += 250) {
      const portion = this.#words.slice(index, index + 250);
      const answers = await Promise.allSettled(portion.map((words) => words.ask()));
      for (const answer of answers) {
        if (answer.status === 'rejected') failures.push(String(answer.reason));
        else if (!answer.value.endsWith(version)) failures.push(`answered by ${answer.value.slice(-8)}`);
      }
    }
    return failures;
  }

  close(): void {
    for (const words of this.#words) words.close();
  }
}

/** What comes in on a socket. */
class Words {
  readonly #socket: Socket;
  #text = '';
  #ended: Error | null = null;
  #look: () => void = () => {};

  constructor(socket: Socket) {
    this.#socket = socket;
    socket.setEncoding('latin1');
    socket.on('data', (chunk: string) => {
      this.#text += chunk;
      this.#look();
    });
    const end = (error?: Error): void => {
      this.#ended ??= error ?? new Error('the connection was closed');
      this.#look();
    };
    socket.on('error', end);
    socket.on('close', () => end());
  }

  /** Everything up to and with this text. */
  until(text: string): Promise<string> {
    return new Promise((resolve, reject) => {
      this.#look = () => {
        const at = this.#text.indexOf(text);
        if (at !== -1) {
          const taken = this.#text.slice(0, at + text.length);
          this.#text = this.#text.slice(at + text.length);
          resolve(taken);
        } else if (this.#ended !== null) {
          reject(this.#ended);
        }
      };
      this.#look();
    });
  }

  /** One request; the head and body of its answer. */
  async ask(): Promise<string> {
    this.#socket.write('GET / HTTP/1.1\r\nhost: x\r\n\r\n');
    const head = await this.until('\r\n\r\n');
    const length = Number(/content-length: (\d+)/i.exec(head)?.[1] ?? 0);
    while (this.#text.length < length) {
      if (this.#ended !== null) throw this.#ended;
      await new Promise<void>((resolve) => {
        this.#look = resolve;
      });
    }
    const body = this.#text.slice(0, length);
    this.#text = this.#text.slice(length);
    return head + body;
  }

  close(): void {
    this.#socket.destroy();
  }
}

/** `GET /`; rejects where the status is not 200. */
export function fetchText(port: number, agent?: Agent): Promise<string> {
  return new Promise((resolve, reject) => {
    const sent = request(
      { host: '127.0.0.1', port, path: '/', ...(agent === undefined ? {} : { agent }) },
      (response) => {
        let text = '';
        response.setEncoding('utf8').on('data', (chunk: string) => {
          text += chunk;
        });
        response.on('error', reject);
        response.on('end', () => {
          if (response.statusCode === 200) resolve(text);
          else reject(new Error(`status ${response.statusCode}: ${text}`));
        });
      },
    );
    sent.on('error', reject);
    sent.end();
  });
}
