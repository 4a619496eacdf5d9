import { createHash, timingSafeEqual } from 'node:crypto';
import { isIP } from 'node:net';
import { hostname } from 'node:os';
import type { Refusal } from './refusal.js';

/** What a request says about where it comes from and where it wants to go. */
export interface Sender {
  readonly host: string | undefined;
  readonly origin: string | undefined;
}

const LOOPBACK_NAMES = ['127.0.0.1', 'localhost', '[::1]'];

/**
 * Which `Host` a request may name. A browser that was led here by a foreign name (a name that its owner lets point to 127.0.0.1) sends
 * that name, and is refused by it.
 */
export class HostGuard {
  readonly #names: ReadonlySet<string>;
  readonly #takesAddresses: boolean;
  readonly #port: number;

  /** Where the API listens. */
  constructor(host: string, port: number) {
    const isEverywhere = host === '0.0.0.0' || host === '::';
    const own = isEverywhere ? hostname() : host.includes(':') ? `[${host}]` : host;
    this.#names = new Set([...LOOPBACK_NAMES, own.toLowerCase()]);
    // An address cannot be made to point elsewhere, a name can.
    this.#takesAddresses = isEverywhere;
    this.#port = port;
  }

  /** Null: it may go on. */
  check({ host, origin }: Sender): Refusal | null {
    if (host === undefined || !this.#isOwn(host)) {
      return { code: 'foreign-host', message: `this is not ${host ?? 'a nameless host'}` };
    }
    if (origin === undefined) return null;
    if (origin.startsWith('http://') && this.#isOwn(origin.slice('http://'.length))) return null;
    return { code: 'foreign-origin', message: `pages of ${origin} may not call this` };
  }

  #isOwn(authority: string): boolean {
    const parts = /^(\[[0-9a-f:.]+\]|[^:@/[\]]+)(?::(\d{1,5}))?$/i.exec(authority);
    const [, name = '', port = '80'] = parts ?? [];
    if (Number(port) !== this.#port) return false;
    if (this.#names.has(name.toLowerCase())) return true;
    return this.#takesAddresses && isIP(name.replace(/^\[|\]$/g, '')) !== 0;
  }
}

/** Tells the bearer of the session's token. */
export class TokenGuard {
  readonly #digest: Buffer;

  constructor(token: string) {
    this.#digest = digest(token);
  }

  /** Null: it may go on. */
  check(authorization: string | undefined): Refusal | null {
    const token = /^Bearer +(\S+)$/i.exec(authorization ?? '')?.[1];
    if (token === undefined) {
      return {
        code: 'no-token',
        message: 'send the token of .croupier/session.json: Authorization: Bearer ...',
      };
    }
    // Digests are of one length, so that the time tells nothing about the token.
    if (timingSafeEqual(digest(token), this.#digest)) return null;
    return { code: 'wrong-token', message: 'this token is not that of this session' };
  }
}

function digest(text: string): Buffer {
  return createHash('sha256').update(text).digest();
}
