import type { ServiceConfig } from '../config/types.js';
import type { Clock } from '../core/clock.js';
import type { Failure } from '../core/failure.js';
import { ok, type Result } from '../core/result.js';
import type { ServiceGate } from '../gateway/types.js';
import { startChild } from '../process/child.js';
import { failureOfExit } from '../process/exit-reason.js';
import type { Guardian } from '../process/guardian.js';
import { generationMarker } from '../process/marker.js';
import { freePort, whoListens } from '../process/ports.js';
import { waitUntilReady as probeUntilReady } from '../process/readiness.js';
import { processStartTime } from '../process/start-time.js';
import type { Child } from '../process/types.js';
import type { Launched } from '../supervisor/ports.js';
import { childEnvironment } from './child-environment.js';
import type { HttpFunctions } from './http-functions.js';
import { fillPlaceholders } from './placeholders.js';
import type { Group } from './process-groups.js';
import { waitUntilReady } from './readiness.js';
import type { RegistrationLog } from './registration-log.js';

export interface LauncherOptions {
  /** As it is configured now: a generation keeps what it was started with. */
  service(): ServiceConfig;
  /** From 1; null: the service has one. */
  readonly instance: number | null;
  readonly clock: Clock;
  readonly gate: ServiceGate;
  readonly guardian: Guardian;
  /** Beginning of the markers of this session. */
  readonly sessionMarker: string;
  readonly env: NodeJS.ProcessEnv;
  readonly color: boolean;
  readonly registrations: RegistrationLog;
  readonly httpFunctions: HttpFunctions;
  activeGeneration(): number | null;
  onOutput(generation: number, stream: 'stdout' | 'stderr', chunk: Buffer): void;
  /** The `PORT` of a generation that is about to be started. */
  onPort(generation: number, port: number): void;
  onGroup(generation: number, group: Group): void;
  onGroupGone(generation: number): void;
}

/** What a generation was started with. */
interface Made {
  readonly service: ServiceConfig;
  readonly generation: number;
  readonly port: number;
  readonly marker: string;
  /** Its listener of the gateway. */
  readonly agentAddress: string;
}

/** Starts the process of a generation with its own listener of the gateway, its own port and its own environment. */
export class Launcher {
  readonly #options: LauncherOptions;

  constructor(options: LauncherOptions) {
    this.#options = options;
  }

