import { type ClientHttp2Session, connect as connectHttp2 } from 'node:http2';
import { connect as connectTcp, type Socket } from 'node:net';
import { connect as connectTls, type TLSSocket } from 'node:tls';
import type { Clock } from '../core/clock.js';
import { err, ok, type Result } from '../core/result.js';
import { type DialTarget, formatTarget } from './address.js';
import type { TlsMaterial } from './tls.js';
import { expectationOf, tlsConnection } from './tls-client.js';
import { problemOfError } from './tls-problem.js';
import { describeTlsProblem } from './tls-problem-text.js';

export interface Connection {
  readonly session: ClientHttp2Session;
  readonly socket: Socket;
  readonly target: DialTarget;
  readonly scheme: 'http' | 'https';
}

export interface DialFailure {
  /** A sentence for people. */
  readonly message: string;
  /** Where something took the connection and is not what was expected; null: nobody did, as while a process starts. */
  readonly accepted: DialTarget | null;
}

/** What the agents in the field allow for one connection. */
const DIAL_TIMEOUT_MS = 3000;

// A peer may send a whole 64 MiB message without waiting for window updates from a busy event loop.
const STREAM_WINDOW_BYTES = 16 * 1024 * 1024;
const SESSION_WINDOW_BYTES = 64 * 1024 * 1024;

export interface Dial {
  readonly result: Promise<Result<Connection, DialFailure>>;
  /** Gives up; the result is then an error that nobody needs. */
  cancel(): void;
}

/**
 * Opens one HTTP/2 connection to the first target that accepts: with TLS, the peer verified, or (null) in plain text. Done when the
 * peer's SETTINGS frame is there: only then does it speak HTTP/2, has it taken our certificate, and is its stream limit told.
 */
export function dial(targets: readonly DialTarget[], tls: TlsMaterial | null, clock: Clock): Dial {
  let socket: Socket | null = null;
  let cancelled = false;

  async function tryAll(): Promise<Result<Connection, DialFailure>> {
    const failures: string[] = [];
    let accepted: DialTarget | null = null;
    for (const target of targets) {
      if (cancelled) break;
      const peer = tls === null ? plainPeer(target) : tlsPeer(target, tls);
      socket = peer.socket;
      const attempt = await openSession(peer, target, clock);
      if (attempt.ok) return attempt;
      failures.push(`${formatTarget(target)} ${attempt.error.message}`);
      if (attempt.error.wasAccepted) accepted ??= target;
    }
    return err({ message: failures.join('; '), accepted });
  }

  return {
    result: tryAll(),
    cancel() {
      cancelled = true;
      socket?.destroy();
    },
  };
}

/** One way to reach a peer, and the words for what can go wrong with it. */
interface Peer {
  readonly socket: Socket;
  readonly scheme: 'http' | 'https';
  /** Event after which HTTP/2 can begin. */
  readonly opened: 'connect' | 'secureConnect';
  /** The peer took the connection and then failed, before (`false`) or after HTTP/2 began. */
  explain(error: Error | null, hasBegun: boolean): string;
}

function plainPeer(target: DialTarget): Peer {
  return {
    socket: connectTcp({ host: target.host, port: target.port, noDelay: true }),
    scheme: 'http',
    opened: 'connect',
    explain: () => NOT_HTTP2,
  };
}

function tlsPeer(target: DialTarget, tls: TlsMaterial): Peer {
  const socket: TLSSocket = connectTls(tlsConnection(target, tls));
  socket.setNoDelay(true);
  const expectation = expectationOf(target, tls);
  return {
    socket,
    scheme: 'https',
    opened: 'secureConnect',
    explain(error, hasBegun) {
      const problem = error === null ? null : problemOfError(error, expectation);
      if (problem !== null && problem.reason !== 'ended-in-handshake')
        return describeTlsProblem(problem, KEY);
      const { hasCertificate } = expectation;
      return describeTlsProblem(
        hasBegun ? { reason: 'ended-after-handshake', hasCertificate } : { reason: 'ended-in-handshake' },
        KEY,
      );
    },
  };
}

/** Of `gateway` in the configuration. */
const KEY = 'childTls';

interface Attempt {
  session: ClientHttp2Session | null;
  isAccepted: boolean;
  isSettled: boolean;
}

type AttemptFailure = { readonly message: string; readonly wasAccepted: boolean };

function openSession(
  peer: Peer,
  target: DialTarget,
  clock: Clock,
): Promise<Result<Connection, AttemptFailure>> {
  const { socket, scheme } = peer;
  const attempt: Attempt = { session: null, isAccepted: false, isSettled: false };
  return new Promise((resolve) => {
    const settle = (result: Result<Connection, AttemptFailure>): void => {
      if (attempt.isSettled) return;
      attempt.isSettled = true;
      cancelTimer();
      if (!result.ok) {
        attempt.session?.destroy();
        socket.destroy();
      }
      resolve(result);
    };
    const fail = (message: string): void => settle(err({ message, wasAccepted: attempt.isAccepted }));
    const failAccepted = (error: Error | null): void => fail(peer.explain(error, attempt.session !== null));
    const cancelTimer = clock.after(DIAL_TIMEOUT_MS, () => fail(describeSilence(attempt, scheme)));
    socket.on('error', (error) => {
      if (attempt.isAccepted) failAccepted(error);
      else fail(describeSocketError(error));
    });
    socket.on('close', () => {
      if (attempt.isAccepted) failAccepted(null);
      else fail('closed the connection');
    });
    socket.once('connect', () => {
      attempt.isAccepted = true;
    });
    socket.once(peer.opened, () => {
      const session = openHttp2(socket, `${scheme}://${formatTarget(target)}`);
      attempt.session = session;
      session.on('error', (error) => failAccepted(error));
      session.once('close', () => failAccepted(null));
      session.once('remoteSettings', () => settle(ok({ session, socket, target, scheme })));
    });
  });
}

function openHttp2(socket: Socket, authority: string): ClientHttp2Session {
  const session = connectHttp2(authority, {
    createConnection: () => socket,
    settings: { enablePush: false, initialWindowSize: STREAM_WINDOW_BYTES },
    // In MB. Node's default of 10 would refuse large calls; the gateway has limits of its own.
    maxSessionMemory: Number.MAX_SAFE_INTEGER,
  });
  session.once('connect', () => session.setLocalWindowSize(SESSION_WINDOW_BYTES));
  return session;
}

const NOT_HTTP2 = 'accepts connections but does not answer as gRPC without TLS (HTTP/2) does';

function describeSilence(attempt: Attempt, scheme: 'http' | 'https'): string {
  const within = `within ${DIAL_TIMEOUT_MS} ms`;
  if (!attempt.isAccepted) return `did not accept a connection ${within}`;
  if (scheme === 'http') return `${NOT_HTTP2} ${within}`;
  return attempt.session === null
    ? `accepts connections but did not complete the TLS handshake ${within}`
    : `speaks TLS but does not answer as gRPC (HTTP/2) does ${within}`;
}

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
