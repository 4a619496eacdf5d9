import { METHODS } from 'node:http';
import { err, ok, type Result } from '../core/result.js';
import type { InputSchema } from './http-input-schema.js';
import type { RegisteredFunction } from './types.js';

/** A function that a process serves over plain HTTP. */
export interface HttpFunction {
  readonly descriptor: RegisteredFunction;
  /** Upper case. */
  readonly method: string;
  /** With query, if any; percent-encoded, so that it can go into a request as it is. */
  readonly path: string;
  /** What payloads must satisfy before they are sent; null: they are not looked at. */
  readonly input: InputSchema | null;
}

/** Where the functions of one generation are, and which. */
export interface HttpService {
  /** Loopback address that the process listens on. */
  readonly host: string;
  /** The generation's `PORT`. */
  readonly port: number;
  readonly functions: readonly HttpFunction[];
}

/** Methods that a function cannot have: they are about connections. */
const NOT_FOR_FUNCTIONS: ReadonlySet<string> = new Set(['CONNECT', 'TRACE']);

export interface HttpRoute {
  readonly method: string;
  readonly path: string;
}

/** Where a function is if nothing else is said. */
export function defaultRoute(functionId: string): HttpRoute {
  return { method: 'POST', path: `/functions/${encodeURIComponent(functionId)}` };
}

/** Reads `POST /functions/player.ban`. The error completes a sentence that begins with the name of the value. */
export function parseRoute(text: string): Result<HttpRoute, string> {
  const [, method, path] = /^(\S+) +(\/\S*)$/.exec(text.trim()) ?? [];
  if (method === undefined || path === undefined) {
    return err(
      `must be a method and a path, such as "POST /functions/player.ban", and is ${JSON.stringify(text)}`,
    );
  }
  return checkRoute(method, path);
}

/** The same for a method and a path that were read elsewhere. */
export function checkRoute(method: string, path: string): Result<HttpRoute, string> {
  const upper = method.toUpperCase();
  if (!METHODS.includes(upper) || NOT_FOR_FUNCTIONS.has(upper)) {
    return err(`has the method "${method}", which no function can have`);
  }
  // The parser of URLs encodes what must be encoded, and leaves alone what is encoded already.
  const url = `http://localhost${path}`;
  if (!URL.canParse(url)) return err(`has the path "${path}", which is none`);
  const { pathname, search } = new URL(url);
  return ok({ method: upper, path: `${pathname}${search}` });
}
