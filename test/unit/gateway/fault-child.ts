import { answerStream, FaultServer, type FaultStream } from '../protocol/fault-server.js';
import { cleanUp } from './harness.js';

/** A child on bare HTTP/2 that answers probes by itself; the test deals with the calls. */
export async function startFaultChild(onCall: (stream: FaultStream) => void): Promise<FaultServer> {
  const server = new FaultServer((stream) => {
    if (!stream.path.startsWith('/croupier.sdk.v1.InvokerService/')) {
      answerStream(stream, { body: null, status: '12' });
    } else if (stream.path.endsWith('/CancelJob')) answerStream(stream, { body: Buffer.alloc(0) });
    else onCall(stream);
  });
  await server.listen();
  cleanUp(() => server.close());
  return server;
}

/** The calls of functions that have arrived. */
export function callsAt(server: FaultServer): readonly FaultStream[] {
  return server.streams.filter((stream) => stream.path.endsWith('/Invoke'));
}

/** No connection is open any more, and it was not the child that closed it. */
export function isLeft(server: FaultServer): boolean {
  return server.sessions.length > 0 && server.sessions.every((session) => session.destroyed);
}
