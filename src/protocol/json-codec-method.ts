import { statusAnswer } from './child-call.js';
import { isJson, jsonToProtobuf, protobufToJson } from './json-codec.js';
import type { MessageShape } from './json-codec-shapes.js';
import type { RawAnswer, RawCall, RawMethod, RawStreamCall, RawUnaryCall } from './raw-server.js';
import { STATUS_CODES } from './status-codes.js';
import type { WireMetadata } from './wire-metadata.js';

/** What a method's messages are; of a stream, what each of its messages is. */
export interface MethodMessages {
  readonly request: MessageShape;
  readonly response: MessageShape;
}

const JSON_CONTENT: WireMetadata = { 'content-type': ['application/grpc+json'] };

/**
 * The same method for callers with the content type `application/grpc+json` as well: they are answered in kind, while the method itself
 * sees protobuf only.
 */
export function acceptJson(method: RawMethod, messages: MethodMessages): RawMethod {
  switch (method.kind) {
    case 'unary': {
      const handle = (call: RawUnaryCall): void => {
        if (isJson(call.request)) handleUnary(call, messages, method.handle);
        else method.handle(call);
      };
      return { ...method, handle };
    }
    case 'stream': {
      const handle = (call: RawStreamCall): void => {
        if (isJson(call.request)) handleStream(call, messages, method.handle);
        else method.handle(call);
      };
      return { ...method, handle };
    }
  }
}

function handleUnary(
  call: RawUnaryCall,
  { request, response }: MethodMessages,
  handle: (call: RawUnaryCall) => void,
): void {
  const answer = (given: RawAnswer): void => call.answer(marked(translateBody(given, response)));
  const message = jsonToProtobuf(request, call.request);
  if (message.ok) handle({ ...incoming(call, message.value), answer });
  else answer(statusAnswer({ code: STATUS_CODES.INVALID_ARGUMENT, message: message.error }));
}

function translateBody(answer: RawAnswer, response: MessageShape): RawAnswer {
  if (answer.body === null) return answer;
  const body = protobufToJson(response, answer.body);
  if (body.ok) return { ...answer, body: body.value };
  return { ...answer, status: unreadable(body.error), body: null };
}

/** The content type goes with the leading metadata, or, where there is none, with the only block of metadata that is sent. */
function marked(answer: RawAnswer): RawAnswer {
  return answer.headers === null && answer.body === null
    ? { ...answer, trailers: { ...answer.trailers, ...JSON_CONTENT } }
    : { ...answer, headers: { ...answer.headers, ...JSON_CONTENT } };
}

function handleStream(
  call: RawStreamCall,
  { request, response }: MethodMessages,
  handle: (call: RawStreamCall) => void,
): void {
  let hasHeaders = false;
  const sendHeaders = (headers: WireMetadata): void => {
    if (!hasHeaders) call.sendHeaders({ ...headers, ...JSON_CONTENT });
    hasHeaders = true;
  };
  const end: RawStreamCall['end'] = (status, trailers) =>
    call.end(status, hasHeaders ? trailers : { ...trailers, ...JSON_CONTENT });
  const write = (event: Buffer): boolean => {
    const body = protobufToJson(response, event);
    if (!body.ok) {
      end(unreadable(body.error), {});
      return true;
    }
    sendHeaders({});
    return call.write(body.value);
  };
  const message = jsonToProtobuf(request, call.request);
  if (!message.ok) {
    end({ code: STATUS_CODES.INVALID_ARGUMENT, message: message.error }, {});
    return;
  }
  const onDrain = (listener: () => void): void => call.onDrain(listener);
  handle({ ...incoming(call, message.value), sendHeaders, write, onDrain, end });
}

function incoming(call: RawCall, request: Buffer): RawCall {
  const { metadata, peer, remainingMs } = call;
  return { request, metadata, peer, remainingMs, onCancel: (listener) => call.onCancel(listener) };
}

function unreadable(problem: string): RawAnswer['status'] {
  return { code: STATUS_CODES.INTERNAL, message: `the answer cannot be given as JSON: ${problem}` };
}
