import * as z from 'zod';
import { DEFAULT_VERSION } from '../defaults.js';
import { listenAddress, required, setting, text } from './values.js';

const METHOD_AND_PATH = /^(GET|POST|PUT|PATCH|DELETE) (\/\S*)$/;

/** `functions`: functions served over plain HTTP. */
export function functions() {
  const one = z.strictObject({
    id: required(text(), 'Id of the function.'),
    version: setting(text(), DEFAULT_VERSION, 'Version of the function.'),
    http: required(
      text()
        .regex(METHOD_AND_PATH, 'it must be a method and a path, such as "POST /functions/player.ban"')
        .transform((value) => {
          const [, method = '', path = ''] = METHOD_AND_PATH.exec(value) ?? [];
          return { method, path };
        }),
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
