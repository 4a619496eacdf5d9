/**
 * An answer other than success: the HTTP status says which, and becomes the matching gRPC status, such as 400
 * INVALID_ARGUMENT, 403 PERMISSION_DENIED, 404 NOT_FOUND or 412 FAILED_PRECONDITION.
 */
export class FunctionError extends Error {
  /**
   * @param {number} status
   * @param {string} message
   */
  constructor(status, message) {
    super(message);
    this.name = 'FunctionError';
    this.status = status;
  }
}
