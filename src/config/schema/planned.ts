import * as z from 'zod';
import { DEFAULTS } from '../defaults.js';
import { duration, listenAddress, required, setting, text, texts } from './values.js';

/** `functions`: functions served over plain HTTP. */
export function functions() {
  const one = z.strictObject({
    id: required(text(), 'Id of the function.'),
    version: setting(text(), '1.0.0', 'Version of the function.'),
    http: required(
      text().regex(/^[A-Z]+ \/\S*$/, 'it must be a method and a path, such as "POST /functions/player.ban"'),
      'Method and path on the port of the generation.',
    ),
    inputSchema: setting(text().nullable(), null, "A JSON Schema file, relative to the service's folder."),
  });
  return z.array(one, { error: 'it must be an array of functions' });
}

/** `proxy`: stable TCP ports. */
export function proxy() {
  const one = z.strictObject({ listen: required(listenAddress(), 'Where connections are taken.') });
  return z.array(one, { error: 'it must be an array of objects with "listen"' });
}

/** `check`: smoke calls. */
export function check() {
  const call = z.strictObject({
    function: required(text(), 'Id of the function.'),
    payload: setting(z.unknown(), {}, 'What is sent.'),
    expect: setting(z.record(z.string(), z.unknown()), {}, 'Fields that the answer must have.'),
  });
  return z
    .strictObject({
      functions: setting(texts(), [], 'Ids that must be registered.'),
      invoke: setting(z.array(call), [], 'Calls that must succeed.'),
    })
    .nullable();
}

/** Certificates of one side, as files relative to the configuration file. */
export function tls() {
  return z
    .strictObject({
      ca: setting(text().nullable(), null, 'Certificates to trust.'),
      cert: setting(text().nullable(), null, 'Our certificate.'),
      key: setting(text().nullable(), null, 'Its private key.'),
      serverName: setting(text().nullable(), null, "Name in the other side's certificate."),
    })
    .nullable();
}

/** `upstream`: the agent, server or edge that the runner registers with. */
export function upstream() {
  const link = z.strictObject({
    url: required(
      text().regex(
        /^(?:agent|server|edge):\/\/\S+$/,
        'it must be agent://host:port, server://host:port or edge://host:port',
      ),
      'Where it is.',
    ),
    agentId: setting(
      text().nullable(),
      null,
      'Our id there. null: made from the service, the host and the folder.',
    ),
    tls: setting(
      tls(),
      null,
      "null: plain text for agent://, the system's authorities for server:// and edge://.",
    ),
    reconnect: setting(
      z.strictObject({
        delay: setting(duration(1), '1s', 'First wait.'),
        max: setting(duration(1), '30s', 'Longest wait.'),
      }),
      { delay: '1s', max: '30s' },
      'Waits between attempts.',
    ),
  });
  return z.union([link, z.literal('none'), z.null()], {
    error: 'it must be null, "none" or an object with a url',
  });
}

/** `control` and `dashboard`. */
export function listener(key: 'control' | 'dashboard') {
  return z.strictObject({
    listen: setting(listenAddress(), DEFAULTS[key].listen, 'Where it listens.'),
  });
}
