/** How the end of a message's body is found. */
export type BodyFraming =
  | { readonly kind: 'none' }
  | { readonly kind: 'length'; readonly bytes: number }
  | { readonly kind: 'chunked' }
  /** Until the connection ends: nothing can follow it. */
  | { readonly kind: 'until-end' };

/** What is looked at of a request line and headers. */
export interface RequestHead {
  readonly method: string;
  readonly body: BodyFraming;
}

export interface ResponseHead {
  readonly status: number;
  /** Of a response that has a body; whether it has one depends on the request. */
  readonly body: BodyFraming;
}

const REQUEST_LINE = /^([A-Z][A-Z-]*) [\x21-\x7e]+ HTTP\/1\.[01]$/;
const STATUS_LINE = /^HTTP\/1\.[01] (\d{3})(?: .*)?$/;
const HEADER_LINE = /^([!#$%&'*+\-.^_`|~0-9A-Za-z]+):(.*)$/;

/** Null: it is not understood without doubt, so nothing may be concluded from it. */
export function readRequestHead(head: string): RequestHead | null {
  const [line = '', ...headers] = head.split('\r\n');
  const method = REQUEST_LINE.exec(line)?.[1];
  const body = readFraming(headers);
  if (method === undefined || body === null) return null;
  return { method, body: body === 'unsaid' ? { kind: 'none' } : body };
}

/** Null: it is not understood without doubt. */
export function readResponseHead(head: string): ResponseHead | null {
  const [line = '', ...headers] = head.split('\r\n');
  const status = STATUS_LINE.exec(line)?.[1];
  const body = readFraming(headers);
  if (status === undefined || body === null) return null;
  return { status: Number(status), body: body === 'unsaid' ? { kind: 'until-end' } : body };
}

/**
 * RFC 9112, 6.3. What software disagrees about (both kinds of length, several lengths, other codings, folded lines) counts as not
 * understood.
 */
function readFraming(headers: readonly string[]): BodyFraming | 'unsaid' | null {
  let length: string | null = null;
  let coding: string | null = null;
  for (const header of headers) {
    const [, name, value] = HEADER_LINE.exec(header) ?? [];
    if (name === undefined || value === undefined || value.includes('\n') || value.includes('\r'))
      return null;
    switch (name.toLowerCase()) {
      case 'content-length':
        if (length !== null) return null;
        length = value.trim();
        break;
      case 'transfer-encoding':
        if (coding !== null) return null;
        coding = value.trim().toLowerCase();
        break;
    }
  }
  if (coding !== null) return coding === 'chunked' && length === null ? { kind: 'chunked' } : null;
  if (length === null) return 'unsaid';
  if (!/^\d{1,15}$/.test(length)) return null;
  return { kind: 'length', bytes: Number(length) };
}
