import * as z from 'zod';
import { setting, text } from './values.js';

/** Certificates of one side, as PEM files relative to the configuration file. */
export function tlsFiles() {
  return z.strictObject({
    ca: setting(text().nullable(), null, "Certificates to trust; null: the system's."),
    cert: setting(text().nullable(), null, 'Our certificate.'),
    key: setting(text().nullable(), null, 'Its private key.'),
    serverName: setting(
      text().nullable(),
      null,
      "Name in the other side's certificate, where it is not the host that is dialled.",
    ),
  });
}

/** `gateway.tls`, `gateway.childTls`. */
export function tls() {
  return tlsFiles().nullable();
}

/** The files that a configuration names. */
export type TlsKeys = z.output<ReturnType<typeof tlsFiles>>;
