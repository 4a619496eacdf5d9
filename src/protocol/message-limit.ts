/**
 * Largest message that is sent or taken, in bytes. gRPC's own default of 4 MiB is too small where payloads are
 * base64 inside JSON, which adds a third.
 */
export const MAX_MESSAGE_BYTES = 64 * 1024 * 1024;
