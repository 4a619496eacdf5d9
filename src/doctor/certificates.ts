import { X509Certificate } from 'node:crypto';
import type { SessionConfig, TlsFiles } from '../config/types.js';
import { readTls } from '../protocol/tls.js';
import { about } from './finding.js';
import type { Examination, Finding } from './types.js';

/** A certificate that ends sooner than this is worth a word. */
const SOON_DAYS = 14;
const DAY_MS = 24 * 60 * 60 * 1000;

/** The certificates and keys that the configuration names: readable, belonging together, valid. */
export const certificates: Examination = {
  topic: 'certificates',
  run: async ({ project: { config } }) => {
    if (!config.ok) return [];
    const named = filesOf(config.value);
    return Promise.all(named.map(([key, files]) => examine(key, files)));
  },
};

function filesOf({ gateway, upstream }: SessionConfig): readonly (readonly [string, TlsFiles])[] {
  const all = [
    ['gateway.tls', gateway.tls],
    ['gateway.childTls', gateway.childTls],
    ['upstream.tls', 'tls' in upstream ? upstream.tls : null],
  ] as const;
  return all.flatMap(([key, files]) =>
    files === null || (files.ca === null && files.cert === null) ? [] : [[key, files] as const],
  );
}

async function examine(key: string, files: TlsFiles): Promise<Finding> {
  const { ok, problem } = about('certificates');
  const material = await readTls(files);
  if (!material.ok) {
    return problem(`${key} cannot be used`, {
      details: [material.error],
      remedies: [`Correct the files of \`${key}\` in the configuration.`],
    });
  }
  const { cert } = material.value;
  return cert === null
    ? ok(`${key}: the authorities can be read`)
    : judgeValidity(key, new X509Certificate(cert), Date.now());
}

/** @param now ms since the epoch */
export function judgeValidity(
  key: string,
  { validFrom, validTo }: Pick<X509Certificate, 'validFrom' | 'validTo'>,
  now: number,
): Finding {
  const { ok, warning, problem } = about('certificates');
  const days = Math.floor((Date.parse(validTo) - now) / DAY_MS);
  const until = new Date(validTo).toISOString().slice(0, 10);
  const remedies = ['Have a new one issued.'];
  if (Date.parse(validFrom) > now) {
    return problem(`the certificate of ${key} is not valid yet`, { remedies: ['Is the clock right?'] });
  }
  if (days < 0) return problem(`the certificate of ${key} has expired on ${until}`, { remedies });
  if (days < SOON_DAYS) {
    return warning(`the certificate of ${key} is valid for ${days} days more, until ${until}`, { remedies });
  }
  return ok(`the certificate of ${key} is valid until ${until}`);
}
