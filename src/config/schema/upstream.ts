import * as z from 'zod';
import { UPSTREAM_DEFAULTS } from '../defaults.js';
import { parseUpstreamUrl, UPSTREAM_FORMS } from '../upstream-url.js';
import { tlsFiles } from './tls.js';
import { duration, required, setting, text } from './values.js';

/** `upstream`: the agent, server or edge that the runner registers with. */
export function upstream() {
  const { reconnect } = UPSTREAM_DEFAULTS;
  const link = z.strictObject({
    url: required(upstreamUrl(), `Where it is: ${UPSTREAM_FORMS}.`),
    agentId: setting(
      text().nullable(),
      UPSTREAM_DEFAULTS.agentId,
      'Our id there. null: made from the service, the host and the folder.',
    ),
    tls: setting(
      z.union([tlsFiles(), z.literal(false), z.null()], {
        error: 'it must be an object with certificate files, false for plain text, or null',
      }),
      UPSTREAM_DEFAULTS.tls,
      "null: plain text for agent://, the system's authorities for server:// and edge://. false: plain text.",
    ),
    reconnect: setting(
      z.strictObject({
        delay: setting(duration(1), reconnect.delay, 'First wait.'),
        max: setting(duration(1), reconnect.max, 'The wait doubles up to this.'),
      }),
      reconnect,
      'Waits between attempts to connect. On loopback they are never longer than 500 ms.',
    ),
  });
  return z.union([link, z.literal('none'), z.null()], {
    error: 'it must be null, "none" or an object with a url',
  });
}

function upstreamUrl() {
  return text().transform((value, context) => {
    const url = parseUpstreamUrl(value);
    if (url.ok) return url.value;
    context.addIssue(url.error);
    return z.NEVER;
  });
}
