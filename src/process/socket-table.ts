import { readFile } from 'node:fs/promises';
import { isIPv6, SocketAddress } from 'node:net';
import { pickProcesses, procIsReadable, readSocketInodes } from './proc.js';

/** One line of /proc/net/tcp or tcp6. Addresses are canonical (see {@link canonicalAddress}). */
export interface SocketEntry {
  readonly localAddress: string;
  readonly localPort: number;
  readonly remoteAddress: string;
  readonly remotePort: number;
  readonly state: 'established' | 'listening' | 'other';
  /** Owner. */
  readonly uid: number;
  /** 0: no process has it any more. */
  readonly inode: number;
}

const STATES: Readonly<Record<string, SocketEntry['state']>> = { '01': 'established', '0A': 'listening' };

/** All TCP sockets of this machine (of our network namespace); empty where that cannot be read. */
export async function readSocketTable(): Promise<readonly SocketEntry[]> {
  if (!procIsReadable) return [];
  const tables = await Promise.all(
    ['/proc/net/tcp', '/proc/net/tcp6'].map((path) => readFile(path, 'latin1').catch(() => '')),
  );
  return tables.flatMap(parseSocketTable);
}

/** Reads the text of /proc/net/tcp or tcp6. */
export function parseSocketTable(text: string): readonly SocketEntry[] {
  return text.split('\n').flatMap((line) => {
    const fields = line.trim().split(/\s+/);
    const [, local, remote, state] = fields;
    const [localAddress, localPort] = parseEnd(local);
    const [remoteAddress, remotePort] = parseEnd(remote);
    if (state === undefined || localAddress === null || remoteAddress === null) return [];
    return [
      {
        localAddress,
        localPort,
        remoteAddress,
        remotePort,
        state: STATES[state] ?? 'other',
        uid: Number(fields[7]),
        inode: Number(fields[9]),
      },
    ];
  });
}

/** Words of 32 bits in the order of the machine, which is little-endian wherever Node runs on Linux, but for s390x. */
function parseEnd(text: string | undefined): [address: string | null, port: number] {
  const found = /^([0-9A-F]{8}|[0-9A-F]{32}):([0-9A-F]{4})$/.exec(text ?? '');
  if (found?.[1] === undefined || found[2] === undefined) return [null, 0];
  const bytes = Buffer.from(found[1], 'hex');
  if (process.arch !== 's390x') bytes.swap32();
  const port = Number.parseInt(found[2], 16);
  if (bytes.length === 4) return [bytes.join('.'), port];
  const groups = Array.from({ length: 8 }, (_, at) => bytes.readUInt16BE(at * 2).toString(16));
  return [canonicalAddress(groups.join(':')), port];
}

/** One spelling for each address: IPv4 with dots even where it comes dressed as IPv6, IPv6 in its short form, without zone or brackets. */
export function canonicalAddress(address: string): string {
  const bare = address.replace(/^\[(.*)\]$/, '$1').replace(/%.*$/, '');
  if (!isIPv6(bare)) return bare;
  const short = new SocketAddress({ address: bare, family: 'ipv6' }).address;
  return short.replace(/^::ffff:(?=\d+\.)/, '');
}

/** Which of these processes have one of these sockets open. */
export function ownersOf(inodes: ReadonlySet<number>, pids: readonly number[]): Promise<number[]> {
  if (inodes.size === 0) return Promise.resolve([]);
  return pickProcesses(pids, (pid) => readSocketInodes(pid).some((inode) => inodes.has(inode)));
}