  async launch(generation: number, artifact: string | null): Promise<Result<Launched, Failure>> {
    const { gate, guardian, clock, instance } = this.#options;
    const service = this.#options.service();
    const [{ agentAddress }, port] = await Promise.all([gate.openGeneration(generation), freePort()]);
    this.#options.onPort(generation, port);
    const marker = generationMarker(
      this.#options.sessionMarker,
      markedName(service.name, instance),
      generation,
    );
    const command = fillPlaceholders(service.command, { port, artifact, generation });
    const { env, color } = this.#options;
    const started = await startChild(
      {
        command,
        cwd: service.cwd,
        env: childEnvironment({ service, instance, generation, agentAddress, port, inherited: env, color }),
        stdin: service.stdin,
        marker,
      },
      clock,
    );
    if (!started.ok) {
      const { message } = started.error;
      return { ok: false, error: { reason: 'spawn-failed', command: command.display, message } };
    }
    const child = started.value;
    guardian.add(child.pid);
    child.onOutput((stream, chunk) => this.#options.onOutput(generation, stream, chunk));
    void processStartTime(child.pid).then((startTime) => {
      if (startTime !== null) this.#options.onGroup(generation, { pid: child.pid, startTime, marker });
    });
    return ok(this.#launched(child, { service, generation, port, marker, agentAddress }));
  }

  #launched(child: Child, made: Made): Launched {
    const { guardian, httpFunctions, onGroupGone } = this.#options;
    const ending = new AbortController();
    void child.exited.then(() => ending.abort());
    void httpFunctions.serve({ ...made, pid: child.pid, signal: ending.signal });
    return {
      pid: child.pid,
      exited: child.exited.then((exit) => this.#explainExit(child, exit)),
      ready: (signal) => this.#ready(child, made, signal),
      waitingFor: () => this.#waitingFor(made),
      outputTail: () => child.outputTail(),
      stop: async (signal, graceMs) => {
        ending.abort();
        const stopped = await child.stop(signal, graceMs);
        guardian.remove(child.pid);
        onGroupGone(made.generation);
        return stopped;
      },
    };
  }

  async #explainExit(child: Child, exit: Awaited<Child['exited']>): Promise<Failure> {
    const failure = failureOfExit(exit, child.outputTail());
    if (failure.reason !== 'address-in-use' || failure.port === null) return failure;
    return { ...failure, holder: await whoListens(failure.port) };
  }

  async #ready(child: Child, made: Made, signal: AbortSignal): Promise<void> {
    const { clock, gate, registrations, httpFunctions } = this.#options;
    const { service, generation, port, marker } = made;
    await waitUntilReady({
      ready: service.ready,
      clock,
      signal,
      registered: registrations.registered(generation),
      expectsRegistration: registrations.everRegistered || httpFunctions.isExpected,
      expectsNoRegistration: registrations.isAlone,
      speaksToGateway: () => gate.speaks(generation),
      probe: () => passes(probeUntilReady({ ready: service.ready, port, child, marker, clock, signal })),
      missingFunctions: () => this.#missingFunctions(generation),
      lastRegistrationAt: () => gate.lastRegistrationAt(generation),
    });
    if (!gate.speaks(generation) && gate.functions(generation).length === 0) registrations.noteAlone();
  }

  #missingFunctions(generation: number): readonly string[] {
    const { gate } = this.#options;
    const active = this.#options.activeGeneration();
    if (active === null || active === generation) return [];
    const has = new Set(gate.functions(generation).map((one) => one.id));
    return gate.functions(active).flatMap((one) => (has.has(one.id) ? [] : [one.id]));
  }

  #waitingFor(made: Made): string {
    const { service } = made;
    const { registrations, gate, httpFunctions } = this.#options;
    const { ready } = service;
    const overHttp = registrations.everRegistered ? null : httpFunctions.describeWait(made.port);
    const bySdk =
      gate.functions(made.generation).length === 0
        ? `its registration with the gateway (CROUPIER_AGENT_ADDR=${made.agentAddress})`
        : 'an answer from the address that it registered';
    const registration = overHttp ?? bySdk;
    const probe = describeProbe(service, made.port);
    if (registrations.everRegistered || overHttp !== null) {
      return ready.kind === 'auto' || ready.kind === 'spawn' ? registration : `${probe}, and ${registration}`;
    }
    return ready.kind === 'auto' ? `${registration}, or ${probe}` : probe;
  }
}

/** Unique among the instances of all services. */
function markedName(service: string, instance: number | null): string {
  return instance === null ? service : `${service}/${instance}`;
}

/** Resolves when the probe passes; a probe that gives up (abort, exit) leaves the promise open. */
async function passes(probe: Promise<{ readonly ok: boolean }>): Promise<void> {
  const { ok: passed } = await probe;
  if (!passed) await new Promise<never>(() => {});
}

function describeProbe(service: ServiceConfig, port: number): string {
  const { ready } = service;
  switch (ready.kind) {
    case 'auto':
      return `a connection on PORT ${port} or any port of the process`;
    case 'spawn':
      return 'its start';
    case 'http':
      return `GET ${ready.url.replaceAll('{port}', String(port))} (ready.http)`;
    case 'tcp':
      return `a connection on ${ready.address.replaceAll('{port}', String(port))} (ready.tcp)`;
    case 'log':
      return `a line that matches ${ready.pattern} (ready.log)`;
  }
}
