/**
 * Everything that is expected to go wrong with one generation, as values. A throw is a bug.
 * `outputTail` holds the last lines of the process, newest last, at most 50.
 */
export type Failure =
  | {
      readonly reason: 'build-failed';
      readonly exitCode: number | null;
      readonly signal: string | null;
      readonly output: string;
    }
  | { readonly reason: 'build-timeout'; readonly afterMs: number; readonly output: string }
  | { readonly reason: 'spawn-failed'; readonly command: string; readonly message: string }
  | {
      readonly reason: 'exited';
      readonly exitCode: number | null;
      readonly signal: string | null;
      readonly outputTail: readonly string[];
    }
  | {
      readonly reason: 'address-in-use';
      readonly port: number | null;
      /** Who holds the port, such as `node server.js (pid 4711)`, where that can be found out. */
      readonly holder: string | null;
      readonly exitCode: number | null;
      readonly signal: string | null;
      readonly outputTail: readonly string[];
    }
  | {
      readonly reason: 'not-ready';
      readonly afterMs: number;
      readonly waitedFor: string;
      readonly outputTail: readonly string[];
    };

/** Lines of a failed generation's output that are kept and shown. */
export const OUTPUT_TAIL_LINES = 50;

/** One sentence for people: what went wrong, without the output. */
export function describeFailure(failure: Failure): string {
  switch (failure.reason) {
    case 'build-failed':
      return failure.signal === null
        ? `the build failed with exit code ${failure.exitCode ?? 'unknown'}`
        : `the build was ended by ${failure.signal}`;
    case 'build-timeout':
      return `the build did not finish within ${failure.afterMs} ms`;
    case 'spawn-failed':
      return `could not start \`${failure.command}\`: ${failure.message}`;
    case 'exited':
      return failure.signal === null
        ? `the process exited with code ${failure.exitCode ?? 'unknown'}`
        : `the process was ended by ${failure.signal}`;
    case 'address-in-use': {
      const port = failure.port === null ? 'a port' : `port ${failure.port}`;
      return `${port} is in use${failure.holder === null ? '' : ` by ${failure.holder}`}`;
    }
    case 'not-ready':
      return `not ready after ${failure.afterMs} ms: waited for ${failure.waitedFor}`;
    default:
      return assertNever(failure);
  }
}

/** The output that belongs to a failure, oldest line first. */
export function failureOutput(failure: Failure): readonly string[] {
  switch (failure.reason) {
    case 'build-failed':
    case 'build-timeout':
      return failure.output === ''
        ? []
        : failure.output.replace(/\n$/, '').split('\n').slice(-OUTPUT_TAIL_LINES);
    case 'spawn-failed':
      return [];
    case 'exited':
    case 'address-in-use':
    case 'not-ready':
      return failure.outputTail;
    default:
      return assertNever(failure);
  }
}

/** Ends an exhaustive switch: the compiler proves that it is never reached. */
export function assertNever(value: never): never {
  throw new Error(`unreachable: ${JSON.stringify(value)}`);
}
