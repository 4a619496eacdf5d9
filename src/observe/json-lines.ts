import type { Reporter, ReporterOptions } from './types.js';

/** One event a line on stdout, as it is; nothing else. The child's output is among the events. */
export function reportJsonLines({ stdout }: ReporterOptions): Reporter {
  return {
    sink: (event) => {
      stdout.write(`${JSON.stringify(event)}\n`);
    },
    output: () => undefined,
    gauges: () => undefined,
    setServices: () => undefined,
    print: () => undefined,
    clear: () => undefined,
    suspend: () => () => undefined,
    close: () => undefined,
  };
}
