import { supportsUnicode } from './color.js';
import { narrate } from './narrate.js';
import { PrefixedOutput } from './prefixed-output.js';
import { RecentOutput } from './recent-output.js';
import { Screen } from './screen.js';
import { initialStatus, reduceStatus, withServices } from './status.js';
import { formatStatusLine } from './status-line.js';
import { createStyle } from './style.js';
import type { Gauges, Reporter, ReporterOptions } from './types.js';

/** A terminal: finished lines and the child's output above, one status line that changes at the bottom. */
export function reportToTerminal(options: ReporterOptions): Reporter {
  const { stdout, stderr, verbose, color, keys } = options;
  const style = createStyle({ color, unicode: supportsUnicode(options.env ?? process.env) });
  let { services } = options;
  let showService = services.length > 1;
  let status = initialStatus(services);
  let gauges: Gauges = { held: 0, calls: 0, jobs: 0 };
  let isSessionClosed = false;
  const recent = new RecentOutput();

  const screen = new Screen({
    stdout,
    stderr,
    compose: (width) => (isSessionClosed ? null : formatStatusLine(status, { style, gauges, keys, width })),
    ...(options.clock === undefined ? {} : { clock: options.clock }),
  });
  const prefixed = new PrefixedOutput({
    services,
    style,
    write: (stream, chunk) => screen.write(stream, chunk),
  });

  const print = (lines: readonly string[]): void => {
    if (lines.length > 0) recent.clear();
    screen.print(lines);
  };

  return {
    sink(event) {
      if (event.type === 'generation.stopped' || event.type === 'generation.failed') {
        prefixed.end(event.service);
      }
      if (event.type === 'session.closed') isSessionClosed = true;
      const before = status;
      status = reduceStatus(before, event);
      const width = screen.columns;
      const isJustShown = (tail: readonly string[]) => recent.endsWith(tail);
      const step = { before, after: status };
      print(narrate(event, step, { style, verbose, showService, width, isJustShown }));
      screen.refresh();
    },
    output(service, stream, chunk) {
      if (!showService) {
        recent.add(chunk);
        screen.write(stream, chunk);
      } else prefixed.push(service, stream, chunk);
    },
    gauges(now) {
      gauges = now;
      screen.refresh();
    },
    setServices(names) {
      status = withServices(status, names);
      for (const service of services) prefixed.end(service);
      services = names;
      showService = names.length > 1;
      prefixed.setServices(names);
      screen.refresh();
    },
    print,
    clear: () => screen.clear(),
    suspend: () => screen.suspend(),
    close() {
      for (const service of services) prefixed.end(service);
      screen.close();
    },
  };
}
