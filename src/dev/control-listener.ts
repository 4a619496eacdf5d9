import { randomBytes } from 'node:crypto';
import type { SessionConfig } from '../config/types.js';
import { ControlListener } from '../control/listener.js';
import { err, ok, type Result } from '../core/result.js';
import type { UserError } from '../core/user-error.js';
import { whoListens } from '../process/ports.js';

/** Where the control API of a session is found, and what it is asked with. */
export interface ControlDoor {
  readonly listener: ControlListener;
  readonly token: string;
}

const TOKEN_BYTES = 32;

/** Listens for the control API, which answers as soon as it is served. */
export async function openControlDoor({
  host,
  port,
}: SessionConfig['control']): Promise<Result<ControlDoor, UserError>> {
  const listener = await ControlListener.open(host, port);
  if (listener.ok)
    return ok({ listener: listener.value, token: randomBytes(TOKEN_BYTES).toString('base64url') });
  const holder = port === 0 ? null : await whoListens(port);
  return err({
    exitCode: 3,
    message: `the control API cannot listen on ${host}:${port}: ${holder === null ? listener.error : `it is taken by ${holder}`}`,
    wayOut: 'Take another with "control": { "listen": "127.0.0.1:N" } (0: any free port).',
  });
}
