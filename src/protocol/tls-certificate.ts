import type { X509Certificate } from 'node:crypto';
import { problemOfVerdict, type TlsExpectation, type TlsProblem } from './tls-problem.js';

/**
 * What is wrong with a peer's certificate, in full.
 * @param verdict Node's word for it, such as `CERT_HAS_EXPIRED`
 */
export function judgeCertificate(
  verdict: string,
  certificate: X509Certificate | undefined,
  expectation: TlsExpectation,
): TlsProblem {
  const problem = problemOfVerdict(verdict, expectation);
  if (problem === null) return { reason: 'invalid-certificate', code: verdict };
  if (certificate === undefined) return problem;
  switch (problem.reason) {
    case 'expired': {
      // The verdict can mean an authority above it.
      const validTo = new Date(certificate.validTo);
      return validTo.getTime() < Date.now() ? { ...problem, validTo: describeDate(validTo) } : problem;
    }
    case 'not-yet-valid': {
      const validFrom = new Date(certificate.validFrom);
      return validFrom.getTime() > Date.now() ? { ...problem, validFrom: describeDate(validFrom) } : problem;
    }
    case 'wrong-name':
      return { ...problem, names: namesOf(certificate) };
    case 'unknown-authority':
      return { ...problem, issuer: commonName(certificate.issuer) };
    default:
      return problem;
  }
}

/** Such as `2026-01-31 12:00:00 UTC`. */
function describeDate(date: Date): string {
  return date
    .toISOString()
    .replace('T', ' ')
    .replace(/\.\d+Z$/, ' UTC');
}

/** Host names and addresses that a certificate is for; of one without any, its common name. */
function namesOf(certificate: X509Certificate): readonly string[] {
  const names = (certificate.subjectAltName ?? '')
    .split(', ')
    .flatMap((entry) => /^(?:DNS|IP Address):(.+)$/.exec(entry)?.[1] ?? []);
  if (names.length > 0) return names;
  const name = commonName(certificate.subject);
  return name === '' ? [] : [name];
}

/** Of a distinguished name as Node gives it, one part a line; empty: it has none. */
function commonName(distinguished: string): string {
  return /^CN=(.*)$/m.exec(distinguished)?.[1] ?? '';
}
