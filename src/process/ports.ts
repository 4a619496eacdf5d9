import { createServer } from 'node:net';
import { type HostAndPort, isReachedBy } from './address.js';
import { commandOf } from './command-line.js';
import { listSocketsByLsof } from './lsof.js';
import { listProcesses, procIsReadable } from './proc.js';
import { ownersOf, readSocketTable, type SocketEntry } from './socket-table.js';

/** Ports given out lately: the kernel may offer one again before its first owner listens on it. */
const recentlyGiven: number[] = [];
const RECENTLY = 64;
const ATTEMPTS = 100;

/** A TCP port that nobody listens on, neither on 127.0.0.1 nor on ::1, and that was not among the last 64 given out. */
export async function freePort(): Promise<number> {
  for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
    const port = await listenOnce('127.0.0.1', 0);
    if (port === null || recentlyGiven.includes(port)) continue;
    recentlyGiven.push(port);
    if (recentlyGiven.length > RECENTLY) recentlyGiven.shift();
    if ((await listenOnce('::1', port)) !== null) return port;
  }
  throw new Error(`no free port on 127.0.0.1 after ${ATTEMPTS} attempts`);
}

/** Listens and closes; returns the port, or null if it is taken. A machine without the address family has nobody on it. */
function listenOnce(host: string, port: number): Promise<number | null> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', (error: NodeJS.ErrnoException) => {
      if (error.code === 'EADDRINUSE' || error.code === 'EACCES') resolve(null);
      else if (error.code === 'EADDRNOTAVAIL' || error.code === 'EAFNOSUPPORT') resolve(port);
      else reject(error);
    });
    server.listen({ host, port, exclusive: true }, () => {
      const address = server.address();
      const bound = typeof address === 'object' && address !== null ? address.port : port;
      server.close(() => resolve(bound));
    });
  });
}

/**
 * Who listens on a port of this machine, such as `node server.js (pid 4711)`; `another user's process (uid 0)` where more cannot be
 * seen. Null: nobody, or it cannot be found out (Windows). Looks at every process: for messages, not for the measured path.
 */
export async function whoListens(port: number): Promise<string | null> {
  const pids = await listenerOwner({ host: '', port });
  const pid = pids[0];
  if (pid !== undefined) return `${(await commandOf(pid)) ?? 'a process'} (pid ${pid})`;
  const uid = (await listeningOn({ host: '', port }))[0]?.uid;
  return uid === undefined ? null : `another user's process (uid ${uid})`;
}

/** The processes that would get a connection to this address, lowest pid first; an empty or wildcard host: on any address. */
export async function listenerOwner(address: HostAndPort): Promise<readonly number[]> {
  if (process.platform === 'win32') return [];
  if (!procIsReadable) {
    const listeners = (await listSocketsByLsof({ port: address.port })).filter(
      ({ host, port, remote }) => remote === null && port === address.port && isReachedBy(host, address.host),
    );
    return [...new Set(listeners.map(({ pid }) => pid))].sort((a, b) => a - b);
  }
  const sockets = await listeningOn(address);
  const owners = await ownersOf(new Set(sockets.map(({ inode }) => inode)), listProcesses());
  return owners.sort((a, b) => a - b);
}

async function listeningOn(address: HostAndPort): Promise<readonly SocketEntry[]> {
  return (await readSocketTable()).filter(
    (socket) =>
      socket.state === 'listening' &&
      socket.localPort === address.port &&
      isReachedBy(socket.localAddress, address.host),
  );
}
