/** Values of ASN.1 in DER, as far as certificates need them. */
const TAGS = {
  boolean: 0x01,
  integer: 0x02,
  bitString: 0x03,
  octetString: 0x04,
  objectId: 0x06,
  utf8String: 0x0c,
  generalizedTime: 0x18,
  sequence: 0x30,
  set: 0x31,
} as const;

export function tagged(tag: number, ...parts: readonly Buffer[]): Buffer {
  const content = Buffer.concat(parts);
  return Buffer.concat([Buffer.from([tag]), lengthOf(content), content]);
}

export function sequence(...parts: readonly Buffer[]): Buffer {
  return tagged(TAGS.sequence, ...parts);
}

export function set(...parts: readonly Buffer[]): Buffer {
  return tagged(TAGS.set, ...parts);
}

/** Content of context tag `number`, with a value of its own inside. */
export function explicit(number: number, ...parts: readonly Buffer[]): Buffer {
  return tagged(0xa0 + number, ...parts);
}

/** Content of context tag `number` in the place of a simple value's own tag. */
export function implicit(number: number, content: Buffer): Buffer {
  return tagged(0x80 + number, content);
}

export function isTrue(): Buffer {
  return tagged(TAGS.boolean, Buffer.from([0xff]));
}

/** @param bytes big-endian and positive */
export function integer(bytes: Buffer): Buffer {
  const [first = 0] = bytes;
  return tagged(TAGS.integer, ...(first < 0x80 ? [bytes] : [Buffer.from([0]), bytes]));
}

export function bitString(bytes: Buffer, unusedBits = 0): Buffer {
  return tagged(TAGS.bitString, Buffer.from([unusedBits]), bytes);
}

export function octetString(bytes: Buffer): Buffer {
  return tagged(TAGS.octetString, bytes);
}

export function utf8String(text: string): Buffer {
  return tagged(TAGS.utf8String, Buffer.from(text));
}

/** To the second. */
export function time(date: Date): Buffer {
  const digits = date.toISOString().replaceAll(/[-:T]|\.\d+/g, '');
  return tagged(TAGS.generalizedTime, Buffer.from(digits));
}

/** @param dotted such as `2.5.29.17` */
export function objectId(dotted: string): Buffer {
  const [first = 0, second = 0, ...rest] = dotted.split('.').map(Number);
  return tagged(TAGS.objectId, Buffer.from([first * 40 + second, ...rest.flatMap(inBase128)]));
}

function inBase128(value: number): number[] {
  const digits = [value & 0x7f];
  for (let rest = value >>> 7; rest > 0; rest >>>= 7) digits.unshift((rest & 0x7f) | 0x80);
  return digits;
}

function lengthOf(content: Buffer): Buffer {
  const { length } = content;
  if (length < 0x80) return Buffer.from([length]);
  return length < 0x100 ? Buffer.from([0x81, length]) : Buffer.from([0x82, length >> 8, length & 0xff]);
}
