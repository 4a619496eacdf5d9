import { randomUUID } from 'node:crypto';
import { readPackageInfo } from '../config/package-info.js';
import { systemClock } from '../core/clock.js';
import { assertNever } from '../core/failure.js';
import { err, ok, type Result } from '../core/result.js';
import type { UserError } from '../core/user-error.js';
import { openGateway } from '../gateway/gateway.js';
import type { ExternalService, Gateway } from '../gateway/types.js';
import { whoListens } from '../process/ports.js';
import type { AgentListen } from './agent-arguments.js';

export interface AgentGatewayOptions {
  readonly listen: AgentListen;
  onNotice(level: 'info' | 'warn' | 'error', message: string): void;
}

/** Opens a gateway without supervised services: whoever registers lives by its heartbeats. */
export async function openAgentGateway(options: AgentGatewayOptions): Promise<Result<Gateway, UserError>> {
  const { host, port, portIsFixed } = options.listen;
  const { version } = readPackageInfo();
  const sessionId = randomUUID();
  const opened = await openGateway({
    host,
    port,
    portIsFixed,
    clock: systemClock,
    attribute: async () => null,
    tls: null,
    childTls: null,
    describe: () => ({ sessionId, version, pid: process.pid, services: [], leaving: [], takenOut: [] }),
    onNotice: options.onNotice,
    onExternal: (change, service) => options.onNotice('info', describeChange(change, service)),
  });
  if (opened.ok) {
    const { address } = opened.value;
    if (port !== 0 && !address.endsWith(`:${port}`)) {
      options.onNotice('warn', `${await describeTaken(port)}, so the agent listens on ${address}`);
    }
    return ok(opened.value);
  }
  const { error } = opened;
  return err({
    exitCode: 3,
    message:
      error.reason === 'port-in-use'
        ? await describeTaken(error.port)
        : `the agent cannot listen on ${host}:${port}: ${error.message}`,
    wayOut: 'Take another with --listen HOST:PORT (port 0: any free one).',
  });
}

async function describeTaken(port: number): Promise<string> {
  const holder = await whoListens(port);
  return `port ${port} is taken${holder === null ? '' : ` by ${holder}`}`;
}

function describeChange(change: 'registered' | 'removed', service: ExternalService): string {
  const name = service.serviceId === '' ? 'a service without an id' : service.serviceId;
  switch (change) {
    case 'registered': {
      const ids = service.functions.map(({ id }) => id).join(', ');
      return `${name} registered at ${service.rpcAddress}: ${ids}`;
    }
    case 'removed':
      return `${name} was taken out`;
    default:
      return assertNever(change);
  }
}
