import { BinaryReader, BinaryWriter, WireType } from '@bufbuild/protobuf/wire';
import { err, ok, type Result } from '../core/result.js';

/** What the gateway reads of an InvokeRequest; the rest of its bytes is passed on unread. */
export interface InvokeHead {
  readonly functionId: string;
  readonly idempotencyKey: string;
}

const FUNCTION_ID = 1;
const IDEMPOTENCY_KEY = 2;
/** StartJobResponse, JobStreamRequest, CancelJobRequest and CancelJobResponse, GetJobResultRequest all have it here. */
const JOB_ID = 1;
const EVENT_TYPE = 1;
const EVENT_MESSAGE = 2;

/** Reads the two fields that routing needs. The error is a sentence for people. */
export function readInvokeHead(request: Uint8Array): Result<InvokeHead, string> {
  const fields = readStrings(request, [FUNCTION_ID, IDEMPOTENCY_KEY]);
  if (!fields.ok) return fields;
  return ok({
    functionId: fields.value.get(FUNCTION_ID) ?? '',
    idempotencyKey: fields.value.get(IDEMPOTENCY_KEY) ?? '',
  });
}

/** The `job_id` of any of the messages that carry one. The error is a sentence for people. */
export function readJobId(message: Uint8Array): Result<string, string> {
  const fields = readStrings(message, [JOB_ID]);
  return fields.ok ? ok(fields.value.get(JOB_ID) ?? '') : fields;
}

/** The same message with another `job_id`; every other field, known or not, is kept as it is. */
export function withJobId(message: Uint8Array, jobId: string): Buffer {
  return withStrings(message, new Map([[JOB_ID, jobId]]));
}

/** The same JobEvent with another type and message; progress, payload and unknown fields are kept as they are. */
export function withEventText(event: Uint8Array, type: string, message: string): Buffer {
  return withStrings(
    event,
    new Map([
      [EVENT_TYPE, type],
      [EVENT_MESSAGE, message],
    ]),
  );
}

function readStrings(message: Uint8Array, wanted: readonly number[]): Result<Map<number, string>, string> {
  const found = new Map<number, string>();
  try {
    const reader = new BinaryReader(message);
    while (reader.pos < reader.len) {
      const [field, wireType] = reader.tag();
      // The last occurrence of a field counts, as in every protobuf reader.
      if (wireType === WireType.LengthDelimited && wanted.includes(field)) found.set(field, reader.string());
      else reader.skip(wireType, field);
    }
    return ok(found);
  } catch (error) {
    return err(
      `the message is not valid protobuf: ${error instanceof Error ? error.message : String(error)}`,
    );
  }
}

function withStrings(message: Uint8Array, replaced: ReadonlyMap<number, string>): Buffer {
  const writer = new BinaryWriter();
  for (const [field, value] of replaced) {
    if (value !== '') writer.tag(field, WireType.LengthDelimited).string(value);
  }
  const parts: Uint8Array[] = [writer.finish()];
  const reader = new BinaryReader(message);
  while (reader.pos < reader.len) {
    const start = reader.pos;
    const [field, wireType] = reader.tag();
    reader.skip(wireType, field);
    if (!replaced.has(field)) parts.push(message.subarray(start, reader.pos));
  }
  return Buffer.concat(parts);
}
