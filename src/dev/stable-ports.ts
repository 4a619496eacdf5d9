import type { ServiceConfig } from '../config/types.js';
import type { Clock } from '../core/clock.js';
import { err, ok, type Result } from '../core/result.js';
import type { UserError } from '../core/user-error.js';
import { whoListens } from '../process/ports.js';
import { openProxy } from '../proxy/proxy.js';
import { type ListenFailure, type StablePort, WAIT_LIMITS } from '../proxy/types.js';

/** The stable ports of a session's services. */
export class StablePorts {
  readonly #clock: Clock;
  readonly #onNotice: (level: 'info', message: string) => void;
  readonly #byService = new Map<string, readonly StablePort[]>();

  private constructor(clock: Clock, onNotice: (level: 'info', message: string) => void) {
    this.#clock = clock;
    this.#onNotice = onNotice;
  }

  /** Opens them all, or none: a port that was asked for and cannot be had is an error. */
  static async open(
    services: readonly ServiceConfig[],
    clock: Clock,
    onNotice: (level: 'info', message: string) => void,
  ): Promise<Result<StablePorts, UserError>> {
    const ports = new StablePorts(clock, onNotice);
    for (const service of services) {
      const added = await ports.add(service);
      if (added.ok) continue;
      await ports.close();
      return added;
    }
    return ok(ports);
  }

  /** Opens those of one more service, all or none. Those that are open stay. */
  async add({ name, proxy, hold }: ServiceConfig): Promise<Result<void, UserError>> {
    if (this.#byService.has(name)) return ok(undefined);
    const opened: StablePort[] = [];
    const limits = { ...WAIT_LIMITS, waitMs: hold.timeout, connections: hold.calls };
    for (const { host, port } of proxy) {
      const one = await openProxy({ name, host, port, clock: this.#clock, limits });
      if (!one.ok) {
        await Promise.all(opened.map((before) => before.close()));
        return err(await explain(one.error, name, `${host}:${port}`));
      }
      opened.push(one.value);
    }
    this.#byService.set(name, opened);
    for (const { host, port } of opened)
      this.#onNotice('info', `${host}:${port} leads to the PORT of ${name}`);
    return ok(undefined);
  }

  /** Closes those of a service that is gone. */
  async remove(service: string): Promise<void> {
    const ports = this.of(service);
    this.#byService.delete(service);
    await Promise.all(ports.map((port) => port.close()));
  }

  of(service: string): readonly StablePort[] {
    return this.#byService.get(service) ?? [];
  }

  async close(): Promise<void> {
    await Promise.all([...this.#byService.values()].flat().map((port) => port.close()));
  }
}

async function explain(failure: ListenFailure, name: string, address: string): Promise<UserError> {
  const wayOut = `Take another for ${name}: "proxy": [{ "listen": N }] (0: any free one).`;
  if (failure.reason === 'cannot-listen') {
    return {
      exitCode: 3,
      message: `the proxy of ${name} cannot listen on ${address}: ${failure.message}`,
      wayOut,
    };
  }
  const holder = await whoListens(failure.port);
  const by = holder === null ? '' : ` by ${holder}`;
  return { exitCode: 3, message: `the proxy's port ${failure.port} of ${name} is taken${by}`, wayOut };
}
