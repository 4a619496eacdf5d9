import type { HttpFunctionConfig, ServiceConfig } from '../config/types.js';
import type { Clock } from '../core/clock.js';
import { assertNever } from '../core/failure.js';
import { checkRoute, type HttpFunction } from '../gateway/http-function.js';
import type { ManifestFunction } from '../gateway/http-manifest.js';
import { MANIFEST_PATH, type ManifestReading, readManifest } from '../gateway/http-manifest-reader.js';
import type { RegisteredFunction, ServiceGate } from '../gateway/types.js';
import type { DialTarget } from '../protocol/address.js';
import type { HttpInputSchemas } from './http-input-schemas.js';
import { listensElsewhere, waitForPort } from './own-port.js';
import { pause } from './pause.js';
import { FUNCTIONS_SETTLE_MS } from './readiness.js';
import type { RegistrationLog } from './registration-log.js';

/** Configured functions do not wait longer than this, in ms, for a process that takes its time over its manifest. */
const MANIFEST_FIRST_MS = 250;
/** Pause between two questions for a manifest that an earlier generation had, in ms. */
const ASK_AGAIN_MS = 50;

export interface HttpFunctionsOptions {
  /** As it is configured now. */
  service(): ServiceConfig;
  readonly clock: Clock;
  readonly gate: ServiceGate;
  readonly registrations: RegistrationLog;
  readonly schemas: HttpInputSchemas;
  onNotice(level: 'info' | 'warn', message: string): void;
}

/** A process that may serve functions over HTTP. */
export interface HttpProcess {
  readonly generation: number;
  /** Its `PORT`. */
  readonly port: number;
  /** Of its group. */
  readonly pid: number;
  readonly marker: string;
  /** Aborted when it is gone, or about to be ended. */
  readonly signal: AbortSignal;
}

/**
 * The functions that a service's processes serve over plain HTTP: those of the configuration, and those that a process names itself in
 * `GET /croupier/manifest.json`. Each generation is asked once its `PORT` accepts connections.
 */
export class HttpFunctions {
  readonly #options: HttpFunctionsOptions;
  /** An earlier generation had a manifest with functions. */
  #hadManifest = false;
  #toldElsewhere = false;

  constructor(options: HttpFunctionsOptions) {
    this.#options = options;
  }

  /** Calls cannot be served before a generation has been asked. */
  get isExpected(): boolean {
    return this.#configured.length > 0 || this.#hadManifest;
  }

  /** For people: what it takes until the functions of a generation can be called; null: nothing is expected. */
  describeWait(port: number): string | null {
    if (this.#configured.length === 0) {
      return this.#hadManifest ? `its functions from GET ${MANIFEST_PATH} on PORT ${port}` : null;
    }
    const ids = this.#configured.map((one) => one.id).join(', ');
    return `a connection on PORT ${port}, where its functions are called over HTTP (${ids})`;
  }

  /** Registers the functions of a process as soon as it listens on its `PORT`. */
  async serve(process: HttpProcess): Promise<void> {
    const { clock, gate, registrations } = this.#options;
    const { generation, port, signal } = process;
    // A process that registers by itself is not asked, unless the configuration says that it serves functions over HTTP as well.
    const isAsked = () => this.isExpected || !(registrations.everRegistered || gate.speaks(generation));
    const listening = new AbortController();
    if (this.#needsPort) void this.#tellElsewhere(process, AbortSignal.any([signal, listening.signal]));
    const host = await waitForPort(port, clock, signal, () => this.#needsPort || isAsked());
    listening.abort();
    if (host === null || !isAsked()) return;
    const target = { host, port };
    const asked = this.#ask(process, target);
    const isEarly = this.#configured.length > 0 && !(await isAnsweredWithin(MANIFEST_FIRST_MS, asked, clock));
    if (isEarly) await this.#register(process, target, []);
    const manifest = this.#judge(process, await asked);
    if (manifest === null || (isEarly && manifest.length === 0)) return;
    await this.#register(process, target, manifest);
  }

  get #configured(): readonly HttpFunctionConfig[] {
    return this.#options.service().functions;
  }

  get #needsPort(): boolean {
    return this.#configured.length > 0 || this.#options.service().proxy.length > 0;
  }

