import { STATUS_CODES } from './status-codes.js';

/** A status as it goes over the wire; codes that gRPC does not know pass as they are. */
export interface RpcStatus {
  readonly code: number;
  readonly message: string;
}

/**
 * What an HTTP answer without `grpc-status` means.
 * https://github.com/grpc/grpc/blob/master/doc/http-grpc-status-mapping.md
 */
export function statusFromHttp(httpStatus: number): RpcStatus {
  const message = `answered with HTTP status ${httpStatus} and no gRPC status`;
  switch (httpStatus) {
    case 400:
      return { code: STATUS_CODES.INTERNAL, message };
    case 401:
      return { code: STATUS_CODES.UNAUTHENTICATED, message };
    case 403:
      return { code: STATUS_CODES.PERMISSION_DENIED, message };
    case 404:
      return { code: STATUS_CODES.UNIMPLEMENTED, message };
    case 429:
    case 502:
    case 503:
    case 504:
      return { code: STATUS_CODES.UNAVAILABLE, message };
    default:
      return { code: STATUS_CODES.UNKNOWN, message };
  }
}

/**
 * What a RST_STREAM from a living peer means.
 * https://github.com/grpc/grpc/blob/master/doc/PROTOCOL-HTTP2.md (HTTP2 Transport Mapping, Errors)
 */
export function statusFromReset(errorCode: number): RpcStatus {
  const message = `reset the stream with HTTP/2 error code ${errorCode}`;
  switch (errorCode) {
    case 7: // REFUSED_STREAM
      return { code: STATUS_CODES.UNAVAILABLE, message };
    case 8: // CANCEL
      return { code: STATUS_CODES.CANCELLED, message };
    case 11: // ENHANCE_YOUR_CALM
      return { code: STATUS_CODES.RESOURCE_EXHAUSTED, message };
    case 12: // INADEQUATE_SECURITY
      return { code: STATUS_CODES.PERMISSION_DENIED, message };
    default:
      return { code: STATUS_CODES.INTERNAL, message };
  }
}

/** The text of a `grpc-message` header. Broken percent-encoding is passed on as it is, as the protocol demands. */
export function decodeStatusMessage(header: string): string {
  if (!header.includes('%')) return header;
  try {
    return decodeURIComponent(header);
  } catch {
    return header;
  }
}

/** A `grpc-timeout` value: at most 8 digits and a unit. Rounded up, so that the callee never gives up before the caller. */
export function encodeTimeout(ms: number): string {
  const whole = Math.max(1, Math.ceil(ms));
  if (whole < 100_000_000) return `${whole}m`;
  return `${Math.min(99_999_999, Math.ceil(whole / 1000))}S`;
}
