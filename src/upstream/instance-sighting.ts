import { connect } from 'node:net';
import { type DialTarget, formatTarget, parseRpcAddress } from '../protocol/address.js';
import { connectAgent } from '../protocol/client.js';
import { probePlain, probeTls } from '../protocol/connection-probe.js';
import type { DescribeResponse } from '../protocol/gen/croupier/dev/v1/session.js';
import type { TlsMaterial } from '../protocol/tls.js';

/** What a look at the address of another instance showed. */
export type Sighting =
  /** Nothing takes connections there. */
  | { readonly seen: 'nothing' }
  /** Something does: a game server, or anything else. */
  | { readonly seen: 'instance' }
  /** The gateway of a session of this program, and what that says about itself. */
  | { readonly seen: 'session'; readonly session: DescribeResponse };

/** Addresses that are looked at at once; of a longer list the rest counts as dead. */
const MAX_SIGHTINGS = 256;

/**
 * Looks who is at an address. Whoever takes the connection is an instance, whatever it says then.
 * @param tls what the gateways of sessions are dialled with; null: plain text
 * @param timeoutMs real time for the connection, and once more for the question
 */
export async function sightInstance(
  target: DialTarget,
  tls: TlsMaterial | null,
  timeoutMs: number,
): Promise<Sighting> {
  const outcome = await (tls === null ? probePlain(target, timeoutMs) : probeTls(target, tls, timeoutMs));
  if (outcome.kind === 'unreachable') return { seen: 'nothing' };
  if (outcome.kind === 'silent' && outcome.before === 'connection') return { seen: 'nothing' };
  // One that does not speak HTTP/2 is not asked: a channel to a silent peer would stay for ever.
  if (outcome.kind !== 'answered' || outcome.protocol !== 'http2') return { seen: 'instance' };
  const client = connectAgent(formatTarget(target), tls);
  const described = await client.describe({ timeoutMs });
  client.close();
  return described.ok ? { seen: 'session', session: described.value } : { seen: 'instance' };
}

/** Whether anybody takes connections at an address; nobody is asked anything. */
export function dialInstance(target: DialTarget, timeoutMs: number): Promise<Sighting> {
  return new Promise((resolve) => {
    const socket = connect({ host: target.host, port: target.port });
    const finish = (seen: 'instance' | 'nothing'): void => {
      clearTimeout(timer);
      socket.destroy();
      resolve({ seen });
    };
    const timer = setTimeout(() => finish('nothing'), timeoutMs);
    socket.once('connect', () => finish('instance'));
    // Stays for errors that come after the first: nobody else listens for them.
    socket.on('error', () => finish('nothing'));
  });
}

/** What is at each of the given `rpc_addr`s. All are looked at at the same time. */
export async function sightAll(
  addresses: Iterable<string>,
  sight: (target: DialTarget) => Promise<Sighting>,
): Promise<ReadonlyMap<string, Sighting>> {
  const distinct = [...new Set(addresses)].slice(0, MAX_SIGHTINGS);
  const sightings = await Promise.all(
    distinct.map(async (address) => [address, await sightAddress(address, sight)] as const),
  );
  return new Map(sightings);
}

/** A wildcard or `localhost` has a target in each family: the one that says most counts. */
async function sightAddress(
  address: string,
  sight: (target: DialTarget) => Promise<Sighting>,
): Promise<Sighting> {
  const targets = parseRpcAddress(address);
  if (!targets.ok) return { seen: 'nothing' };
  const sightings = await Promise.all(targets.value.map(sight));
  return (
    sightings.find((one) => one.seen === 'session') ??
    sightings.find((one) => one.seen === 'instance') ?? { seen: 'nothing' }
  );
}
