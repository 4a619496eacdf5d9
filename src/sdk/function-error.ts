import type { ErrorStatusName } from '../protocol/status-codes.js';

/**
 * Thrown by a handler to answer with a status of its choice:
 * `throw new FunctionError('NOT_FOUND', 'no such player')`. Any other throw is answered with INTERNAL.
 */
export class FunctionError extends Error {
  override readonly name = 'FunctionError';
  /** The name of the gRPC status. */
  readonly code: ErrorStatusName;

  constructor(code: ErrorStatusName, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}
