/** 1: something failed. 2: usage or configuration. 3: environment (port, missing tool, no session). */
export type ExitCode = 1 | 2 | 3;

/**
 * A mistake or circumstance that the user can put right. Printed as one message without a stack trace:
 * what is wrong (with file, key and value where there are any), then the way out.
 */
export interface UserError {
  readonly exitCode: ExitCode;
  readonly message: string;
  /** What to do about it; one sentence or command a line. */
  readonly wayOut?: string;
}
