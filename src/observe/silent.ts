import type { Reporter } from './types.js';

/** Prints nothing: who runs the session tells about it himself. */
export const silentReporter: Reporter = {
  sink: () => undefined,
  output: () => undefined,
  gauges: () => undefined,
  setServices: () => undefined,
  print: () => undefined,
  clear: () => undefined,
  suspend: () => () => undefined,
  close: () => undefined,
};
