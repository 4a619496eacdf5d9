import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { cpSync, mkdtempSync, realpathSync, rmSync } from 'node:fs';
import { Agent, type IncomingMessage, request } from 'node:http';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { cleanEnvironment, REPOSITORY, until } from '../../support/dev-process.js';

export interface HttpAnswer {
  readonly status: number;
  readonly type: string;
  readonly body: string;
}

/** As the gateway asks for the events of a job. */
const JOB_HEADERS = { accept: 'text/event-stream, application/x-ndjson, application/json;q=0.9, */*;q=0.1' };

/** A copy of a template in a folder of its own, and the process that it was started as. */
export class ServedTemplate {
  readonly folder = realpathSync(mkdtempSync(join(tmpdir(), 'croupier-served-')));
  readonly #agent = new Agent({ keepAlive: true });
  #child: ChildProcess | null = null;
  #port = 0;
  #output = '';

  constructor(name: string) {
    cpSync(join(REPOSITORY, 'templates', name), this.folder, { recursive: true });
  }

  /** Runs a command to its end; answers its output, and throws where it fails. */
  run([program = '', ...args]: readonly string[]): string {
    return execFileSync(program, args, {
      cwd: this.folder,
      env: environment(),
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'pipe'],
    });
  }

  /** Starts it as `croupier dev` would: with a `PORT`, and a generation. */
  async start([program = '', ...args]: readonly string[]): Promise<void> {
    this.#port = await freePort();
    const child = spawn(program, args, {
      cwd: this.folder,
      env: { ...environment(), PORT: String(this.#port), CROUPIER_GENERATION: '7' },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    for (const stream of [child.stdout, child.stderr]) {
      stream.setEncoding('utf8').on('data', (text: string) => {
        this.#output += text;
      });
    }
    this.#child = child;
    await until(`${program} answers`, () =>
      this.get('/croupier/manifest.json').then(
        () => true,
        () => {
          if (child.exitCode !== null) throw new Error(`${program} ended:\n${this.#output}`);
          return false;
        },
      ),
    );
  }

  get(path: string): Promise<HttpAnswer> {
    return this.#request('GET', path, {}, null).then(readAnswer);
  }

  /** A call on a connection that is kept. */
  post(path: string, payload: unknown, headers: Readonly<Record<string, string>> = {}): Promise<HttpAnswer> {
    const body = payload === undefined ? '' : JSON.stringify(payload);
    return this.#request('POST', path, headers, body).then(readAnswer);
  }

  /** Starts a job and waits for the first of its events: then it is under way. */
  async job(path: string): Promise<{ readonly answer: Promise<HttpAnswer> }> {
    const response = await this.#request('POST', path, JOB_HEADERS, '{}');
    const answer = readAnswer(response);
    await Promise.race([once(response, 'data'), answer]);
    return { answer };
  }

  /** Asks it to end, and waits until it has. */
  async stop(): Promise<{ readonly code: number | null; readonly output: string }> {
    const child = this.#child;
    if (child === null) return { code: null, output: '' };
    if (child.exitCode === null) {
      const exited = once(child, 'exit');
      child.kill('SIGTERM');
      await exited;
    }
    return { code: child.exitCode, output: this.#output };
  }

  async close(): Promise<void> {
    const child = this.#child;
    if (child !== null && child.exitCode === null && child.signalCode === null) {
      const exited = once(child, 'exit');
      child.kill('SIGKILL');
      await exited;
    }
    this.#agent.destroy();
    rmSync(this.folder, { recursive: true, force: true });
  }

  #request(
    method: string,
    path: string,
    headers: Readonly<Record<string, string>>,
    body: string | null,
  ): Promise<IncomingMessage> {
    const options = {
      agent: this.#agent,
      host: '127.0.0.1',
      port: this.#port,
      method,
      path,
      headers: {
        ...headers,
        ...(body !== null && {
          'content-type': 'application/json',
          'content-length': Buffer.byteLength(body),
        }),
      },
    };
    const sent = request(options);
    sent.end(body ?? undefined);
    return once(sent, 'response').then(([message]: IncomingMessage[]) => {
      if (message === undefined) throw new Error('no response');
      return message;
    });
  }
}

async function readAnswer(response: IncomingMessage): Promise<HttpAnswer> {
  const chunks: Buffer[] = [];
  response.on('data', (chunk: Buffer) => chunks.push(chunk));
  await once(response, 'end');
  return {
    status: response.statusCode ?? 0,
    type: response.headers['content-type'] ?? '',
    body: Buffer.concat(chunks).toString(),
  };
}

/** Whether a program is there; tests of a language that is missing are skipped. */
export function hasProgram([program = '', ...args]: readonly string[]): boolean {
  try {
    execFileSync(program, args, { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}

function environment(): NodeJS.ProcessEnv {
  return { ...cleanEnvironment(), PYTHONDONTWRITEBYTECODE: '1' };
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  server.close();
  await once(server, 'close');
  if (address === null || typeof address === 'string') throw new Error('listens on no port');
  return address.port;
}
