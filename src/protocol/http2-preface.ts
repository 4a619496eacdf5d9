/** What a client says first on HTTP/2 (RFC 9113, 3.4): the fixed text, and SETTINGS with nothing in it. */
export const CLIENT_PREFACE = Buffer.from('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\x04\0\0\0\0\0', 'latin1');

export type RecognizedProtocol = 'http2' | 'http1' | 'tls' | 'other';

const FRAME_HEADER_BYTES = 9;
const SETTINGS = 4;
const TLS_ALERT = 0x15;
const TLS_HANDSHAKE = 0x16;
const TLS_MAJOR_VERSION = 3;
const HTTP1 = Buffer.from('HTTP/');

/** What a peer speaks, by the first bytes of its answer to CLIENT_PREFACE; null: too few to tell. */
export function recognizeProtocol(bytes: Buffer): RecognizedProtocol | null {
  const [first, second] = bytes;
  if (second === TLS_MAJOR_VERSION && (first === TLS_ALERT || first === TLS_HANDSHAKE)) return 'tls';
  if (bytes.subarray(0, HTTP1.length).equals(HTTP1)) return 'http1';
  if (bytes.length < FRAME_HEADER_BYTES) return null;
  // A server's first frame has to be SETTINGS, which belongs to no stream.
  return bytes[3] === SETTINGS && bytes[4] === 0 && bytes.readUInt32BE(5) === 0 ? 'http2' : 'other';
}
