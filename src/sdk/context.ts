/** What a handler knows about its call. */
export interface CallContext {
  /** The id under which the function was called. */
  readonly functionId: string;
  /** Unique for this call, for logs. */
  readonly callId: string;
  /** What the caller and the agents on the way attached, such as `game_id` or `route`. */
  readonly metadata: Readonly<Record<string, string>>;
  /** The caller's key, the same when it tries again; null where it gave none. */
  readonly idempotencyKey: string | null;
  /** When the caller stops waiting; null: never. A job has none. */
  readonly deadline: Date | null;
  /** Time left until the deadline in ms, never negative; Infinity without a deadline. */
  remaining(): number;
  /**
   * Aborted when the caller cancelled or went away, the deadline passed, the job was cancelled, or the time for a
   * graceful shutdown is over. Its `reason` is a FunctionError, so `signal.throwIfAborted()` is a good answer.
   */
  readonly signal: AbortSignal;
}

/** What the handler of a job knows, and how it reports. */
export interface JobContext extends CallContext {
  /** The job's id; null where the job was called as a plain function and nobody reads its events. */
  readonly jobId: string | null;
  /** Reports progress: 0 to 100 (rounded, and kept inside), with a few words if there is something to say. */
  progress(percent: number, message?: string): void;
  /** Reports a line of text. */
  log(message: string): void;
}

/** Takes the parsed JSON payload (`undefined` where it is empty); what it returns is answered as JSON. */
export type JsonHandler<Input, Output, Context> = (
  payload: Input,
  context: Context,
) => Output | Promise<Output>;

/** Takes the payload as bytes and returns bytes: nothing is parsed. */
export interface BytesHandler<Context> {
  readonly bytes: (payload: Buffer, context: Context) => Uint8Array | Promise<Uint8Array>;
}

export type Handler<Input, Output, Context> = JsonHandler<Input, Output, Context> | BytesHandler<Context>;
