import { status } from '@grpc/grpc-js';
import { exchange } from './exchange.js';
import { pause } from './faults.js';
import type { MessageType, Method } from './methods.js';
import { type Answer, Refusal } from './refusal.js';
import type { Caller } from './serve.js';
import type { DialTls } from './tls-files.js';

export type Codec = 'proto' | 'json';

/** How the addresses that were registered are called: with a new connection for every call. */
export interface DialOptions {
  readonly codec: Codec;
  /** For one unary call, ms. */
  readonly limitMs: number;
  /** UNAVAILABLE and DEADLINE_EXCEEDED are tried three times more, within 5 s in total. */
  readonly retry: boolean;
  readonly tls: DialTls | null;
}

const RETRIES = 3;
const RETRY_LIMIT_MS = 5_000;
const RETRY_PAUSE_MS = 100;

/** One unary call to a registered address, `service` as in `package.Service`. */
export async function callOut<Request, Response>(
  options: DialOptions,
  address: string,
  service: string,
  method: Method<Request, Response>,
  request: Request,
  caller: Caller,
): Promise<Answer<Response>> {
  const startedAt = Date.now();
  for (let retry = 0; ; retry++) {
    const retryLeft = options.retry ? startedAt + RETRY_LIMIT_MS - Date.now() : Number.POSITIVE_INFINITY;
    const left = Math.min(options.limitMs, caller.deadlineAt - Date.now(), retryLeft);
    const answer = await callOnce(options, address, service, method, request, { ...caller, left });
    const isOutOfTime = Date.now() - startedAt + RETRY_PAUSE_MS >= RETRY_LIMIT_MS;
    if (!options.retry || retry === RETRIES || isOutOfTime || !isRetried(answer)) return answer;
    await pause(RETRY_PAUSE_MS, caller.signal);
  }
}

/** One server stream to a registered address; it may take as long as its caller waits. */
export async function streamOut<Request, Response>(
  options: DialOptions,
  address: string,
  service: string,
  method: Method<Request, Response>,
  request: Request,
  caller: Caller,
  onMessage: (message: Response) => void,
): Promise<Refusal | null> {
  let unreadable: Refusal | null = null;
  const ended = await exchange({
    ...envelope(options, address, service, method, request),
    limitMs: Number.isFinite(caller.deadlineAt) ? Math.max(1, caller.deadlineAt - Date.now()) : null,
    signal: caller.signal,
    onMessage: (bytes) => {
      const message = parse(options.codec, method.response, bytes);
      if (message instanceof Refusal) unreadable ??= message;
      else onMessage(message);
    },
  });
  return unreadable ?? ended;
}

async function callOnce<Request, Response>(
  options: DialOptions,
  address: string,
  service: string,
  method: Method<Request, Response>,
  request: Request,
  caller: { readonly signal: AbortSignal; readonly left: number },
): Promise<Answer<Response>> {
  const messages: Buffer[] = [];
  const refusal = await exchange({
    ...envelope(options, address, service, method, request),
    limitMs: Math.max(1, caller.left),
    signal: caller.signal,
    onMessage: (message) => messages.push(message),
  });
  if (refusal !== null) return refusal;
  const [message] = messages;
  if (message === undefined) return new Refusal(status.INTERNAL, 'an answer without a message');
  return parse(options.codec, method.response, message);
}

function envelope<Request, Response>(
  { codec, tls }: DialOptions,
  address: string,
  service: string,
  method: Method<Request, Response>,
  request: Request,
) {
  const isJson = codec === 'json';
  return {
    address,
    tls,
    path: `/${service}/${method.name}`,
    contentType: isJson ? ('application/grpc+json' as const) : ('application/grpc' as const),
    message: isJson
      ? Buffer.from(JSON.stringify(method.request.toJSON(request)))
      : Buffer.from(method.request.encode(request).finish()),
  };
}

function parse<Message>(codec: Codec, type: MessageType<Message>, bytes: Buffer): Answer<Message> {
  try {
    return codec === 'json' ? type.fromJSON(JSON.parse(bytes.toString())) : type.decode(bytes);
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    return new Refusal(status.INTERNAL, `failed to unmarshal the received message: ${why}`);
  }
}

function isRetried(answer: unknown): boolean {
  if (!(answer instanceof Refusal)) return false;
  return answer.code === status.UNAVAILABLE || answer.code === status.DEADLINE_EXCEEDED;
}
