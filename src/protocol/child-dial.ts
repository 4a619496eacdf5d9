import { type ClientHttp2Session, connect as connectHttp2 } from 'node:http2';
import { connect as connectTcp, type Socket } from 'node:net';
import type { Clock } from '../core/clock.js';
import { err, ok, type Result } from '../core/result.js';
import { type DialTarget, formatTarget } from './address.js';

export interface Connection {
  readonly session: ClientHttp2Session;
  readonly socket: Socket;
  readonly target: DialTarget;
}

/** What the agents in the field allow for one connection. */
const DIAL_TIMEOUT_MS = 3000;

// A peer may send a whole 64 MiB message without waiting for window updates from a busy event loop.
const STREAM_WINDOW_BYTES = 16 * 1024 * 1024;
const SESSION_WINDOW_BYTES = 64 * 1024 * 1024;

export interface Dial {
  readonly result: Promise<Result<Connection, string>>;
  /** Gives up; the result is then an error that nobody needs. */
  cancel(): void;
}

/**
 * Opens one HTTP/2 connection without TLS to the first target that accepts. Done when the peer's SETTINGS frame is there:
 * only then does it speak HTTP/2 and have its stream limit told. The error is a sentence for people.
 */
export function dial(targets: readonly DialTarget[], clock: Clock): Dial {
  let socket: Socket | null = null;
  let cancelled = false;

  async function tryAll(): Promise<Result<Connection, string>> {
    const failures: string[] = [];
    for (const target of targets) {
      if (cancelled) break;
      socket = connectTcp({ host: target.host, port: target.port, noDelay: true });
      const attempt = await openSession(socket, target, clock);
      if (attempt.ok) return attempt;
      failures.push(`${formatTarget(target)} ${attempt.error}`);
    }
    return err(failures.join('; '));
  }

  return {
    result: tryAll(),
    cancel() {
      cancelled = true;
      socket?.destroy();
    },
  };
}

function openSession(socket: Socket, target: DialTarget, clock: Clock): Promise<Result<Connection, string>> {
  return new Promise((resolve) => {
    const state: { session: ClientHttp2Session | null; settled: boolean } = { session: null, settled: false };
    const settle = (result: Result<Connection, string>): void => {
      if (state.settled) return;
      state.settled = true;
      cancelTimer();
      if (!result.ok) {
        state.session?.destroy();
        socket.destroy();
      }
      resolve(result);
    };
    const cancelTimer = clock.after(DIAL_TIMEOUT_MS, () => {
      const what = state.session === null ? 'did not accept a connection' : NOT_HTTP2;
      settle(err(`${what} within ${DIAL_TIMEOUT_MS} ms`));
    });
    socket.on('error', (error) =>
      settle(err(state.session === null ? describeSocketError(error) : NOT_HTTP2)),
    );
    socket.on('close', () => settle(err(state.session === null ? 'closed the connection' : NOT_HTTP2)));
    socket.once('connect', () => {
      const session = connectHttp2(`http://${formatTarget(target)}`, {
        createConnection: () => socket,
        settings: { enablePush: false, initialWindowSize: STREAM_WINDOW_BYTES },
        // In MB. Node's default of 10 would refuse large calls; the gateway has limits of its own.
        maxSessionMemory: Number.MAX_SAFE_INTEGER,
      });
      state.session = session;
      session.on('error', () => settle(err(NOT_HTTP2)));
      session.once('close', () => settle(err(NOT_HTTP2)));
      session.once('connect', () => session.setLocalWindowSize(SESSION_WINDOW_BYTES));
      session.once('remoteSettings', () => settle(ok({ session, socket, target })));
    });
  });
}

const NOT_HTTP2 = 'accepts connections but does not answer as gRPC without TLS (HTTP/2) does';

function describeSocketError(error: Error & { readonly code?: string }): string {
  switch (error.code) {
    case 'ECONNREFUSED':
      return 'refused the connection';
    case 'ENOTFOUND':
    case 'EAI_AGAIN':
      return 'could not be resolved';
    default:
      return `could not be reached: ${error.message}`;
  }
}
