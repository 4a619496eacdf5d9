import { err, ok, type Result } from '../core/result.js';
import type { UserError } from '../core/user-error.js';
import type { InputStream } from '../observe/types.js';
import { MAX_MESSAGE_BYTES } from '../protocol/message-limit.js';

/** The payload as text: the argument itself, or all of stdin where it is `-`, up to the largest message there can be. */
export async function readPayload(
  argument: string | undefined,
  stdin: () => InputStream,
): Promise<Result<string, UserError>> {
  if (argument !== '-') return ok(argument ?? '');
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of stdin()) {
    const buffer = Buffer.from(chunk);
    bytes += buffer.length;
    if (bytes > MAX_MESSAGE_BYTES) {
      return err({ exitCode: 2, message: `the payload on stdin is larger than ${MAX_MESSAGE_BYTES} bytes` });
    }
    chunks.push(buffer);
  }
  return ok(Buffer.concat(chunks).toString());
}
