import type {
  handleServerStreamingCall,
  handleUnaryCall,
  ServerUnaryCall,
  ServerWritableStream,
} from '@grpc/grpc-js';
import { type Answer, Refusal } from './refusal.js';

/** The one who calls. */
export interface Caller {
  /** Aborted when it cancelled, its deadline passed, or its connection is gone. */
  readonly signal: AbortSignal;
  /** When its deadline passes, epoch ms; Infinity: it set none. */
  readonly deadlineAt: number;
}

/** A unary method as a function from request to answer. */
export function unary<Request, Response>(
  handle: (request: Request, caller: Caller) => Promise<Answer<Response>>,
): handleUnaryCall<Request, Response> {
  return (call, respond) => {
    void handle(call.request, callerOf(call)).then((answer) => {
      if (answer instanceof Refusal) respond({ code: answer.code, details: answer.message });
      else respond(null, answer);
    });
  };
}

/** A server stream: what is sent while the handler runs, then the status that it returns (null: OK). */
export function serverStream<Request, Message>(
  handle: (request: Request, caller: Caller, send: (message: Message) => void) => Promise<Refusal | null>,
): handleServerStreamingCall<Request, Message> {
  return (call) => {
    const send = (message: Message) => void call.write(message);
    void handle(call.request, callerOf(call), send).then((refusal) => {
      if (refusal === null) call.end();
      else call.emit('error', { code: refusal.code, details: refusal.message });
    });
  };
}

function callerOf<Request, Message>(
  call: ServerUnaryCall<Request, Message> | ServerWritableStream<Request, Message>,
): Caller {
  const gone = new AbortController();
  call.once('cancelled', () => gone.abort());
  return { signal: gone.signal, deadlineAt: Number(call.getDeadline()) };
}
