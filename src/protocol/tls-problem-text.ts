import { assertNever } from '../core/failure.js';
import type { TlsProblem } from './tls-problem.js';

/** Names out of a certificate are the peer's words: so many are told, and none longer than that. */
const MAX_NAMES = 5;
const MAX_NAME_LENGTH = 100;

/**
 * Says what is wrong, and the way out, as the end of a sentence that begins with the peer.
 * @param key the key of the configuration that holds the files, such as `tls`; null: they are given to a command, by flags
 */
export function describeTlsProblem(problem: TlsProblem, key: string | null): string {
  switch (problem.reason) {
    case 'plain-text':
      return `does not speak TLS, which ${whatAsks(key)}; ${plainText(key)}`;
    case 'ended-in-handshake':
      return `ends the connection in the TLS handshake: it may not speak TLS, which ${whatAsks(key)}`;
    case 'speaks-tls':
      return `speaks TLS, but plain text was ${key === null ? 'tried' : 'configured'}: ${set(key, CA)}`;
    case 'not-http2':
      return 'speaks TLS, but not HTTP/2 as gRPC does: is this the right port?';
    case 'no-common-version':
      return 'speaks no version of TLS that is spoken here (1.2 and 1.3)';
    case 'name-unknown':
      return `does not know the server name that it was asked for: ${set(key, { serverName: '<its name>' })}`;
    case 'handshake-refused':
      return problem.hasCertificate
        ? 'refuses the TLS handshake, and does not say why: our certificate, or no way to encrypt that both know'
        : `refuses the TLS handshake, as peers do that ask for a client certificate, and none was sent: ${set(key, CERTIFICATE)}`;
    case 'handshake-failed':
      return `fails the TLS handshake (${problem.detail})`;
    case 'client-certificate-wanted':
      return `asks for a client certificate, and none was sent: ${set(key, CERTIFICATE)}`;
    case 'client-certificate-refused':
      return `refuses our client certificate (${problem.alert}): ${set(key, CERTIFICATE)}, one that its authority has signed`;
    case 'ended-after-handshake':
      return problem.hasCertificate
        ? `ends the connection right after the TLS handshake, as peers do that refuse our client certificate: ${set(key, CERTIFICATE)}, one that its authority has signed`
        : `ends the connection right after the TLS handshake, as peers do that ask for a client certificate, and none was sent: ${set(key, CERTIFICATE)}`;
    case 'expired':
    case 'not-yet-valid':
    case 'wrong-name':
    case 'self-signed':
    case 'unknown-authority':
    case 'invalid-certificate':
      return `shows a certificate ${describeCertificate(problem, key)}`;
    default:
      return assertNever(problem);
  }
}

/** What can be set, by the last part of a key. */
type Settings = Partial<Record<keyof typeof FLAGS, string>>;

const FLAGS = { ca: '--tls-ca', cert: '--tls-cert', key: '--tls-key', serverName: '--tls-server-name' };
const NAMES = ['ca', 'cert', 'key', 'serverName'] as const;

const CA: Settings = { ca: '<its authority>.pem' };
const CERTIFICATE: Settings = { cert: '<ours>.pem', key: '<its key>.pem' };

function whatAsks(key: string | null): string {
  return key === null ? 'was asked for' : `"${key}" of the configuration asks for`;
}

function plainText(key: string | null): string {
  if (key === null) return 'for plain text, leave the --tls flags out';
  // TLS toward an upstream can be the default, which only `false` turns off.
  return `for plain text, set "${key}": ${key === 'tls' ? 'false' : 'null'}`;
}

function set(key: string | null, settings: Settings): string {
  const parts = NAMES.flatMap((name) => {
    const value = settings[name];
    if (value === undefined) return [];
    return [key === null ? `${FLAGS[name]} "${value}"` : `"${name}": "${value}"`];
  });
  return key === null ? `use ${parts.join(' ')}` : `set "${key}": { ${parts.join(', ')} }`;
}

type CertificateProblem = Extract<
  TlsProblem,
  {
    reason:
      | 'expired'
      | 'not-yet-valid'
      | 'wrong-name'
      | 'self-signed'
      | 'unknown-authority'
      | 'invalid-certificate';
  }
>;

function describeCertificate(problem: CertificateProblem, key: string | null): string {
  const ca = key === null ? FLAGS.ca : '"ca"';
  switch (problem.reason) {
    case 'expired':
      return problem.validTo === null
        ? 'that has expired, itself or one of its authorities: it has to be renewed there'
        : `that expired on ${problem.validTo}: it has to be renewed there`;
    case 'not-yet-valid':
      return `that is not valid ${problem.validFrom === null ? 'yet' : `before ${problem.validFrom}`}: are the clocks right, here and there?`;
    case 'wrong-name':
      return describeNames(problem.names, problem.expected, key);
    case 'self-signed':
      return `that is self-signed${problem.hasAuthorities ? ` and that ${ca} does not hold` : ''}; to trust it, ${set(key, { ca: '<that certificate>.pem' })}`;
    case 'unknown-authority': {
      const name = problem.issuer === '' ? 'an authority' : `the authority ${shown(problem.issuer)}`;
      const where = problem.hasAuthorities ? `that ${ca} does not hold` : 'that this machine does not know';
      return `of ${name} ${where}; to trust it, ${set(key, CA)}`;
    }
    case 'invalid-certificate':
      return `that is not valid (${problem.code})`;
    default:
      return assertNever(problem);
  }
}

function describeNames(names: readonly string[], expected: string, key: string | null): string {
  const [first] = names;
  const tell = `not for ${shown(expected)}`;
  if (first === undefined) return `that is ${tell}: ${set(key, { serverName: '<a name that it is for>' })}`;
  const listed = names.slice(0, MAX_NAMES).map(shown).join(', ');
  const more = names.length > MAX_NAMES ? ` and ${names.length - MAX_NAMES} more` : '';
  return `for ${listed}${more}, and ${tell}: ${set(key, { serverName: harmless(first) })} if that is who you mean`;
}

function shown(text: string): string {
  return `"${harmless(text)}"`;
}

/** Without what could play tricks on a terminal. */
function harmless(text: string): string {
  const cut = text.length > MAX_NAME_LENGTH ? `${text.slice(0, MAX_NAME_LENGTH)}...` : text;
  return cut.replaceAll(/[^\x20-\x7e]/g, '?').replaceAll('"', '?');
}
