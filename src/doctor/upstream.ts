import { DEFAULT_GATEWAY } from '../config/defaults.js';
import type { UpstreamConfig, UpstreamLinkConfig } from '../config/types.js';
import { assertNever } from '../core/failure.js';
import { formatTarget } from '../protocol/address.js';
import { findConnectionProblem } from '../protocol/explain-connection.js';
import { STATUS_CODES } from '../protocol/status-codes.js';
import { readTls, type TlsMaterial } from '../protocol/tls.js';
import { probeAgent } from '../upstream/discover.js';
import { about } from './finding.js';
import type { Examination, Finding } from './types.js';

/** For the connection, and then for the call; ms. Together less than a topic's own limit. */
const CONNECT_TIMEOUT_MS = 1_000;
const CALL_TIMEOUT_MS = 800;

/** The agent, server or edge that a session would register with: whether it can be reached, and answers. Nothing is registered. */
export const upstream: Examination = {
  topic: 'upstream',
  run: async ({ project: { config } }) => [
    await examine(config.ok ? config.value.upstream : { kind: 'probe', ...DEFAULT_GATEWAY }),
  ],
};

async function examine(config: UpstreamConfig): Promise<Finding> {
  switch (config.kind) {
    case 'none':
      return about('upstream').ok('no upstream: the gateway is the agent');
    case 'probe':
      return examineDefault(config);
    case 'agent':
    case 'server':
    case 'edge':
      return examineLink(config);
    default:
      return assertNever(config);
  }
}

/** Nobody asked for an upstream: an agent at the default address would be used. */
async function examineDefault(target: { readonly host: string; readonly port: number }): Promise<Finding> {
  const { ok, note, warning } = about('upstream');
  const address = formatTarget(target);
  const probe = await probeAgent({ ...target, timeoutMs: CONNECT_TIMEOUT_MS });
  const remedies = ['To leave it alone: --upstream none'];
  switch (probe.found) {
    case 'none':
      return ok(`no agent at ${address}: the gateway is the agent`);
    case 'other':
      return warning(`what listens on ${address} is no agent that can be used`, {
        details: [`${probe.why}.`],
        remedies,
      });
    case 'agent': {
      if (probe.session === null) {
        return note(`an agent answers at ${address}: it would be the upstream`, { remedies });
      }
      const { pid, version, services } = probe.session;
      return note(`a session of croupier ${version} answers at ${address} (pid ${pid})`, {
        details: [
          `It runs ${services.length === 0 ? 'no services' : services.join(', ')}. Another project's session would register with it.`,
        ],
        remedies,
      });
    }
    default:
      return assertNever(probe);
  }
}

async function examineLink(config: UpstreamLinkConfig): Promise<Finding> {
  const { problem } = about('upstream');
  const { url, kind } = config;
  const tls = config.tls === null ? null : await readTls(config.tls);
  if (tls?.ok === false) {
    return problem(`${url} cannot be dialled: upstream.tls cannot be used`, {
      details: [tls.error],
      remedies: ['Correct "upstream": { "tls": { "ca", "cert", "key" } }.'],
    });
  }
  const material = tls === null ? null : tls.value;
  const found = await findConnectionProblem(config, material, CONNECT_TIMEOUT_MS, 'upstream.tls');
  if (found !== null) {
    return problem(`${url} cannot be used`, {
      details: [`${found.text}.`],
      remedies: [`Is the ${kind} running, and is its address right? --upstream none goes on without one.`],
    });
  }
  const by = material === null ? 'in plain text' : 'by TLS';
  if (kind !== 'agent') return about('upstream').ok(`${url} answers ${by}`);
  return listServices(config, material, by);
}

/** Every agent lists what is registered with it; older ones cannot, and are agents all the same. */
async function listServices(
  config: UpstreamLinkConfig,
  tls: TlsMaterial | null,
  by: string,
): Promise<Finding> {
  const { ok, warning, problem } = about('upstream');
  const { connectAgent } = await import('../protocol/client.js');
  const client = connectAgent(formatTarget(config), tls);
  try {
    const startedAt = performance.now();
    const [listed, described] = await Promise.all([
      client.listLocal({ timeoutMs: CALL_TIMEOUT_MS }),
      client.describe({ timeoutMs: CALL_TIMEOUT_MS }),
    ]);
    const ms = Math.round(performance.now() - startedAt);
    const who = described.ok ? `a session of croupier ${described.value.version}` : 'an agent';
    if (listed.ok) {
      return ok(`${config.url} answers ${by}: ${who}, ${listed.value.functions.length} functions, ${ms} ms`);
    }
    if (listed.error.code === STATUS_CODES.UNIMPLEMENTED) {
      return warning(`${config.url} answers ${by}, but does not list what is registered`, {
        details: ['Whether a registration has arrived cannot be seen there.'],
      });
    }
    return problem(`${config.url} refuses to list what is registered`, {
      details: [`${listed.error.message}.`],
    });
  } finally {
    client.close();
  }
}