  /** A manifest that an earlier generation had is asked for until it is there, or the process says for a while that it is not. */
  async #ask({ signal }: HttpProcess, target: DialTarget): Promise<ManifestReading> {
    const { clock } = this.#options;
    const began = clock.now();
    for (;;) {
      const reading = await readManifest(target, clock, signal);
      const isMissed = this.#hadManifest && (reading.kind === 'none' || reading.kind === 'no-answer');
      if (!isMissed || signal.aborted) return reading;
      if (reading.kind === 'none' && clock.now() - began >= FUNCTIONS_SETTLE_MS) return reading;
      await pause(clock, ASK_AGAIN_MS, signal);
    }
  }

  /** The functions of a manifest; null: there is nothing to be done any more. */
  #judge({ generation }: HttpProcess, reading: ManifestReading): readonly ManifestFunction[] | null {
    const { onNotice, registrations } = this.#options;
    const had = this.#hadManifest;
    switch (reading.kind) {
      case 'functions':
        this.#hadManifest = reading.functions.length > 0;
        if (had && !this.#hadManifest) registrations.settle(generation);
        return reading.functions;
      case 'none':
        if (!had) return [];
        onNotice('warn', `generation ${generation} has no manifest any more (GET ${MANIFEST_PATH})`);
        this.#hadManifest = false;
        registrations.settle(generation);
        return [];
      case 'broken':
        onNotice('warn', `${reading.message}; generation ${generation} has no functions from it`);
        return [];
      case 'no-answer':
        return [];
      case 'aborted':
        return null;
      default:
        return assertNever(reading);
    }
  }

  /** The configuration wins over the manifest where both have a function. */
  async #register(
    { generation, signal }: HttpProcess,
    target: DialTarget,
    manifest: readonly ManifestFunction[],
  ): Promise<void> {
    const functions = new Map<string, HttpFunction>();
    for (const one of manifest) functions.set(one.descriptor.id, await this.#fromManifest(one));
    for (const one of this.#configured) {
      const described = functions.get(one.id)?.descriptor ?? null;
      functions.set(one.id, await this.#fromConfig(one, described));
    }
    if (signal.aborted) return;
    if (functions.size === 0) return;
    this.#options.gate.serveHttp(generation, { ...target, functions: [...functions.values()] });
  }

  async #fromManifest({ descriptor, inputSchema, method, path }: ManifestFunction): Promise<HttpFunction> {
    const { schemas, onNotice } = this.#options;
    const input = await schemas.ofManifest(descriptor.id, inputSchema, (message) =>
      onNotice('warn', message),
    );
    // What is no schema is none for those who read it here either.
    return { descriptor: { ...descriptor, inputSchema: input?.text ?? '' }, method, path, input };
  }

  /** `described`: what the manifest says about the same function beside its route. */
  async #fromConfig(
    configured: HttpFunctionConfig,
    described: RegisteredFunction | null,
  ): Promise<HttpFunction> {
    const { schemas, onNotice } = this.#options;
    const { id, version, method, path } = configured;
    const route = checkRoute(method, path);
    if (!route.ok) throw new Error(`the route of ${id} ${route.error}, and passed validation`);
    const input = await schemas.ofConfigured(configured, (message) => onNotice('warn', message));
    const descriptor = { ...(described ?? UNDESCRIBED), id, version, inputSchema: input?.text ?? '' };
    return { ...route.value, descriptor, input };
  }

  async #tellElsewhere({ port, pid, marker }: HttpProcess, signal: AbortSignal): Promise<void> {
    if (this.#toldElsewhere) return;
    const address = await listensElsewhere({ port, pgid: pid, marker }, this.#options.clock, signal);
    if (address === null || this.#toldElsewhere) return;
    this.#toldElsewhere = true;
    const parts = [
      ...(this.#configured.length > 0 ? ['its HTTP functions cannot be called'] : []),
      ...(this.#options.service().proxy.length > 0 ? ['its stable port leads nowhere'] : []),
    ];
    const message = `the process listens on ${address} and not on its PORT ${port}, so ${parts.join(' and ')}: let it listen on the port in the environment variable PORT, or pass {port} in "command"`;
    this.#options.onNotice('warn', message);
  }
}

function isAnsweredWithin(ms: number, answer: Promise<unknown>, clock: Clock): Promise<boolean> {
  const timeUp = new AbortController();
  const answered = answer.then(() => {
    timeUp.abort();
    return true;
  });
  return Promise.race([answered, pause(clock, ms, timeUp.signal).then(() => timeUp.signal.aborted)]);
}

const UNDESCRIBED: Omit<RegisteredFunction, 'id' | 'version' | 'inputSchema'> = {
  tags: [],
  summary: '',
  description: '',
  operationId: '',
  deprecated: false,
  outputSchema: '',
  category: '',
  risk: '',
  entity: '',
  operation: '',
};
