import { parseListenAddress } from '../config/listen-address.js';
import type { GatewayConfig } from '../config/types.js';
import { parseRpcAddress } from '../protocol/address.js';

/**
 * Where an upstream dials the gateway: what is configured, with the gateway's own port in place of 0; else where it listens, by its
 * loopback address if it listens on every interface.
 */
export function advertisedAddress(config: Pick<GatewayConfig, 'advertise'>, listening: string): string {
  const own = /:(\d+)$/.exec(listening)?.[1] ?? '0';
  if (config.advertise !== null) {
    const configured = parseListenAddress(config.advertise);
    return configured.ok && configured.value.port === 0
      ? config.advertise.replace(/0$/, own)
      : config.advertise;
  }
  const targets = parseRpcAddress(listening);
  const [first] = targets.ok ? targets.value : [];
  if (first === undefined) return listening;
  return first.host.includes(':') ? `[${first.host}]:${first.port}` : `${first.host}:${first.port}`;
}
