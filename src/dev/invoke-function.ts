import { err, ok, type Result } from '../core/result.js';
import { connectAgent } from '../protocol/client.js';

/** A call that the user makes by key waits as long as a held one may, in ms. */
const KEY_INVOKE_TIMEOUT_MS = 30_000;

/** One call through the gateway, for the key `i`; the payload of the answer as text, or why there is none. */
export async function invokeFunction(
  gateway: string,
  functionId: string,
  payload: string,
): Promise<Result<string, string>> {
  const client = connectAgent(gateway);
  try {
    const request = { functionId, idempotencyKey: '', payload: Buffer.from(payload), metadata: {} };
    const answer = await client.invoke(request, { timeoutMs: KEY_INVOKE_TIMEOUT_MS });
    if (!answer.ok) return err(`${answer.error.codeName}: ${answer.error.message}`);
    return ok(Buffer.from(answer.value.payload).toString());
  } finally {
    client.close();
  }
}
