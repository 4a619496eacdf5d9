import { type AgentReceived, addLocalControl } from './agent-control.js';
import { AgentJobs, addAgentFunctions } from './agent-functions.js';
import { AppendingRegistry, ReplacingRegistry } from './agent-registry.js';
import { type CommonControl, commonControl } from './common-control.js';
import type { Codec } from './dialler.js';
import { Faults } from './faults.js';
import type { LocalFunction } from './gen/agent.js';
import { Journal } from './journal.js';
import { FUNCTION_SERVICES, type FunctionServiceName } from './methods.js';
import type { Program } from './program.js';
import { ServingPort } from './serving-port.js';
import { type DialTlsFiles, dialTls, type ServingTlsFiles, servingCredentials } from './tls-files.js';

export interface AgentOptions {
  /** 0: any free one. */
  readonly port: number;
  /** The newer agents of the field replace registrations, the older ones append them. */
  readonly kind: 'replacing' | 'appending';
  /** Of the calls to registered addresses. */
  readonly codec: Codec;
  /** Which service the registered addresses are called by. */
  readonly service: FunctionServiceName;
  /** For each unary call to a registered address, ms. */
  readonly limitMs: number;
  /** Tries UNAVAILABLE and DEADLINE_EXCEEDED three times more within 5 s. */
  readonly retry: boolean;
  /** After which an appending agent drops an instance, ms. */
  readonly silenceMs: number;
  /** Methods that some agents of the field do not have. */
  readonly without: readonly ('streamJob' | 'getJobResult')[];
  readonly tls: ServingTlsFiles;
  /** For registered addresses that serve TLS; without an authority they are called in plain text. */
  readonly dialTls: DialTlsFiles;
}

export const AGENT_DEFAULTS: AgentOptions = {
  port: 0,
  kind: 'replacing',
  codec: 'proto',
  service: 'function.v1',
  limitMs: 3_000,
  retry: false,
  silenceMs: 60_000,
  without: [],
  tls: {},
  dialTls: {},
};

export interface AgentControl extends CommonControl<AgentReceived> {
  /** Loses all registrations, as a restart does, with every connection in place. */
  forget(): void;
  /** What ListLocal shows. */
  registry(): readonly LocalFunction[];
}

/** A local agent as those of the field. */
export function createAgent(options: AgentOptions): Program<AgentControl> {
  const registry =
    options.kind === 'replacing' ? new ReplacingRegistry() : new AppendingRegistry(options.silenceMs);
  const faults = new Faults();
  const journal = new Journal<AgentReceived>();
  const port = new ServingPort(servingCredentials(options.tls));
  const { codec, limitMs, retry } = options;
  const dial = { codec, limitMs, retry, tls: dialTls(options.dialTls) };
  const parts = { registry, faults, journal, dial, service: FUNCTION_SERVICES[options.service] };
  const jobs = new AgentJobs(parts);
  const hasJobResults = !options.without.includes('getJobResult');
  addLocalControl(port.server, { registry, faults, journal, jobs, hasJobResults });
  addAgentFunctions(port.server, parts, jobs, !options.without.includes('streamJob'));
  return {
    listen: () => port.listen(options.port),
    close: () => port.close(),
    control: {
      ...commonControl(faults, port, journal),
      forget: () => registry.forget(),
      registry: () => registry.list(Date.now()),
    },
  };
}
