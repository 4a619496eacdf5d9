/** What is wrong between two sides of which at least one speaks TLS, as the side that dials sees it. */
export type TlsProblem =
  | { readonly reason: 'plain-text' }
  /** The other way round: TLS where plain text was configured. */
  | { readonly reason: 'speaks-tls' }
  | { readonly reason: 'expired'; readonly validTo: string | null }
  | { readonly reason: 'not-yet-valid'; readonly validFrom: string | null }
  | { readonly reason: 'wrong-name'; readonly expected: string; readonly names: readonly string[] }
  | { readonly reason: 'self-signed'; readonly hasAuthorities: boolean }
  | { readonly reason: 'unknown-authority'; readonly issuer: string; readonly hasAuthorities: boolean }
  /** `code` is OpenSSL's word for it, such as `CERT_REVOKED`. */
  | { readonly reason: 'invalid-certificate'; readonly code: string }
  | { readonly reason: 'client-certificate-wanted' }
  /** `alert` as the peer sent it, such as `unknown ca`. */
  | { readonly reason: 'client-certificate-refused'; readonly alert: string }
  /** It ended the connection right after the handshake and did not say why. */
  | { readonly reason: 'ended-after-handshake'; readonly hasCertificate: boolean }
  /** It refuses the handshake and gives no closer reason. */
  | { readonly reason: 'handshake-refused'; readonly hasCertificate: boolean }
  | { readonly reason: 'name-unknown' }
  | { readonly reason: 'no-common-version' }
  | { readonly reason: 'not-http2' }
  | { readonly reason: 'ended-in-handshake' }
  | { readonly reason: 'handshake-failed'; readonly detail: string };

/** What one side of a TLS connection was told, as far as its problems are judged by it. */
export interface TlsExpectation {
  /** The host that was dialled, or the `serverName` that was set. */
  readonly expectedName: string;
  readonly hasAuthorities: boolean;
  readonly hasCertificate: boolean;
}

/** Judges an error that a TLS socket reported: OpenSSL's, an alert of the peer, or a verdict on its certificate. */
export function problemOfError(
  error: Error & { readonly code?: string },
  expectation: TlsExpectation,
): TlsProblem {
  return (
    (error.code === undefined ? null : problemOfVerdict(error.code, expectation)) ??
    problemOfText(`${error.code ?? ''} ${error.message}`.toLowerCase().replaceAll('_', ' '), expectation)
  );
}

/** Judges a verdict on the peer's certificate (Node's `authorizationError`); null: it is not one. */
export function problemOfVerdict(code: string, expectation: TlsExpectation): TlsProblem | null {
  const { hasAuthorities } = expectation;
  switch (code) {
    case 'CERT_HAS_EXPIRED':
      return { reason: 'expired', validTo: null };
    case 'CERT_NOT_YET_VALID':
      return { reason: 'not-yet-valid', validFrom: null };
    case 'ERR_TLS_CERT_ALTNAME_INVALID':
      return { reason: 'wrong-name', expected: expectation.expectedName, names: [] };
    case 'DEPTH_ZERO_SELF_SIGNED_CERT':
      return { reason: 'self-signed', hasAuthorities };
    case 'SELF_SIGNED_CERT_IN_CHAIN':
    case 'UNABLE_TO_GET_ISSUER_CERT':
    case 'UNABLE_TO_GET_ISSUER_CERT_LOCALLY':
    case 'UNABLE_TO_VERIFY_LEAF_SIGNATURE':
    // Another authority of the same name.
    case 'CERT_SIGNATURE_FAILURE':
      return { reason: 'unknown-authority', issuer: '', hasAuthorities };
    default:
      return VERDICTS.has(code) ? { reason: 'invalid-certificate', code } : null;
  }
}

/** The rest of the verdicts that Node passes on (X509_V_ERR_...). */
const VERDICTS: ReadonlySet<string> = new Set([
  'UNABLE_TO_GET_CRL',
  'UNABLE_TO_DECRYPT_CERT_SIGNATURE',
  'UNABLE_TO_DECRYPT_CRL_SIGNATURE',
  'UNABLE_TO_DECODE_ISSUER_PUBLIC_KEY',
  'CRL_SIGNATURE_FAILURE',
  'CRL_NOT_YET_VALID',
  'CRL_HAS_EXPIRED',
  'ERROR_IN_CERT_NOT_BEFORE_FIELD',
  'ERROR_IN_CERT_NOT_AFTER_FIELD',
  'CERT_CHAIN_TOO_LONG',
  'CERT_REVOKED',
  'INVALID_CA',
  'PATH_LENGTH_EXCEEDED',
  'INVALID_PURPOSE',
  'CERT_UNTRUSTED',
  'CERT_REJECTED',
  'HOSTNAME_MISMATCH',
  'UNSPECIFIED',
]);

const PLAIN_TEXT = /wrong version number|packet length too long|bad record type|record layer failure/;
const CERTIFICATE_ALERT =
  /alert (bad certificate|unsupported certificate|certificate revoked|certificate expired|certificate unknown|unknown ca|access denied|decrypt error)/;
const NO_VERSION = /alert protocol version|unsupported protocol|version too low|no protocols available/;
const ENDED = /econnreset|epipe|disconnected before secure|unexpected eof/;

/** OpenSSL's reasons, which Node gives in the code (`ERR_SSL_...`) or, for what a write met, in the message alone. */
function problemOfText(text: string, { hasCertificate }: TlsExpectation): TlsProblem {
  const [, alert] = CERTIFICATE_ALERT.exec(text) ?? [];
  if (PLAIN_TEXT.test(text)) return { reason: 'plain-text' };
  if (text.includes('alert certificate required')) return { reason: 'client-certificate-wanted' };
  if (alert !== undefined) {
    return hasCertificate
      ? { reason: 'client-certificate-refused', alert }
      : { reason: 'client-certificate-wanted' };
  }
  if (NO_VERSION.test(text)) return { reason: 'no-common-version' };
  if (text.includes('alert handshake failure')) return { reason: 'handshake-refused', hasCertificate };
  if (text.includes('no application protocol')) return { reason: 'not-http2' };
  if (text.includes('unrecognized name')) return { reason: 'name-unknown' };
  if (ENDED.test(text)) return { reason: 'ended-in-handshake' };
  return { reason: 'handshake-failed', detail: handshakeDetail(text) };
}

/** OpenSSL's lines hold it behind the name of a function: `...:SSL routines:tls_process_key_share:bad key share:...`. */
function handshakeDetail(text: string): string {
  const [, reason] = /ssl routines:[^:]*:([a-z0-9 ]{1,60})/.exec(text) ?? [];
  return reason ?? 'for an unknown reason';
}
