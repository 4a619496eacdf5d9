import * as z from 'zod';
import { DEFAULTS } from '../defaults.js';
import { listenAddress, required, setting, text, texts } from './values.js';

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

/** `control` and `dashboard`. */
export function listener(key: 'control' | 'dashboard') {
  return z.strictObject({
    listen: setting(listenAddress(), DEFAULTS[key].listen, 'Where it listens.'),
  });
}
