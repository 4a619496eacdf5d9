/** The gRPC status codes by name. The numbers are those of the gRPC specification. Loads no gRPC. */
export const STATUS_CODES = {
  OK: 0,
  CANCELLED: 1,
  UNKNOWN: 2,
  INVALID_ARGUMENT: 3,
  DEADLINE_EXCEEDED: 4,
  NOT_FOUND: 5,
  ALREADY_EXISTS: 6,
  PERMISSION_DENIED: 7,
  RESOURCE_EXHAUSTED: 8,
  FAILED_PRECONDITION: 9,
  ABORTED: 10,
  OUT_OF_RANGE: 11,
  UNIMPLEMENTED: 12,
  INTERNAL: 13,
  UNAVAILABLE: 14,
  DATA_LOSS: 15,
  UNAUTHENTICATED: 16,
} as const;

export type StatusName = keyof typeof STATUS_CODES;

/** A status that says that something went wrong: every one but OK. */
export type ErrorStatusName = Exclude<StatusName, 'OK'>;

const NAMES: ReadonlyMap<number, string> = new Map(
  Object.entries(STATUS_CODES).map(([name, code]) => [code, name]),
);

/** `NOT_FOUND` for 5; a number that gRPC does not know is shown as `STATUS_<number>`. */
export function statusName(code: number): string {
  return NAMES.get(code) ?? `STATUS_${code}`;
}
