import {
  type CallOptions,
  credentials,
  status as grpcStatus,
  Metadata,
  type ServiceError,
} from '@grpc/grpc-js';
import { afterEach } from 'vitest';
import { DEFAULT_HOLD } from '../../../src/config/types.js';
import { type Clock, systemClock } from '../../../src/core/clock.js';
import { type Gateway, openGateway } from '../../../src/gateway/gateway.js';
import type {
  Attribute,
  ElsewherePort,
  ExternalService,
  GateOptions,
  RegisteredFunction,
  ServiceGate,
} from '../../../src/gateway/types.js';
import {
  LocalControlServiceClient,
  type LocalFunction,
  type LocalFunctionDescriptor,
} from '../../../src/protocol/gen/croupier/agent/local/v1/local.js';
import type { DescribeResponse } from '../../../src/protocol/gen/croupier/dev/v1/session.js';
import type { InvokeRequest, JobEvent } from '../../../src/protocol/gen/croupier/function/v1/function.js';
import { InvokerServiceClient } from '../../../src/protocol/gen/croupier/sdk/v1/sdk.js';
import type { TlsMaterial } from '../../../src/protocol/tls.js';

export { grpcStatus };

const cleanups: (() => unknown)[] = [];

/** Runs after the test, last registered first. */
export function cleanUp(cleanup: () => unknown): void {
  cleanups.push(cleanup);
}

afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

