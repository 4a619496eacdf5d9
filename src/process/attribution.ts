import { isReachedBy, parseAddress } from './address.js';
import { listSocketsByLsof } from './lsof.js';
import { hasMarker } from './marker.js';
import { isRunning, listProcesses, pickProcesses, procIsReadable, readStat } from './proc.js';
import { ownersOf, readSocketTable, type SocketEntry } from './socket-table.js';

/** A process group that a connection may belong to. */
export interface OwnerCandidate<T> {
  readonly pgid: number;
  /** Finds also processes that left the group (Linux). */
  readonly marker?: string;
  /** What to answer if it is this one. */
  readonly ref: T;
}

export interface OwnerQuery {
  /** `ip:port` of the caller's end of the connection. */
  readonly peer: string;
  /** Port of our end. */
  readonly localPort: number;
  /** Where the caller says that it listens; may be a wildcard, or empty. */
  readonly rpcAddress: string;
}

/**
 * Whose process a caller is: of the candidate that owns the caller's end of the connection, else of the one that listens on
 * `rpcAddress`; of several that listen there (SO_REUSEPORT), the last candidate. Null: of none, or it cannot be found out
 * (Windows). Takes a few ms on Linux, 0.1 s where lsof has to be asked.
 */
export async function findOwner<T>(
  candidates: readonly OwnerCandidate<T>[],
  query: OwnerQuery,
): Promise<T | null> {
  if (candidates.length === 0 || process.platform === 'win32') return null;
  const newestFirst = [...candidates].reverse();
  return procIsReadable ? findByTable(newestFirst, query) : findByLsof(newestFirst, query);
}

/** Which of these processes own the client end of a connection that was made to a port of ours (Linux; empty elsewhere). */
export async function socketOwnerPids(
  peer: string,
  localPort: number,
  pids: readonly number[] = listProcesses(),
): Promise<readonly number[]> {
  return ownersOf(clientEnds(await readSocketTable(), peer, localPort), pids);
}

async function findByTable<T>(
  candidates: readonly OwnerCandidate<T>[],
  query: OwnerQuery,
): Promise<T | null> {
  const table = await readSocketTable();
  const connected = clientEnds(table, query.peer, query.localPort);
  const listening = listeningSockets(table, query.rpcAddress);
  if (connected.size === 0 && listening.size === 0) return null;

  // Environments are looked at only where the groups do not tell.
  const groups = await sortToCandidates(candidates, (candidate, _pid, group) => candidate.pgid === group);
  const byGroup = await findHolder(candidates, groups, connected);
  if (byGroup !== null) return byGroup.ref;
  const escaped = await sortToCandidates(
    candidates.filter(({ marker }) => marker !== undefined),
    ({ marker }, pid) => marker !== undefined && hasMarker(pid, marker),
  );
  const found =
    (await findHolder(candidates, escaped, connected)) ??
    (await findHolder(candidates, groups, listening)) ??
    (await findHolder(candidates, escaped, listening));
  return found?.ref ?? null;
}

type PidsByCandidate<T> = ReadonlyMap<OwnerCandidate<T>, readonly number[]>;

/** Sorts the running processes to the candidates, in one pass. */
async function sortToCandidates<T>(
  candidates: readonly OwnerCandidate<T>[],
  belongsTo: (candidate: OwnerCandidate<T>, pid: number, group: number) => boolean,
): Promise<PidsByCandidate<T>> {
  const sorted = new Map<OwnerCandidate<T>, number[]>();
  if (candidates.length === 0) return sorted;
  await pickProcesses(listProcesses(), (pid) => {
    const stat = readStat(pid);
    if (!isRunning(stat)) return false;
    const candidate = candidates.find((one) => belongsTo(one, pid, stat.group));
    if (candidate === undefined) return false;
    sorted.set(candidate, [...(sorted.get(candidate) ?? []), pid]);
    return true;
  });
  return sorted;
}

async function findHolder<T>(
  candidates: readonly OwnerCandidate<T>[],
  pids: PidsByCandidate<T>,
  inodes: ReadonlySet<number>,
): Promise<OwnerCandidate<T> | null> {
  for (const candidate of candidates) {
    const owners = await ownersOf(inodes, pids.get(candidate) ?? []);
    if (owners.length > 0) return candidate;
  }
  return null;
}

function clientEnds(table: readonly SocketEntry[], peer: string, localPort: number): ReadonlySet<number> {
  const caller = parseAddress(peer);
  const ends = table.filter(
    (socket) =>
      socket.state === 'established' &&
      socket.localPort === caller?.port &&
      socket.localAddress === caller.host &&
      socket.remotePort === localPort,
  );
  return new Set(ends.map(({ inode }) => inode));
}

function listeningSockets(table: readonly SocketEntry[], rpcAddress: string): ReadonlySet<number> {
  const address = parseAddress(rpcAddress);
  const sockets = table.filter(
    (socket) =>
      socket.state === 'listening' &&
      socket.localPort === address?.port &&
      isReachedBy(socket.localAddress, address.host),
  );
  return new Set(sockets.map(({ inode }) => inode));
}

async function findByLsof<T>(candidates: readonly OwnerCandidate<T>[], query: OwnerQuery): Promise<T | null> {
  const caller = parseAddress(query.peer);
  const connected = caller === null ? [] : await listSocketsByLsof({ port: caller.port });
  const callers = connected.filter(
    ({ port, remote }) => port === caller?.port && remote?.port === query.localPort,
  );
  const byConnection = candidates.find(({ pgid }) => callers.some(({ group }) => group === pgid));
  if (byConnection !== undefined) return byConnection.ref;

  const address = parseAddress(query.rpcAddress);
  if (address === null) return null;
  const listeners = (await listSocketsByLsof({ port: address.port })).filter(
    ({ host, port, remote }) => remote === null && port === address.port && isReachedBy(host, address.host),
  );
  return candidates.find(({ pgid }) => listeners.some(({ group }) => group === pgid))?.ref ?? null;
}
