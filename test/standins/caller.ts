import { Client, credentials, type ServiceError, status } from '@grpc/grpc-js';
import { FunctionServiceService, InvokeRequest, InvokeResponse } from './gen/function.js';
import type { DialTls } from './tls-files.js';

/** All times are epoch ms, to be compared with those of stand-ins. */
export interface CallAnswer {
  readonly id: string;
  readonly sentAt: number;
  readonly answeredAt: number;
  /** As it came: JSON text in most cases. */
  readonly payload: string;
}

export interface CallLoss {
  readonly id: string;
  readonly sentAt: number;
  readonly lostAt: number;
  /** `EMPTY`, or the name of the gRPC status and its message. */
  readonly why: string;
}

export interface SteadyCallerOptions {
  /** Of an agent, a server or an edge, `host:port`. */
  readonly address: string;
  readonly perSecond: number;
  readonly functionId?: string;
  /** The payload of the `nth` call (from 1), made into JSON. */
  readonly payload?: (id: string, nth: number) => unknown;
  /** The callers' deadline, ms. */
  readonly limitMs?: number;
  /** Where the other side serves TLS. */
  readonly tls?: DialTls;
}

/** Longer than any agent, server or edge waits, with all that they try again. */
const LIMIT_MS = 20_000;

/**
 * Steady calls to a FunctionService, and a record of each. A call is lost that failed, or that was answered EMPTY: so agents
 * answer when nobody has the function.
 */
export class SteadyCaller {
  readonly answers: CallAnswer[] = [];
  readonly losses: CallLoss[] = [];
  readonly #options: SteadyCallerOptions;
  readonly #client: Client;
  readonly #underWay = new Set<Promise<void>>();
  #timer: NodeJS.Timeout | null = null;
  #startedAt = 0;
  #sent = 0;

  constructor(options: SteadyCallerOptions) {
    this.#options = options;
    this.#client = openClient(options.address, options.tls);
  }

  get sent(): number {
    return this.#sent;
  }

  start(): void {
    this.#startedAt = performance.now();
    // What a slow turn of the event loop missed is sent with the next: the rate holds on a busy machine.
    this.#timer = setInterval(() => {
      const due = ((performance.now() - this.#startedAt) / 1000) * this.#options.perSecond;
      while (this.#sent < due) this.send();
    }, 5);
  }

  /** One call more. */
  send(): void {
    this.#sent += 1;
    const call = this.#call(`call-${process.pid}-${this.#sent}`, this.#sent);
    this.#underWay.add(call);
    void call.then(() => this.#underWay.delete(call));
  }

  /** Sends no more, and waits for the calls under way. */
  async stop(): Promise<void> {
    if (this.#timer !== null) clearInterval(this.#timer);
    await Promise.all(this.#underWay);
    this.#client.close();
  }

  async #call(id: string, nth: number): Promise<void> {
    const { functionId = 'echo', payload = () => ({ id }), limitMs = LIMIT_MS } = this.#options;
    const sentAt = Date.now();
    const request = {
      functionId,
      idempotencyKey: id,
      payload: Buffer.from(JSON.stringify(payload(id, nth))),
      metadata: {},
    };
    const answer = await invoke(this.#client, request, limitMs);
    if (answer instanceof Error) {
      const why = `${status[answer.code]}: ${answer.details}`;
      this.losses.push({ id, sentAt, lostAt: Date.now(), why });
    } else if (answer.payload.length === 0) {
      this.losses.push({ id, sentAt, lostAt: Date.now(), why: 'EMPTY' });
    } else {
      this.answers.push({ id, sentAt, answeredAt: Date.now(), payload: answer.payload.toString() });
    }
  }
}

function openClient(address: string, tls: DialTls | undefined): Client {
  const channelCredentials =
    tls === undefined
      ? credentials.createInsecure()
      : credentials.createSsl(tls.ca ?? null, tls.key ?? null, tls.cert ?? null);
  return new Client(address, channelCredentials, {
    ...(tls?.servername === undefined ? {} : { 'grpc.ssl_target_name_override': tls.servername }),
    'grpc.use_local_subchannel_pool': 1,
    'grpc.enable_http_proxy': 0,
    'grpc.enable_retries': 0,
    // By default it stays away for a second and more from a port that refused it: what is lost then is not the other side's.
    'grpc.initial_reconnect_backoff_ms': 20,
    'grpc.max_reconnect_backoff_ms': 50,
  });
}

function invoke(
  client: Client,
  request: InvokeRequest,
  limitMs: number,
): Promise<InvokeResponse | ServiceError> {
  return new Promise((resolve) => {
    const { path } = FunctionServiceService.invoke;
    const options = { deadline: Date.now() + limitMs };
    const encode = (value: InvokeRequest) => Buffer.from(InvokeRequest.encode(value).finish());
    client.makeUnaryRequest(path, encode, InvokeResponse.decode, request, options, (error, response) =>
      resolve(error ?? response ?? { payload: Buffer.alloc(0) }),
    );
  });
}
