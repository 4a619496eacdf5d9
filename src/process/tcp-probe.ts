import { connect } from 'node:net';

/** A connection to this machine that is not there after this time meets a full backlog. */
const CONNECT_TIMEOUT_MS = 1000;

/** Whether somebody accepts TCP connections there. The connection is closed at once, without a byte sent. */
export function acceptsConnections(host: string, port: number, signal: AbortSignal): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ host, port });
    const finish = (accepted: boolean) => {
      signal.removeEventListener('abort', giveUp);
      socket.destroy();
      resolve(accepted);
    };
    const giveUp = () => finish(false);
    socket.setTimeout(CONNECT_TIMEOUT_MS, giveUp);
    socket.once('connect', () => finish(true));
    socket.once('error', giveUp);
    signal.addEventListener('abort', giveUp, { once: true });
    if (signal.aborted) giveUp();
  });
}

/** Whether one of several hosts accepts on a port. */
export async function anyAcceptsConnections(
  hosts: readonly string[],
  port: number,
  signal: AbortSignal,
): Promise<boolean> {
  const answers = await Promise.all(hosts.map((host) => acceptsConnections(host, port, signal)));
  return answers.includes(true);
}
