import { readPackageInfo } from '../config/package-info.js';
import type { GatewayConfig, TlsFiles } from '../config/types.js';
import type { Clock } from '../core/clock.js';
import { err, ok, type Result } from '../core/result.js';
import type { UserError } from '../core/user-error.js';
import { type Gateway, openGateway } from '../gateway/gateway.js';
import type { Attribute, ElsewherePort } from '../gateway/types.js';
import { whoListens } from '../process/ports.js';
import type { DescribeResponse } from '../protocol/gen/croupier/dev/v1/session.js';
import { readTls, type TlsMaterial } from '../protocol/tls.js';
import { isLoopback } from '../upstream/backoff.js';
import type { Departures } from '../upstream/types.js';
import type { ChosenUpstream } from './upstream-choice.js';

export interface SessionGatewayOptions {
  readonly config: GatewayConfig;
  readonly upstream: ChosenUpstream | null;
  /** Differs between any two sessions. */
  readonly sessionId: string;
  /** Names. */
  services(): readonly string[];
  readonly clock: Clock;
  readonly attribute: Attribute;
  /** Takes calls of our processes for functions that nobody here serves. */
  readonly elsewhere: ElsewherePort;
  /** What of this session is out of the upstream's routing, or about to be: other sessions ask for it. */
  departures(): Departures;
  onNotice(level: 'info' | 'warn' | 'error', message: string): void;
}

/** Opens the gateway. A port that was asked for and is taken is an error; a default one moves to the next free, and that is said. */
export async function openSessionGateway(
  options: SessionGatewayOptions,
): Promise<Result<Gateway, UserError>> {
  const { config, clock, attribute, elsewhere, onNotice } = options;
  const { host, portIsFixed } = config;
  const tls = await readFiles('gateway.tls', config.tls);
  if (!tls.ok) return tls;
  const childTls = await readFiles('gateway.childTls', config.childTls);
  if (!childTls.ok) return childTls;
  const upstreamPort = portOfLocalAgent(options);
  // An agent that is not running yet needs its port when it comes.
  const port = config.port === upstreamPort ? config.port + 1 : config.port;
  const { version } = readPackageInfo();
  const opened = await openGateway({
    host,
    port,
    portIsFixed,
    clock,
    attribute,
    elsewhere,
    tls: tls.value,
    childTls: childTls.value,
    describe: () => describeSession(options, version),
    onNotice,
  });
  if (!opened.ok) return err(await explain(opened.error, config));
  const { address } = opened.value;
  if (!portIsFixed && config.port !== 0 && !address.endsWith(`:${config.port}`)) {
    if (upstreamPort === config.port) explainUpstream(options, address);
    else await explainTaken(options, address);
  }
  return ok(opened.value);
}

function describeSession(options: SessionGatewayOptions, version: string): DescribeResponse {
  const { leaving, takenOut } = options.departures();
  return {
    sessionId: options.sessionId,
    version,
    pid: process.pid,
    services: [...options.services()],
    leaving: [...leaving],
    takenOut: [...takenOut],
  };
}

/** The port on this machine that belongs to the upstream's agent; null: none does. */
function portOfLocalAgent({ upstream }: SessionGatewayOptions): number | null {
  return upstream?.config.kind === 'agent' && isLoopback(upstream.config.host) ? upstream.config.port : null;
}

function explainUpstream({ upstream, onNotice }: SessionGatewayOptions, address: string): void {
  if (upstream?.isFound !== true) return;
  const { url } = upstream.config;
  onNotice(
    'info',
    `found an agent: ${url} is the upstream, and the gateway listens on ${address}. To leave it alone: --upstream none`,
  );
}

async function explainTaken({ config, onNotice }: SessionGatewayOptions, address: string): Promise<void> {
  const holder = await whoListens(config.port);
  onNotice(
    'warn',
    `port ${config.port} is taken${holder === null ? '' : ` by ${holder}`}, so the gateway listens on ${address}; programs that use CROUPIER_AGENT_ADDR find it`,
  );
}

async function readFiles(
  key: 'gateway.tls' | 'gateway.childTls',
  files: TlsFiles | null,
): Promise<Result<TlsMaterial | null, UserError>> {
  if (files === null) return ok(null);
  const material = await readTls(files);
  if (material.ok) return material;
  return err({
    exitCode: 2,
    message: `${key}: ${material.error}`,
    wayOut: `Correct the files of \`${key}\` in the configuration file.`,
  });
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
