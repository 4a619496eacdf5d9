import * as z from 'zod';
import { CHECK_CALL_DEFAULTS } from '../defaults.js';
import { duration, flag, required, setting, text, texts } from './values.js';

/** `check`: what has to be registered, and smoke calls. */
export function check() {
  const call = z.strictObject({
    function: required(text(), 'Id of the function.'),
    payload: setting(z.unknown(), CHECK_CALL_DEFAULTS.payload, 'What is sent, as JSON.'),
    expect: setting(
      z.unknown(),
      CHECK_CALL_DEFAULTS.expect,
      'What the answer has to have: of an object these fields, of anything else the same value. null: any answer will do.',
    ),
    timeout: setting(duration(1), CHECK_CALL_DEFAULTS.timeout, 'An answer that comes later is a failure.'),
    metadata: setting(
      z.record(z.string(), z.string({ error: 'it must be a string' })),
      CHECK_CALL_DEFAULTS.metadata,
      'Metadata of the call.',
    ),
    job: setting(
      flag(),
      CHECK_CALL_DEFAULTS.job,
      'Started as a job: what counts is its end, and the payload of its last event.',
    ),
  });
  return z
    .strictObject({
      functions: setting(texts(), [], 'Ids that must be registered.'),
      invoke: setting(z.array(call), [], 'Calls that must succeed.'),
    })
    .nullable();
}
