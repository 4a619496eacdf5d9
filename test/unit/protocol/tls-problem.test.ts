import { describe, expect, test } from 'vitest';
import { problemOfError } from '../../../src/protocol/tls-problem.js';
import { describeTlsProblem } from '../../../src/protocol/tls-problem-text.js';

const WITHOUT = { expectedName: 'agent.example', hasAuthorities: true, hasCertificate: false };
const WITH = { ...WITHOUT, hasCertificate: true };

function failure(code: string, message = ''): Error & { readonly code: string } {
  return Object.assign(new Error(message), { code });
}

function opensslLine(reason: string): string {
  return `C0F2:error:0A000410:SSL routines:ssl3_read_bytes:${reason}:../deps/openssl/ssl/record/rec_layer_s3.c:1600:SSL alert number 40\n`;
}

describe('what a TLS socket reports is judged', () => {
  test.each([
    ['ERR_SSL_WRONG_VERSION_NUMBER', 'plain-text'],
    ['ERR_SSL_PACKET_LENGTH_TOO_LONG', 'plain-text'],
    ['ERR_SSL_TLSV13_ALERT_CERTIFICATE_REQUIRED', 'client-certificate-wanted'],
    ['ERR_SSL_SSLV3_ALERT_BAD_CERTIFICATE', 'client-certificate-wanted'],
    ['ERR_SSL_SSLV3_ALERT_HANDSHAKE_FAILURE', 'handshake-refused'],
    ['ERR_SSL_TLSV1_ALERT_PROTOCOL_VERSION', 'no-common-version'],
    ['ERR_SSL_UNSUPPORTED_PROTOCOL', 'no-common-version'],
    ['ERR_SSL_TLSV1_ALERT_NO_APPLICATION_PROTOCOL', 'not-http2'],
    ['ERR_SSL_TLSV1_UNRECOGNIZED_NAME', 'name-unknown'],
    ['ERR_SSL_UNEXPECTED_EOF_WHILE_READING', 'ended-in-handshake'],
    ['ECONNRESET', 'ended-in-handshake'],
    ['CERT_HAS_EXPIRED', 'expired'],
    ['CERT_NOT_YET_VALID', 'not-yet-valid'],
    ['ERR_TLS_CERT_ALTNAME_INVALID', 'wrong-name'],
    ['DEPTH_ZERO_SELF_SIGNED_CERT', 'self-signed'],
    ['SELF_SIGNED_CERT_IN_CHAIN', 'unknown-authority'],
    ['UNABLE_TO_VERIFY_LEAF_SIGNATURE', 'unknown-authority'],
    ['CERT_REVOKED', 'invalid-certificate'],
  ])('%s without a client certificate: %s', (code, reason) => {
    expect(problemOfError(failure(code), WITHOUT)).toMatchObject({ reason });
  });

  test.each([
    ['ERR_SSL_TLSV1_ALERT_UNKNOWN_CA', 'unknown ca'],
    ['ERR_SSL_SSLV3_ALERT_BAD_CERTIFICATE', 'bad certificate'],
    ['ERR_SSL_SSLV3_ALERT_CERTIFICATE_EXPIRED', 'certificate expired'],
  ])('%s with one: it is refused', (code, alert) => {
    expect(problemOfError(failure(code), WITH)).toEqual({ reason: 'client-certificate-refused', alert });
  });

  test('the reason is found in the message where the code does not tell it', () => {
    const error = failure('EPROTO', `write EPROTO ${opensslLine('tlsv1 alert unknown ca')}`);
    expect(problemOfError(error, WITH)).toEqual({
      reason: 'client-certificate-refused',
      alert: 'unknown ca',
    });
  });

  test('of what nobody knows, OpenSSL’s reason is told', () => {
    const problem = problemOfError(failure('ERR_SSL_BAD_KEY_SHARE', opensslLine('bad key share')), WITHOUT);
    expect(problem).toEqual({ reason: 'handshake-failed', detail: 'bad key share' });
    expect(describeTlsProblem(problem, 'tls')).toBe('fails the TLS handshake (bad key share)');
  });
});

test('every verdict on a certificate that lacks details is a whole sentence', () => {
  for (const code of ['CERT_HAS_EXPIRED', 'CERT_NOT_YET_VALID', 'ERR_TLS_CERT_ALTNAME_INVALID']) {
    const words = describeTlsProblem(problemOfError(failure(code), WITHOUT), 'tls');
    expect(words).toMatch(/^shows a certificate that /);
    expect(words).not.toMatch(/null|undefined|""/);
  }
});
