import { createHash } from 'node:crypto';
import { hostname } from 'node:os';

const HASH_LENGTH = 8;

/**
 * The id under which a service of this machine and folder is known upstream: the same at every start, so that what a crash left there
 * is replaced, and another one for every developer and checkout.
 */
export function upstreamServiceId(service: string, folder: string, host: string = hostname()): string {
  const hash = createHash('sha256').update(`${host}\0${folder}`).digest('hex');
  return `${service}-${hash.slice(0, HASH_LENGTH)}`;
}