/** Polls until the condition holds; fails after 10 s with what was waited for. */
export async function until(what: string, condition: () => boolean): Promise<void> {
  const deadline = Date.now() + 10_000;
  while (!condition()) {
    if (Date.now() > deadline) throw new Error(`still not so after 10 s: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 2));
  }
}

export interface Notice {
  readonly level: string;
  readonly message: string;
}

/** What a gateway of the tests says of itself. */
export const DESCRIBED: DescribeResponse = {
  sessionId: 'this session',
  version: '1.2.3',
  pid: 4711,
  services: ['game', 'shop'],
  leaving: ['game-1'],
  takenOut: [],
};

export interface TestGateway {
  readonly gateway: Gateway;
  readonly notices: Notice[];
  readonly externalChanges: { readonly change: string; readonly service: ExternalService }[];
}

export async function startGateway(
  options: {
    readonly clock?: Clock;
    readonly attribute?: Attribute;
    readonly port?: number;
    readonly elsewhere?: ElsewherePort;
    readonly tls?: TlsMaterial;
    readonly childTls?: TlsMaterial;
  } = {},
): Promise<TestGateway> {
  const notices: Notice[] = [];
  const externalChanges: TestGateway['externalChanges'] = [];
  const opened = await openGateway({
    host: '127.0.0.1',
    port: options.port ?? 0,
    portIsFixed: false,
    clock: options.clock ?? systemClock,
    attribute: options.attribute ?? (async () => null),
    tls: options.tls ?? null,
    childTls: options.childTls ?? null,
    describe: () => DESCRIBED,
    elsewhere: options.elsewhere ?? null,
    onNotice: (level, message) => notices.push({ level, message }),
    onExternal: (change, service) => externalChanges.push({ change, service }),
  });
  if (!opened.ok) throw new Error(JSON.stringify(opened.error));
  cleanUp(() => opened.value.close());
  return { gateway: opened.value, notices, externalChanges };
}

export interface TestService {
  readonly gate: ServiceGate;
  /** What onRegistered told, in order. */
  readonly registered: { readonly generation: number; readonly functions: readonly RegisteredFunction[] }[];
}

export function openService(gateway: Gateway, options: Partial<GateOptions> = {}): TestService {
  const registered: TestService['registered'] = [];
  const gate = gateway.openService(
    {
      name: options.name ?? 'game',
      hold: options.hold ?? DEFAULT_HOLD,
      replay: options.replay ?? [],
      ...(options.instance === undefined ? {} : { instance: options.instance }),
    },
    { onRegistered: (generation, functions) => registered.push({ generation, functions }) },
  );
  return { gate, registered };
}

export interface Registering {
  readonly serviceId?: string;
  readonly version?: string;
  /** Ids, or everything that there is to say of one. */
  readonly functions?: readonly (string | LocalFunctionDescriptor)[];
}

/** A descriptor of which only the given fields are filled in. */
export function describeFunction(
  given: string | (Partial<LocalFunctionDescriptor> & { readonly id: string }),
): LocalFunctionDescriptor {
  return {
    version: '1.0.0',
    tags: [],
    summary: '',
    description: '',
    operationId: '',
    deprecated: false,
    inputSchema: '',
    outputSchema: '',
    category: '',
    risk: '',
    entity: '',
    operation: '',
    ...(typeof given === 'string' ? { id: given } : given),
  };
}

/** Registers as an SDK does; the session id of the answer. */
export async function register(
  agentAddress: string,
  rpcAddr: string,
  options: Registering = {},
): Promise<string> {
  const client = new LocalControlServiceClient(agentAddress, credentials.createInsecure());
  try {
    return await new Promise((resolve, reject) => {
      client.registerLocal(
        {
          serviceId: options.serviceId ?? 'game',
          version: options.version ?? '1.0.0',
          rpcAddr,
          functions: (options.functions ?? ['player.ban']).map((one) => describeFunction(one)),
        },
        (error, response) => (error === null ? resolve(response.sessionId) : reject(error)),
      );
    });
  } finally {
    client.close();
  }
}

export async function heartbeat(agentAddress: string, serviceId: string, sessionId: string): Promise<void> {
  const client = new LocalControlServiceClient(agentAddress, credentials.createInsecure());
  try {
    await new Promise<void>((resolve, reject) => {
      client.heartbeat({ serviceId, sessionId }, (error) => (error === null ? resolve() : reject(error)));
    });
  } finally {
    client.close();
  }
}

export async function listLocal(agentAddress: string): Promise<readonly LocalFunction[]> {
  const client = new LocalControlServiceClient(agentAddress, credentials.createInsecure());
  try {
    return await new Promise((resolve, reject) => {
      client.listLocal({}, (error, response) =>
        error === null ? resolve(response.functions) : reject(error),
      );
    });
  } finally {
    client.close();
  }
}

/** How a call ended, for the caller. */
export interface Ended {
  readonly code: number;
  readonly message: string;
  readonly payload: string;
  /** Trailers of a failure, of a success as well. */
  readonly trailers: Metadata;
  readonly headers: Metadata;
}

export interface Calling {
  readonly result: Promise<Ended>;
  isOver(): boolean;
  cancel(): void;
}

export interface InvokeOptions {
  readonly payload?: string | Buffer;
  readonly idempotencyKey?: string;
  readonly metadata?: Metadata;
  readonly deadlineMs?: number;
}

export function invokeRequest(functionId: string, options: InvokeOptions = {}): InvokeRequest {
  return {
    functionId,
    idempotencyKey: options.idempotencyKey ?? '',
    payload: Buffer.from(options.payload ?? '{}'),
    metadata: {},
  };
}

/** One caller with one connection. */
export class Caller {
  readonly client: InvokerServiceClient;

  constructor(address: string) {
    this.client = new InvokerServiceClient(address, credentials.createInsecure(), {
      'grpc.max_receive_message_length': -1,
      'grpc.max_send_message_length': -1,
      // A connection of its own, as a caller in another process has.
      'grpc.use_local_subchannel_pool': 1,
    });
    cleanUp(() => this.client.close());
  }

  invoke(functionId: string, options: InvokeOptions = {}): Calling {
    return this.#call('invoke', functionId, options);
  }

  startJob(functionId: string, options: InvokeOptions = {}): Calling {
    return this.#call('startJob', functionId, options);
  }

  cancelJob(jobId: string): Promise<Ended> {
    return new Promise((resolve) => {
      this.client.cancelJob({ jobId }, (error, response) => {
        resolve(ended(error, response?.jobId ?? '', new Metadata(), new Metadata()));
      });
    });
  }

  streamJob(jobId: string): Reading {
    return new Reading(this.client, jobId);
  }

  #call(method: 'invoke' | 'startJob', functionId: string, options: InvokeOptions): Calling {
    let over = false;
    let headers = new Metadata();
    let trailers = new Metadata();
    let cancel = (): void => undefined;
    const callOptions: CallOptions =
      options.deadlineMs === undefined ? {} : { deadline: Date.now() + options.deadlineMs };
    const request = invokeRequest(functionId, options);
    const metadata = options.metadata ?? new Metadata();
    const result = new Promise<Ended>((resolve) => {
      let answer: { readonly error: ServiceError | null; readonly payload: string } | null = null;
      let hasStatus = false;
      // The callback comes before the status event that carries the trailers.
      const finish = (): void => {
        if (answer === null || !hasStatus) return;
        over = true;
        resolve(ended(answer.error, answer.payload, headers, trailers));
      };
      const call =
        method === 'invoke'
          ? this.client.invoke(request, metadata, callOptions, (error, response) => {
              answer = { error, payload: response?.payload.toString() ?? '' };
              finish();
            })
          : this.client.startJob(request, metadata, callOptions, (error, response) => {
              answer = { error, payload: response?.jobId ?? '' };
              finish();
            });
      call.on('metadata', (value) => {
        headers = value;
      });
      call.on('status', (value) => {
        trailers = value.metadata;
        hasStatus = true;
        finish();
      });
      cancel = () => call.cancel();
    });
    return { result, isOver: () => over, cancel };
  }
}

function ended(error: ServiceError | null, payload: string, headers: Metadata, trailers: Metadata): Ended {
  return error === null
    ? { code: grpcStatus.OK, message: '', payload, headers, trailers }
    : { code: error.code, message: error.details, payload: '', headers, trailers: error.metadata };
}

/** One reader of a job's events. */
export class Reading {
  readonly events: JobEvent[] = [];
  readonly ended: Promise<{ readonly code: number; readonly message: string; readonly trailers: Metadata }>;
  readonly #stream: ReturnType<InvokerServiceClient['streamJob']>;

  constructor(client: InvokerServiceClient, jobId: string) {
    const stream = client.streamJob({ jobId });
    this.#stream = stream;
    this.ended = new Promise((resolve) => {
      stream.on('data', (event: JobEvent) => this.events.push(event));
      stream.on('error', () => undefined);
      stream.on('status', ({ code, details, metadata }) =>
        resolve({ code, message: details, trailers: metadata }),
      );
    });
  }

  get types(): readonly string[] {
    return this.events.map((event) => event.type);
  }

  pause(): void {
    this.#stream.pause();
  }

  resume(): void {
    this.#stream.resume();
  }

  cancel(): void {
    this.#stream.cancel();
  }
}

/** The value of `croupier-reason`, or null. */
export function reasonOf(call: { readonly trailers: Metadata }): string | null {
  return call.trailers.get('croupier-reason')[0]?.toString() ?? null;
}

export function generationOf(call: { readonly trailers: Metadata }): string | null {
  return call.trailers.get('croupier-generation')[0]?.toString() ?? null;
}

/** Opens a generation and registers an address for it, as its SDK does; resolves when its address answered. */
export async function startGeneration(
  service: TestService,
  generation: number,
  rpcAddr: string,
  options: Registering = {},
): Promise<string> {
  const { agentAddress } = await service.gate.openGeneration(generation);
  await register(agentAddress, rpcAddr, options);
  await until(`generation ${generation} is registered`, () =>
    service.registered.some((one) => one.generation === generation),
  );
  return agentAddress;
}
