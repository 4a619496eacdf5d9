/**
 * gRPC metadata as HTTP/2 carries it: lower-case keys, values in order, values of `-bin` keys in base64. Kept in this form
 * from one side of the gateway to the other, so that nothing is lost on the way.
 */
export type WireMetadata = Readonly<Record<string, readonly string[]>>;

export const NO_METADATA: WireMetadata = {};

/** Headers that belong to one hop: gRPC's own and HTTP's. Everything else is passed on. */
const HOP_HEADERS: ReadonlySet<string> = new Set([
  'accept-encoding',
  'connection',
  'content-encoding',
  'content-length',
  'content-type',
  'date',
  'grpc-accept-encoding',
  'grpc-encoding',
  'grpc-message',
  'grpc-status',
  'grpc-timeout',
  'host',
  'keep-alive',
  'proxy-connection',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
]);

export function isHopHeader(key: string): boolean {
  return HOP_HEADERS.has(key) || key.startsWith(':');
}

/** Metadata from a raw HTTP/2 header list (key, value, key, value, ...). */
export function metadataFromRawHeaders(raw: readonly string[]): WireMetadata {
  const metadata: Record<string, string[]> = {};
  for (let index = 0; index + 1 < raw.length; index += 2) {
    const key = raw[index];
    const value = raw[index + 1];
    if (key === undefined || value === undefined || isHopHeader(key)) continue;
    const values = metadata[key];
    if (values === undefined) metadata[key] = [value];
    else values.push(value);
  }
  return metadata;
}
