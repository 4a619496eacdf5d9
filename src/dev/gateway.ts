import type { GatewayConfig } from '../config/types.js';
import type { Clock } from '../core/clock.js';
import { err, ok, type Result } from '../core/result.js';
import type { UserError } from '../core/user-error.js';
import { type Gateway, openGateway } from '../gateway/gateway.js';
import type { Attribute } from '../gateway/types.js';
import { whoListens } from '../process/ports.js';

export interface SessionGatewayOptions {
  readonly config: GatewayConfig;
  readonly clock: Clock;
  readonly attribute: Attribute;
  onNotice(level: 'info' | 'warn' | 'error', message: string): void;
}

/** Opens the gateway. A port that was asked for and is taken is an error; a default one moves to the next free, and that is said. */
export async function openSessionGateway(
  options: SessionGatewayOptions,
): Promise<Result<Gateway, UserError>> {
  const { host, port, portIsFixed } = options.config;
  const opened = await openGateway({
    host,
    port,
    portIsFixed,
    clock: options.clock,
    attribute: options.attribute,
    onNotice: options.onNotice,
  });
  if (!opened.ok) return err(await explain(opened.error, options.config));
  const address = opened.value.address;
  if (!portIsFixed && port !== 0 && !address.endsWith(`:${port}`)) {
    const holder = await whoListens(port);
    options.onNotice(
      'warn',
      `port ${port} is taken${holder === null ? '' : ` by ${holder}`}, so the gateway listens on ${address}; programs that use CROUPIER_AGENT_ADDR find it`,
    );
  }
  return ok(opened.value);
}

async function explain(
  error:
    | { readonly reason: 'port-in-use'; readonly port: number }
    | { readonly reason: 'cannot-listen'; readonly message: string },
  config: GatewayConfig,
): Promise<UserError> {
  const wayOut = 'Take another with --port N (0: any free one) or "gateway": { "listen": "127.0.0.1:N" }.';
  if (error.reason === 'cannot-listen') {
    return {
      exitCode: 3,
      message: `the gateway cannot listen on ${config.host}:${config.port}: ${error.message}`,
      wayOut,
    };
  }
  const holder = await whoListens(error.port);
  return {
    exitCode: 3,
    message: `the gateway's port ${error.port} is taken${holder === null ? '' : ` by ${holder}`}`,
    wayOut,
  };
}
