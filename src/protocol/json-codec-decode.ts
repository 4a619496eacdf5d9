import { BinaryReader, WireType } from '@bufbuild/protobuf/wire';
import type { FieldShape, FieldType, MessageShape } from './json-codec-shapes.js';

type JsonValue = string | number | boolean | JsonObject | readonly JsonValue[];
type JsonObject = { readonly [name: string]: JsonValue };

/** A protobuf message as JSON has it; zero values and unknown fields are left out. Throws where the bytes are no protobuf. */
export function readMessage(message: Uint8Array, shape: MessageShape): JsonObject {
  const values = new Map<FieldShape, JsonValue[]>();
  const reader = new BinaryReader(message);
  while (reader.pos < reader.len) {
    const [number, wireType] = reader.tag();
    const field = shape.fields.find((one) => one.number === number);
    if (field === undefined || wireType !== wireTypeOf(field.type)) {
      reader.skip(wireType, number);
      continue;
    }
    const value = readValue(reader, field.type);
    const before = values.get(field);
    if (before === undefined) values.set(field, [value]);
    else before.push(value);
  }
  return Object.fromEntries(
    [...values].flatMap(([field, all]) => {
      const value = combine(field, all);
      return value === null ? [] : [[field.name, value]];
    }),
  );
}

/** What all occurrences of a field come to; null: its zero value. */
function combine(field: FieldShape, values: readonly JsonValue[]): JsonValue | null {
  // Not by Object.assign, to which a key `__proto__` is no key.
  if (field.type === 'string-map') return Object.fromEntries(values.flatMap((one) => Object.entries(one)));
  if (field.isRepeated) return values;
  // The last one counts, as in every protobuf reader.
  const value = values.at(-1);
  return value === undefined || value === '' || value === 0 || value === false ? null : value;
}

function wireTypeOf(type: FieldType): WireType {
  return type === 'bool' || type === 'int32' || type === 'int64' ? WireType.Varint : WireType.LengthDelimited;
}

function readValue(reader: BinaryReader, type: FieldType): JsonValue {
  switch (type) {
    case 'string':
      return reader.string();
    case 'bytes': {
      const { buffer, byteOffset, length } = reader.bytes();
      return Buffer.from(buffer, byteOffset, length).toString('base64');
    }
    case 'bool':
      return reader.bool();
    case 'int32':
      return reader.int32();
    case 'int64': {
      const integer = BigInt(reader.int64());
      const number = Number(integer);
      return Number.isSafeInteger(number) ? number : String(integer);
    }
    case 'string-map': {
      const { key = '', value = '' } = readMessage(reader.bytes(), MAP_ENTRY);
      return Object.fromEntries([[String(key), value]]);
    }
    default:
      return readMessage(reader.bytes(), type);
  }
}

const MAP_ENTRY: MessageShape = {
  fields: [
    { name: 'key', number: 1, type: 'string', isRepeated: false },
    { name: 'value', number: 2, type: 'string', isRepeated: false },
  ],
};
