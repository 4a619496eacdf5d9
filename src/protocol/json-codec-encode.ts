import { type BinaryWriter, WireType } from '@bufbuild/protobuf/wire';
import type { FieldShape, FieldType, MessageShape } from './json-codec-shapes.js';

/** How much of a key or a text of the sender's is shown in a message. */
const SHOWN_LENGTH = 40;

/**
 * Writes a value that was JSON as a protobuf message. Null, or a sentence about what is wrong; `path` says where in the message we are and
 * is empty at its root.
 */
export function writeMessage(
  writer: BinaryWriter,
  shape: MessageShape,
  value: unknown,
  path: string,
): string | null {
  if (!isRecord(value)) return mismatch(path, 'an object', value);
  for (const field of shape.fields) {
    const given = value[field.name] ?? value[toCamelCase(field.name)];
    if (given === undefined || given === null) continue;
    const problem = writeField(writer, field, given, path === '' ? field.name : `${path}.${field.name}`);
    if (problem !== null) return problem;
  }
  return null;
}

function writeField(writer: BinaryWriter, field: FieldShape, value: unknown, path: string): string | null {
  if (field.type === 'string-map') return writeMap(writer, field.number, value, path);
  if (!field.isRepeated) return writeValue(writer, field.number, field.type, value, path);
  if (!Array.isArray(value)) return mismatch(path, 'an array', value);
  for (const [index, item] of value.entries()) {
    const problem = writeValue(writer, field.number, field.type, item, `${path}[${index}]`);
    if (problem !== null) return problem;
  }
  return null;
}

function writeMap(writer: BinaryWriter, number: number, value: unknown, path: string): string | null {
  if (!isRecord(value)) return mismatch(path, 'an object', value);
  for (const [key, item] of Object.entries(value)) {
    if (typeof item !== 'string') {
      return mismatch(`${path}.${key.slice(0, SHOWN_LENGTH)}`, 'a string', item);
    }
    writer.tag(number, WireType.LengthDelimited).fork();
    writer.tag(1, WireType.LengthDelimited).string(key);
    writer.tag(2, WireType.LengthDelimited).string(item);
    writer.join();
  }
  return null;
}

function writeValue(
  writer: BinaryWriter,
  number: number,
  type: Exclude<FieldType, 'string-map'>,
  value: unknown,
  path: string,
): string | null {
  switch (type) {
    case 'string':
      if (typeof value !== 'string') return mismatch(path, 'a string', value);
      writer.tag(number, WireType.LengthDelimited).string(value);
      return null;
    case 'bytes': {
      const bytes = typeof value === 'string' ? decodeBase64(value) : null;
      if (bytes === null) return mismatch(path, 'base64 text', value);
      writer.tag(number, WireType.LengthDelimited).bytes(bytes);
      return null;
    }
    case 'bool':
      if (typeof value !== 'boolean') return mismatch(path, 'true or false', value);
      writer.tag(number, WireType.Varint).bool(value);
      return null;
    case 'int32':
    case 'int64': {
      const integer = readInteger(value, type === 'int32' ? 32 : 64);
      if (integer === null) return mismatch(path, `an integer of ${type.slice(3)} bits`, value);
      writer.tag(number, WireType.Varint).int64(integer);
      return null;
    }
    default: {
      writer.tag(number, WireType.LengthDelimited).fork();
      const problem = writeMessage(writer, type, value, path);
      writer.join();
      return problem;
    }
  }
}

/** Node reads any text as base64 and leaves out what it does not understand, so it is checked before. */
function decodeBase64(text: string): Buffer | null {
  const [digits = ''] = /^[A-Za-z0-9+/_-]*/.exec(text) ?? [];
  const padding = text.length - digits.length;
  const isPadded =
    padding === 0 || (padding <= 2 && text.length % 4 === 0 && text.endsWith('='.repeat(padding)));
  return isPadded && digits.length % 4 !== 1 ? Buffer.from(text, 'base64') : null;
}

function readInteger(value: unknown, bits: 32 | 64): bigint | null {
  const isWhole = typeof value === 'number' ? Number.isSafeInteger(value) : isIntegerText(value);
  if (!isWhole) return null;
  const integer = BigInt(String(value));
  return BigInt.asIntN(bits, integer) === integer ? integer : null;
}

function isIntegerText(value: unknown): boolean {
  return typeof value === 'string' && /^-?\d{1,19}$/.test(value);
}

function mismatch(path: string, expected: string, value: unknown): string {
  return `${path === '' ? 'the message' : path}: expected ${expected}, got ${describeValue(value)}`;
}

function describeValue(value: unknown): string {
  if (value === null) return 'null';
  if (Array.isArray(value)) return 'an array';
  switch (typeof value) {
    case 'object':
      return 'an object';
    case 'string':
      return JSON.stringify(value.length > SHOWN_LENGTH ? `${value.slice(0, SHOWN_LENGTH)}...` : value);
    case 'number':
    case 'boolean':
      return String(value);
    default:
      return typeof value;
  }
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function toCamelCase(name: string): string {
  return name.replaceAll(/_([a-z])/g, (_match, letter: string) => letter.toUpperCase());
}
