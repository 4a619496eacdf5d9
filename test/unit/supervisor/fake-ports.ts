import type { CroupierEvent, EventType } from '../../../src/core/events.js';
import type { Failure } from '../../../src/core/failure.js';
import { err, ok } from '../../../src/core/result.js';
import type {
  BuildOutcome,
  FunctionDescriptor,
  GatePort,
  Launched,
  SupervisorPorts,
} from '../../../src/supervisor/ports.js';
import { VirtualClock } from '../../support/virtual-clock.js';

class Deferred<T> {
  readonly promise: Promise<T>;
  resolve: (value: T) => void = () => {};

  constructor() {
    this.promise = new Promise((resolve) => {
      this.resolve = resolve;
    });
  }
}

/** A process that does what the test says. */
export class FakeProcess {
  readonly exit = new Deferred<Failure>();
  readonly readiness = new Deferred<void>();
  readonly groupGone = new Deferred<void>();
  readonly stops: (readonly [string, number])[] = [];

  readonly pid: number;

  constructor(pid: number) {
    this.pid = pid;
  }

  launched(): Launched {
    return {
      pid: this.pid,
      exited: this.exit.promise,
      ready: () => this.readiness.promise,
      waitingFor: () => 'the test',
      outputTail: () => ['last line'],
      stop: async (signal, graceMs) => {
        this.stops.push([signal, graceMs]);
        await this.groupGone.promise;
        return { exit: { exitCode: 0, signal: null }, killed: false, ms: 5 };
      },
    };
  }
}

/** Everything that the supervisor needs, under the test's control; `log` tells what it did, in order. */
export class FakePorts {
  readonly clock = new VirtualClock();
  readonly events: CroupierEvent[] = [];
  readonly log: string[] = [];
  readonly processes = new Map<number, FakeProcess>();
  readonly builds = new Map<number, Deferred<BuildOutcome>>();
  readonly drains = new Map<string, Deferred<{ complete: boolean; cut: number; ms: number }>>();
  readonly functions = new Map<number, FunctionDescriptor[]>();
  readonly refusesToStart = new Set<number>();
  counters = { held: 0, drained: 0, replayed: 0, lost: 0 };
  inFlight = 0;

  process(generation: number): FakeProcess {
    const found = this.processes.get(generation);
    if (found === undefined)
      throw new Error(`generation ${generation} was not started; ${this.log.join(', ')}`);
    return found;
  }

  drained(generation: number, what: 'calls' | 'jobs', cut = 0): void {
    this.drains.get(`${what} ${generation}`)?.resolve({ complete: cut === 0, cut, ms: 1 });
  }

  types(): readonly EventType[] {
    return this.events.map((event) => event.type);
  }

  last<T extends EventType>(type: T): Extract<CroupierEvent, { type: T }> {
    const found = this.events.findLast(
      (event): event is Extract<CroupierEvent, { type: T }> => event.type === type,
    );
    if (found === undefined) throw new Error(`no ${type} among ${this.types().join(', ')}`);
    return found;
  }

  ports(): SupervisorPorts {
    return {
      clock: this.clock,
      random: () => 0.5,
      gate: this.#gate(),
      publish: (event) => this.events.push(event),
      pruneArtifacts: (keep) => this.log.push(`keep ${keep.join(' ')}`),
      launch: async (generation) => {
        this.log.push(`launch ${generation}`);
        if (this.refusesToStart.has(generation)) {
          return err({ reason: 'spawn-failed', command: 'game', message: 'no such program' });
        }
        const process = new FakeProcess(1000 + generation);
        this.processes.set(generation, process);
        return ok(process.launched());
      },
      build: (generation) => {
        this.log.push(`build ${generation}`);
        const result = new Deferred<BuildOutcome>();
        this.builds.set(generation, result);
        return { result: result.promise, cancel: () => result.resolve({ outcome: 'cancelled', ms: 1 }) };
      },
    };
  }

  #gate(): GatePort {
    return {
      route: (generation) => this.log.push(`route ${generation}`),
      hold: (what) => this.log.push(`hold ${what}`),
      fail: () => this.log.push('fail'),
      drain: (generation, what) => {
        this.log.push(`drain ${what} ${generation}`);
        const outcome = new Deferred<{ complete: boolean; cut: number; ms: number }>();
        this.drains.set(`${what} ${generation}`, outcome);
        return outcome.promise;
      },
      inFlight: () => ({ calls: this.inFlight, jobs: 0 }),
      retire: (generation) => this.log.push(`retire ${generation}`),
      gone: async (generation) => {
        this.log.push(`gone ${generation}`);
      },
      functions: (generation) => this.functions.get(generation) ?? [],
      counters: () => ({ ...this.counters }),
    };
  }
}
