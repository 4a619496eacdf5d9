import { execa } from 'execa';
import { type HostAndPort, parseAddress } from './address.js';

/** One end of a TCP socket and who has it. */
export interface OwnedSocket extends HostAndPort {
  readonly pid: number;
  /** Process group. */
  readonly group: number;
  /** The other end; null: it listens. */
  readonly remote: HostAndPort | null;
}

/** How long lsof may take: it can hang on network file systems. */
const LSOF_TIMEOUT_MS = 2000;

/**
 * macOS and the BSDs, where the kernel's socket table is no file: asks lsof for the TCP sockets of a process group, or for those
 * that have a port at either end. Takes 50 ms and more. Empty when there is no lsof.
 */
export async function listSocketsByLsof(
  by: { readonly group: number } | { readonly port: number },
): Promise<readonly OwnedSocket[]> {
  const filter = 'group' in by ? ['-a', '-g', String(by.group), '-iTCP'] : [`-iTCP:${by.port}`];
  const result = await execa('lsof', ['-nP', ...filter, '-Fpgn'], {
    reject: false,
    timeout: LSOF_TIMEOUT_MS,
  });
  return parseLsof(result.stdout);
}

/** Reads `-F pgn`: lines `p<pid>` and `g<group>` for each process, then `n<address>` or `n<address>-><address>` for each of its sockets. */
export function parseLsof(text: string): readonly OwnedSocket[] {
  const sockets: OwnedSocket[] = [];
  let pid = 0;
  let group = 0;
  for (const line of text.split('\n')) {
    const value = line.slice(1);
    if (line.startsWith('p')) pid = Number(value);
    if (line.startsWith('g')) group = Number(value);
    if (!line.startsWith('n')) continue;
    const [near, far] = value.split('->').map(parseAddress);
    if (near === undefined || near === null) continue;
    sockets.push({ pid, group, ...near, remote: far ?? null });
  }
  return sockets;
}
