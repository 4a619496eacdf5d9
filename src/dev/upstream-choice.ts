import { defaultMs, UPSTREAM_DEFAULTS } from '../config/defaults.js';
import type { GatewayConfig, UpstreamConfig, UpstreamLinkConfig } from '../config/types.js';
import { err, ok, type Result } from '../core/result.js';
import type { UserError } from '../core/user-error.js';
import { readTls } from '../protocol/tls.js';
import { probeAgent } from '../upstream/discover.js';

/** The upstream of a session, and how it came about. */
export interface ChosenUpstream {
  readonly config: UpstreamLinkConfig;
  /** Nobody asked for it: it was found at the default address. */
  readonly isFound: boolean;
}

/** An agent on this machine answers at once; something else that listens there is not waited for any longer (ms). */
const PROBE_TIMEOUT_MS = 300;

/** Which upstream to use; null: none. The notices tell why one that might be expected is not used. */
export async function chooseUpstream(
  config: UpstreamConfig,
  gateway: GatewayConfig,
  onNotice: (level: 'info' | 'warn', message: string) => void,
): Promise<Result<ChosenUpstream | null, UserError>> {
  switch (config.kind) {
    case 'none':
      return ok(null);
    case 'probe':
      return ok(await findUpstream(config.host, config.port, onNotice));
    case 'agent':
    case 'server':
    case 'edge':
      return checkUpstream(config, gateway);
  }
}

async function findUpstream(
  host: string,
  port: number,
  onNotice: (level: 'info' | 'warn', message: string) => void,
): Promise<ChosenUpstream | null> {
  const probe = await probeAgent({ host, port, timeoutMs: PROBE_TIMEOUT_MS });
  switch (probe.found) {
    case 'none':
      return null;
    case 'other':
      onNotice(
        'warn',
        `${host}:${port} is no agent that can be used: ${probe.why}. To use one there, say so with "upstream"; to be quiet about it: --upstream none`,
      );
      return null;
    case 'agent': {
      const { delay, max } = UPSTREAM_DEFAULTS.reconnect;
      const reconnect = { delay: defaultMs(delay), max: defaultMs(max) };
      const url = `agent://${host}:${port}`;
      return {
        config: { kind: 'agent', url, host, port, agentId: null, tls: null, reconnect },
        isFound: true,
      };
    }
  }
}

/** What can be said before a connection is tried. */
async function checkUpstream(
  config: UpstreamLinkConfig,
  gateway: GatewayConfig,
): Promise<Result<ChosenUpstream, UserError>> {
  if (gateway.portIsFixed && gateway.port === config.port && gateway.host === config.host) {
    return err({
      exitCode: 2,
      message: `the upstream ${config.url} and the gateway are to have the same address`,
      wayOut:
        'Give the gateway another port: --port N (0: any free one), or "gateway": { "listen": "127.0.0.1:N" }.',
    });
  }
  if (config.tls !== null) {
    const material = await readTls(config.tls);
    if (!material.ok) {
      return err({
        exitCode: 2,
        message: `upstream.tls: ${material.error}`,
        wayOut: 'Correct "upstream": { "tls": { "ca", "cert", "key" } } in the configuration file.',
      });
    }
  }
  return ok({ config, isFound: false });
}
