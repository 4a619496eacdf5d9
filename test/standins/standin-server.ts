import { AgentDirectory, type Capabilities, type KnownAgent } from './agent-directory.js';
import { type CommonControl, commonControl } from './common-control.js';
import type { DialOptions } from './dialler.js';
import { Faults } from './faults.js';
import type { FunctionDescriptor } from './gen/server.js';
import { Journal } from './journal.js';
import type { Program } from './program.js';
import { type ControlOptions, ServerControl, type ServerReceived } from './server-control.js';
import { addCallerFunctions, DialRoute } from './server-functions.js';
import { ServingPort } from './serving-port.js';
import { type DialTlsFiles, dialTls, type ServingTlsFiles, servingCredentials } from './tls-files.js';

export interface ServerOptions extends ControlOptions {
  /** 0: any free one. */
  readonly port: number;
  /** For each unary call to an agent, ms. */
  readonly limitMs: number;
  readonly tls: ServingTlsFiles;
  /** For agents that serve TLS; without an authority they are called in plain text. */
  readonly dialTls: DialTlsFiles;
}

export const SERVER_DEFAULTS: ServerOptions = {
  port: 0,
  names: ['server.v1', 'control.v1'],
  expiryMs: 60_000,
  withoutSessionId: false,
  withoutExpireAt: false,
  withoutCapabilities: false,
  gameIds: [],
  limitMs: 5_000,
  tls: {},
  dialTls: {},
};

export interface ServerControlCommands<Received = ServerReceived> extends CommonControl<Received> {
  /** Loses all agents, with every connection in place. */
  forget(): void;
  /** Those that did not expire. */
  agents(): readonly KnownAgent[];
  /** Functions of all agents, each once. */
  functions(): readonly FunctionDescriptor[];
  /** The latest of each provider. */
  capabilities(): readonly Capabilities[];
}

/** A server as those of the field: agents register with it, and it dials them. */
export function createServer(options: ServerOptions): Program<ServerControlCommands> {
  const directory = new AgentDirectory(options.expiryMs);
  const faults = new Faults();
  const journal = new Journal<ServerReceived>();
  const port = new ServingPort(servingCredentials(options.tls));
  new ServerControl(directory, journal, faults, options).addTo(port.server);
  addCallerFunctions(port.server, new DialRoute(directory, serverDial(options)), faults, journal);
  return {
    listen: () => port.listen(options.port),
    close: () => port.close(),
    control: { ...commonControl(faults, port, journal), ...directoryControl(directory) },
  };
}

/** How servers and edges call an agent: each call with a new connection, none twice. */
export function serverDial(options: ServerOptions): DialOptions {
  return { codec: 'proto', limitMs: options.limitMs, retry: false, tls: dialTls(options.dialTls) };
}

export function directoryControl(directory: AgentDirectory) {
  return {
    forget: () => directory.forget(),
    agents: () => directory.agents(Date.now()),
    functions: () => directory.functions(Date.now()),
    capabilities: () => directory.capabilities(),
  };
}
