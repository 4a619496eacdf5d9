import { err, ok, type Result } from '../core/result.js';
import type { LocalCalls } from '../gateway/types.js';

/** A call that the user makes by key waits as long as a held one may, in ms. */
const KEY_INVOKE_TIMEOUT_MS = 30_000;

/** One call, for the key `i`; the payload of the answer as text, or why there is none. */
export async function invokeFunction(
  calls: LocalCalls,
  functionId: string,
  payload: string,
): Promise<Result<string, string>> {
  const request = {
    functionId,
    idempotencyKey: '',
    payload: Buffer.from(payload),
    metadata: {},
    deadlineMs: KEY_INVOKE_TIMEOUT_MS,
    dispatchWithinMs: null,
  };
  const answer = await calls.invoke(request, new AbortController().signal);
  return answer.ok ? ok(answer.value.toString()) : err(`${answer.error.code}: ${answer.error.message}`);
}
