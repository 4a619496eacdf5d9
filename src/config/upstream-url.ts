import { err, ok, type Result } from '../core/result.js';
import { parsePort } from './listen-address.js';
import type { UpstreamLinkConfig } from './types.js';

/** Which kind of peer it is, and where. */
export type UpstreamUrl = Pick<UpstreamLinkConfig, 'kind' | 'url' | 'host' | 'port'>;

export const UPSTREAM_FORMS = 'agent://host:port, server://host:port or edge://host:port';

/** Ports that these peers listen on where nobody says otherwise. */
const DEFAULT_PORTS = { agent: 19_090, server: 8443, edge: 9443 } as const;

const FORM = /^(agent|server|edge):\/\/(?:\[([0-9a-fA-F:.%]+)\]|([A-Za-z0-9](?:[\w.-]*\w)?))(?::(\d+))?\/?$/;

/** Reads the address of an upstream; without a port it is the usual one of its kind. The error completes "..., but". */
export function parseUpstreamUrl(text: string): Result<UpstreamUrl, string> {
  const url = text.trim();
  const [, scheme, ipv6, name, digits] = FORM.exec(url) ?? [];
  const kind = (['agent', 'server', 'edge'] as const).find((one) => one === scheme);
  const host = ipv6 ?? name;
  const port = kind === undefined ? null : digits === undefined ? DEFAULT_PORTS[kind] : parsePort(digits);
  if (kind === undefined || host === undefined) return err(`it must be ${UPSTREAM_FORMS}`);
  if (port === null || port === 0) return err('its port must be from 1 to 65535');
  return ok({ kind, url, host, port });
}
