import { dialableHosts } from './address.js';
import { debuggerPorts } from './debugger-ports.js';
import { listSocketsByLsof } from './lsof.js';
import { hasMarker } from './marker.js';
import { listPossibleDescendants, type Origin, recordOrigin } from './origin.js';
import {
  isRunning,
  pickProcesses,
  procIsReadable,
  readArguments,
  readSocketInodes,
  readStat,
} from './proc.js';
import { readSocketTable } from './socket-table.js';
import { anyAcceptsConnections } from './tcp-probe.js';

export interface ListeningQuery {
  /** The generation's `PORT`. */
  readonly port: number;
  /** The generation's process group. */
  readonly pgid: number;
  /** Finds also processes that left the group (Linux). */
  readonly marker?: string;
}

/** Looks once; to be called again until it says true. */
export type ListeningProbe = (signal: AbortSignal) => Promise<boolean>;

/**
 * For a process that does not register: whether its `PORT` accepts connections, else whether any TCP listener of its group does
 * (a program can have a port of its own). A debugger's port does not count. On Windows only `PORT` is looked at.
 */
export function probeListening(query: ListeningQuery): ListeningProbe {
  const origin = recordOrigin(query.pgid);
  return async (signal) => {
    if (await anyAcceptsConnections(dialableHosts('localhost'), query.port, signal)) return true;
    for (const { host, port } of await listListeners(query, origin)) {
      if (signal.aborted) return false;
      if (await anyAcceptsConnections(dialableHosts(host), port, signal)) return true;
    }
    return false;
  };
}

/** Where the processes of a group listen now, as `host:port`; debuggers not counted. Empty on Windows. */
export async function listListening(query: ListeningQuery): Promise<readonly string[]> {
  const listeners = await listListeners(query, recordOrigin(query.pgid));
  return listeners.map(({ host, port }) => `${host.includes(':') ? `[${host}]` : host}:${port}`);
}

interface Listener {
  readonly host: string;
  readonly port: number;
}

async function listListeners(query: ListeningQuery, origin: Origin): Promise<readonly Listener[]> {
  if (process.platform === 'win32') return [];
  if (!procIsReadable) {
    const sockets = await listSocketsByLsof({ group: query.pgid });
    return sockets.filter(({ remote }) => remote === null);
  }
  const pids = await pickProcesses(listPossibleDescendants(origin), (pid) => {
    const stat = readStat(pid);
    if (!isRunning(stat)) return false;
    return stat.group === query.pgid || (query.marker !== undefined && hasMarker(pid, query.marker));
  });
  const owned = new Set(pids.flatMap(readSocketInodes));
  if (owned.size === 0) return [];
  const listening = (await readSocketTable()).filter(
    ({ state, inode }) => state === 'listening' && owned.has(inode),
  );
  const debuggers = listening.length === 0 ? new Set<number>() : debuggerPortsOf(pids);
  return listening
    .filter(({ localPort }) => !debuggers.has(localPort))
    .map(({ localAddress, localPort }) => ({ host: localAddress, port: localPort }));
}

function debuggerPortsOf(pids: readonly number[]): ReadonlySet<number> {
  return new Set(pids.flatMap((pid) => [...debuggerPorts(readArguments(pid) ?? [])]));
}
