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
import { fillPlaceholders } from './placeholders.js';
import { waitUntilReady } from './readiness.js';
import type { RegistrationLog } from './registration-log.js';

/** A process group of the session, as the session file keeps it. */
export interface Group {
  readonly pid: number;
  readonly startTime: number;
  readonly marker: string;
}

export interface LauncherOptions {
  readonly service: ServiceConfig;
  readonly clock: Clock;
  readonly gate: ServiceGate;
  readonly guardian: Guardian;
  /** Beginning of the markers of this session. */
  readonly sessionMarker: string;
  readonly env: NodeJS.ProcessEnv;
  readonly color: boolean;
  readonly registrations: RegistrationLog;
  activeGeneration(): number | null;
  onOutput(generation: number, stream: 'stdout' | 'stderr', chunk: Buffer): void;
  onGroup(generation: number, group: Group): void;
  onGroupGone(generation: number): void;
}

/** Starts the process of a generation with its own listener of the gateway, its own port and its own environment. */
export class Launcher {
  readonly #options: LauncherOptions;

  constructor(options: LauncherOptions) {
    this.#options = options;
  }

  async launch(generation: number, artifact: string | null): Promise<Result<Launched, Failure>> {
    const { service, gate, guardian, clock } = this.#options;
    const [{ agentAddress }, port] = await Promise.all([gate.openGeneration(generation), freePort()]);
    const marker = generationMarker(this.#options.sessionMarker, service.name, generation);
    const command = fillPlaceholders(service.command, { port, artifact, generation });
    const { env, color } = this.#options;
    const started = await startChild(
      {
        command,
        cwd: service.cwd,
        env: childEnvironment({ service, generation, agentAddress, port, inherited: env, color }),
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
    return ok(this.#launched(child, { generation, port, marker, agentAddress }));
  }

  #launched(
    child: Child,
    made: {
      readonly generation: number;
      readonly port: number;
      readonly marker: string;
      readonly agentAddress: string;
    },
  ): Launched {
    const { guardian, onGroupGone } = this.#options;
    return {
      pid: child.pid,
      exited: child.exited.then((exit) => this.#explainExit(child, exit)),
      ready: (signal) => this.#ready(child, made, signal),
      waitingFor: () => this.#waitingFor(made),
      outputTail: () => child.outputTail(),
      stop: async (signal, graceMs) => {
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

  #ready(
    child: Child,
    made: { readonly generation: number; readonly port: number; readonly marker: string },
    signal: AbortSignal,
  ): Promise<void> {
    const { service, clock, gate, registrations } = this.#options;
    const { generation, port, marker } = made;
    return waitUntilReady({
      ready: service.ready,
      clock,
      signal,
      registered: registrations.registered(generation),
      expectsRegistration: registrations.everRegistered,
      speaksToGateway: () => gate.speaks(generation),
      probe: () => passes(probeUntilReady({ ready: service.ready, port, child, marker, clock, signal })),
      missingFunctions: () => this.#missingFunctions(generation),
      lastRegistrationAt: () => gate.lastRegistrationAt(generation),
    });
  }

  #missingFunctions(generation: number): readonly string[] {
    const { gate } = this.#options;
    const active = this.#options.activeGeneration();
    if (active === null || active === generation) return [];
    const has = new Set(gate.functions(generation).map((one) => one.id));
    return gate.functions(active).flatMap((one) => (has.has(one.id) ? [] : [one.id]));
  }

  #waitingFor(made: {
    readonly port: number;
    readonly agentAddress: string;
    readonly generation: number;
  }): string {
    const { service, registrations, gate } = this.#options;
    const { ready } = service;
    const registration =
      gate.functions(made.generation).length === 0
        ? `its registration with the gateway (CROUPIER_AGENT_ADDR=${made.agentAddress})`
        : 'an answer from the address that it registered';
    const probe = describeProbe(service, made.port);
    if (registrations.everRegistered) {
      return ready.kind === 'auto' || ready.kind === 'spawn' ? registration : `${probe}, and ${registration}`;
    }
    return ready.kind === 'auto' ? `${registration}, or ${probe}` : probe;
  }
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
