import { connect as connectTcp, type Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';
import type { DialTarget } from './address.js';
import { CLIENT_PREFACE, type RecognizedProtocol, recognizeProtocol } from './http2-preface.js';
import type { TlsMaterial } from './tls.js';
import { judgeCertificate } from './tls-certificate.js';
import { expectationOf, tlsConnection } from './tls-client.js';
import { problemOfError, type TlsProblem } from './tls-problem.js';

/** How far a connection came, and how it ended. */
export type ProbeOutcome =
  /** `code` is Node's, such as `ECONNREFUSED`. */
  | { readonly kind: 'unreachable'; readonly code: string }
  /** The time was up while waiting for this. */
  | { readonly kind: 'silent'; readonly before: 'connection' | 'handshake' | 'answer' }
  /** It took the connection and ended it without an answer to HTTP/2. */
  | { readonly kind: 'ended' }
  | { readonly kind: 'answered'; readonly protocol: RecognizedProtocol }
  | { readonly kind: 'tls'; readonly problem: TlsProblem };

/** Opens HTTP/2 in plain text. */
export function probePlain(target: DialTarget, timeoutMs: number): Promise<ProbeOutcome> {
  const socket = connectTcp({ host: target.host, port: target.port, noDelay: true });
  const course: Course = { before: 'connection' };
  return watch(socket, course, timeoutMs, (settle) => {
    socket.on('error', (error: SocketError) =>
      settle(isUnreachable(error, course) ? unreachable(error) : { kind: 'ended' }),
    );
    socket.once('connect', () => speak(socket, course, settle));
    socket.once('close', () => settle({ kind: 'ended' }));
  });
}

/** Opens HTTP/2 with TLS. A peer whose certificate is not good is sent nothing but our certificate. */
export function probeTls(target: DialTarget, tls: TlsMaterial, timeoutMs: number): Promise<ProbeOutcome> {
  const expectation = expectationOf(target, tls);
  // Node gives a certificate that it refuses to nobody, and it has to be named.
  const socket = connectTls({ ...tlsConnection(target, tls), rejectUnauthorized: false });
  const course: Course = { before: 'connection' };
  const problemOf = (problem: TlsProblem): ProbeOutcome => {
    const isLate = problem.reason === 'ended-in-handshake' && course.before === 'answer';
    const { hasCertificate } = expectation;
    return { kind: 'tls', problem: isLate ? { reason: 'ended-after-handshake', hasCertificate } : problem };
  };
  return watch(socket, course, timeoutMs, (settle) => {
    socket.on('error', (error: SocketError) =>
      settle(
        isUnreachable(error, course) ? unreachable(error) : problemOf(problemOfError(error, expectation)),
      ),
    );
    socket.once('connect', () => {
      course.before = 'handshake';
    });
    socket.once('secureConnect', () => {
      if (socket.authorized) {
        speak(socket, course, settle);
        return;
      }
      // Node's types say that it is an Error; it is the code of one.
      const verdict = String(socket.authorizationError);
      const problem = judgeCertificate(verdict, socket.getPeerX509Certificate(), expectation);
      settle({ kind: 'tls', problem });
    });
    socket.once('close', () => settle(problemOf({ reason: 'ended-in-handshake' })));
  });
}

interface Course {
  before: 'connection' | 'handshake' | 'answer';
}

type Settle = (outcome: ProbeOutcome) => void;

/** Destroys the socket at the first outcome. */
function watch(
  socket: Socket,
  course: Course,
  timeoutMs: number,
  listen: (settle: Settle) => void,
): Promise<ProbeOutcome> {
  return new Promise((resolve) => {
    const settle = (outcome: ProbeOutcome): void => {
      clearTimeout(timer);
      socket.destroy();
      resolve(outcome);
    };
    const timer = setTimeout(() => settle({ kind: 'silent', before: course.before }), timeoutMs);
    listen(settle);
  });
}

function speak(socket: Socket, course: Course, settle: Settle): void {
  course.before = 'answer';
  let received = Buffer.alloc(0);
  socket.on('data', (chunk: Buffer) => {
    received = Buffer.concat([received, chunk]);
    const protocol = recognizeProtocol(received);
    if (protocol !== null) settle({ kind: 'answered', protocol });
  });
  socket.write(CLIENT_PREFACE);
}

interface SocketError extends Error {
  readonly code?: string;
}

/** A connection can be taken and reset before it is seen to be there, as one of a process that ends. */
function isUnreachable(error: SocketError, course: Course): boolean {
  return course.before === 'connection' && error.code !== 'ECONNRESET';
}

function unreachable(error: SocketError): ProbeOutcome {
  return { kind: 'unreachable', code: error.code ?? error.message };
}
