import { parseListenAddress } from '../config/listen-address.js';
import type { GatewayConfig } from '../config/types.js';
import { err, ok, type Result } from '../core/result.js';
import type { UserError } from '../core/user-error.js';

/** `croupier agent`, as it was typed. */
export interface AgentArguments {
  readonly listen: string | undefined;
  readonly json: boolean;
  readonly verbose: boolean;
  /** False with `--no-color`. */
  readonly color: boolean;
}

/** Where the agent listens; a port that is not fixed may move to the next free one. */
export type AgentListen = Pick<GatewayConfig, 'host' | 'port' | 'portIsFixed'>;

/** The address that SDKs expect an agent at, where nothing else was asked for. */
const DEFAULT_LISTEN: AgentListen = { host: '127.0.0.1', port: 19_090, portIsFixed: false };

/** Where the agent listens. A port that was asked for is fixed; the default one may move to the next free. */
export function readListen(listen: string | undefined): Result<AgentListen, UserError> {
  if (listen === undefined) return ok(DEFAULT_LISTEN);
  const address = parseListenAddress(listen);
  if (address.ok) return ok({ ...address.value, portIsFixed: true });
  return err({
    exitCode: 2,
    message: `--listen is ${JSON.stringify(listen)}, but ${address.error}`,
    wayOut: 'For example: croupier agent --listen 127.0.0.1:19090',
  });
}
