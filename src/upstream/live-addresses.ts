import { connect } from 'node:net';
import { type DialTarget, parseRpcAddress } from '../protocol/address.js';

/** Addresses that are dialled at once; of a longer list the rest counts as dead. */
const MAX_DIALS = 256;

/** Whether something listens at a target; false after `timeoutMs`, too. */
export function accepts(target: DialTarget, timeoutMs: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ host: target.host, port: target.port });
    const finish = (accepted: boolean): void => {
      clearTimeout(timer);
      socket.destroy();
      resolve(accepted);
    };
    const timer = setTimeout(() => finish(false), timeoutMs);
    socket.once('connect', () => finish(true));
    // Stays for errors that come after the first: nobody else listens for them.
    socket.on('error', () => finish(false));
  });
}

/** Those of the given `rpc_addr`s where something listens. All are dialled at the same time. */
export async function liveAddresses(
  addresses: Iterable<string>,
  dial: (target: DialTarget) => Promise<boolean>,
): Promise<ReadonlySet<string>> {
  const distinct = [...new Set(addresses)].slice(0, MAX_DIALS);
  const live = await Promise.all(distinct.map((address) => isLive(address, dial)));
  return new Set(distinct.filter((_, index) => live[index]));
}

/** A wildcard or `localhost` has a target in each family; one of them is enough. */
async function isLive(address: string, dial: (target: DialTarget) => Promise<boolean>): Promise<boolean> {
  const targets = parseRpcAddress(address);
  if (!targets.ok) return false;
  const accepted = await Promise.all(targets.value.map(dial));
  return accepted.includes(true);
}
