import { type Flags, TLS_FLAGS, tlsOf } from './arguments.js';
import { SERVER_DEFAULTS as defaults, type ServerOptions } from './standin-server.js';

/** Flags that servers and edges share. */
export const SERVER_FLAGS = ['port', 'names', 'expiry-ms', 'game-ids', 'limit-ms', ...TLS_FLAGS];
export const SERVER_SWITCHES = ['without-session-id', 'without-expire-at', 'without-capabilities'];

export function serverOptionsOf(flags: Flags): ServerOptions {
  return {
    port: flags.number('port', defaults.port),
    names: flags.someOf('names', ['server.v1', 'control.v1'], defaults.names),
    expiryMs: flags.number('expiry-ms', defaults.expiryMs),
    gameIds: flags.list('game-ids') ?? defaults.gameIds,
    limitMs: flags.number('limit-ms', defaults.limitMs),
    withoutSessionId: flags.isOn('without-session-id'),
    withoutExpireAt: flags.isOn('without-expire-at'),
    withoutCapabilities: flags.isOn('without-capabilities'),
    ...tlsOf(flags),
  };
}
