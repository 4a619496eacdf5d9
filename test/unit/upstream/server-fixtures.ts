import type { UpstreamLinkConfig } from '../../../src/config/types.js';
import { systemClock } from '../../../src/core/clock.js';
import type { CroupierEvent } from '../../../src/core/events.js';
import { ok, type Result } from '../../../src/core/result.js';
import type { ServerLinkOptions } from '../../../src/upstream/server-link.js';
import type {
  CallFailure,
  CallRequest,
  CallsPort,
  JobEventView,
  OfferedFunction,
  OfferedService,
} from '../../../src/upstream/types.js';

/** Long enough for a slow, busy machine; a test that passes never waits so long. */
const PATIENCE_MS = 20_000;

export async function until(what: string, condition: () => boolean): Promise<void> {
  const deadline = Date.now() + PATIENCE_MS;
  while (!condition()) {
    if (Date.now() > deadline) throw new Error(`waited in vain until ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}

/** Something that a test lets pass when it is time. */
export function barrier(): { readonly opened: Promise<void>; open(): void } {
  let open = (): void => undefined;
  const opened = new Promise<void>((resolve) => {
    open = resolve;
  });
  return { opened, open: () => open() };
}

export function offeredFunction(id: string, more: Partial<OfferedFunction> = {}): OfferedFunction {
  return {
    id,
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
    ...more,
  };
}

export function offeredService(
  name: string,
  functions: readonly OfferedFunction[],
  more: Partial<OfferedService> = {},
): OfferedService {
  return {
    name,
    serviceId: `${name}-1a2b`,
    version: '1.0.0',
    gameId: null,
    env: null,
    functions,
    claims: [],
    ...more,
  };
}

/** What an upstream published, without the fields that differ from run to run. */
export class EventLog {
  readonly all: CroupierEvent[] = [];

  readonly publish = (event: CroupierEvent): void => {
    this.all.push(event);
  };

  of<Type extends CroupierEvent['type']>(type: Type): readonly Extract<CroupierEvent, { type: Type }>[] {
    return this.all.filter((event): event is Extract<CroupierEvent, { type: Type }> => event.type === type);
  }

  /** The types of the upstream's events in order. */
  get story(): readonly string[] {
    return this.all.map((event) => event.type);
  }
}

/** The functions of a session, answered by the test. */
export class FakeCalls implements CallsPort {
  readonly requests: CallRequest[] = [];
  readonly signals: AbortSignal[] = [];
  readonly started: CallRequest[] = [];
  readonly cancelled: string[] = [];
  /** By job id: what a test calls to have an event read. */
  readonly readers = new Map<string, (event: JobEventView) => void>();
  answer: (request: CallRequest) => Promise<Result<Buffer, CallFailure>> = (request) =>
    Promise.resolve(ok(request.payload));
  start: (request: CallRequest) => Promise<Result<string, CallFailure>> = () =>
    Promise.resolve(ok(`job-${this.started.length}`));
  result: ReturnType<CallsPort['jobResult']> = null;

  invoke(request: CallRequest, signal: AbortSignal): Promise<Result<Buffer, CallFailure>> {
    this.requests.push(request);
    this.signals.push(signal);
    return this.answer(request);
  }

  startJob(request: CallRequest): Promise<Result<string, CallFailure>> {
    this.started.push(request);
    return this.start(request);
  }

  readJob(jobId: string, onEvent: (event: JobEventView) => void): boolean {
    if (jobId.startsWith('gone')) return false;
    this.readers.set(jobId, onEvent);
    return true;
  }

  cancelJob(jobId: string): boolean {
    this.cancelled.push(jobId);
    return true;
  }

  jobResult(jobId: string): ReturnType<CallsPort['jobResult']> {
    return jobId === 'job-1' ? this.result : null;
  }

  serviceIds(functionId: string): readonly string[] {
    return functionId === 'player.ban' ? ['game-1a2b'] : [];
  }
}

export function jobEvent(type: string, message = '', progress = 0): JobEventView {
  return { type, message, progress, payload: Buffer.alloc(0) };
}

/** Options for a link to `port` on this machine. Attempts follow each other after 30 ms. */
export function linkOptions(
  kind: UpstreamLinkConfig['kind'],
  port: number,
  log: EventLog,
  more: Partial<ServerLinkOptions> = {},
): ServerLinkOptions {
  return {
    config: {
      kind,
      url: `${kind}://127.0.0.1:${port}`,
      host: '127.0.0.1',
      port,
      agentId: null,
      tls: null,
      reconnect: { delay: 30, max: 60 },
    },
    clock: systemClock,
    random: () => 0.5,
    gatewayAddress: '127.0.0.1:29090',
    publish: log.publish,
    agentId: 'agent-1',
    calls: new FakeCalls(),
    programVersion: '9.8.7',
    readTls: async () => ok(null),
    ...more,
  };
}
