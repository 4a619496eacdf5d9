import { BinaryWriter } from '@bufbuild/protobuf/wire';
import { err, ok, type Result } from '../core/result.js';
import { readMessage } from './json-codec-decode.js';
import { writeMessage } from './json-codec-encode.js';
import type { MessageShape } from './json-codec-shapes.js';

const OPENING_BRACE = 0x7b;

/**
 * Whether a message is JSON. As protobuf, its first byte would begin a group with the number 15, and none of the messages has one; the
 * empty message is `{}` in JSON and no bytes at all in protobuf.
 */
export function isJson(message: Uint8Array): boolean {
  return message[0] === OPENING_BRACE;
}

/**
 * The protobuf form of a JSON message. Names may be snake_case or camelCase, bytes standard or url-safe base64 with or without padding,
 * integers numbers or strings; `null` is a field left out and unknown fields are ignored. The error is a sentence for people.
 */
export function jsonToProtobuf(shape: MessageShape, json: Uint8Array): Result<Buffer, string> {
  let value: unknown;
  try {
    value = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(json));
  } catch (error) {
    return err(`the message is not valid JSON: ${describe(error)}`);
  }
  const writer = new BinaryWriter();
  const problem = writeMessage(writer, shape, value, '');
  return problem === null ? ok(Buffer.from(writer.finish())) : err(problem);
}

/**
 * The JSON form of a protobuf message: snake_case names, standard base64, zero values left out. What the shape does not know is left out,
 * too: it has no name. The error is a sentence for people.
 */
export function protobufToJson(shape: MessageShape, message: Uint8Array): Result<Buffer, string> {
  try {
    return ok(Buffer.from(JSON.stringify(readMessage(message, shape))));
  } catch (error) {
    return err(`the message is not valid protobuf: ${describe(error)}`);
  }
}

function describe(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
