import { supportsUnicode } from './color.js';
import { narrate } from './narrate.js';
import { PrefixedOutput } from './prefixed-output.js';
import { RecentOutput } from './recent-output.js';
import { initialStatus, reduceStatus, withServices } from './status.js';
import { createStyle } from './style.js';
import type { Reporter, ReporterOptions } from './types.js';

const PREFIX = '[croupier] ';
const NEWLINE = 0x0a;

/** Lines only, for logs: ours on stderr behind a prefix, the child's where it wrote them, untouched. */
export function reportPlainLines(options: ReporterOptions): Reporter {
  const { stdout, stderr, verbose, color } = options;
  const style = createStyle({ color, unicode: supportsUnicode(options.env ?? process.env) });
  let { services } = options;
  let showService = services.length > 1;
  let status = initialStatus(services);
  /** The child left a line open on stderr: ours must not be glued to it. */
  let isLineOpen = false;
  const recent = new RecentOutput();

  const write = (stream: 'stdout' | 'stderr', chunk: Uint8Array): void => {
    if (chunk.length === 0) return;
    recent.add(chunk);
    if (stream === 'stderr') isLineOpen = chunk.at(-1) !== NEWLINE;
    (stream === 'stdout' ? stdout : stderr).write(chunk);
  };
  const prefixed = new PrefixedOutput({ services, style, write });
  const print = (lines: readonly string[]): void => {
    if (lines.length === 0) return;
    stderr.write(`${isLineOpen ? '\n' : ''}${lines.map((line) => `${style.dim(PREFIX)}${line}\n`).join('')}`);
    isLineOpen = false;
    recent.clear();
  };

  return {
    sink(event) {
      if (event.type === 'generation.stopped' || event.type === 'generation.failed') {
        prefixed.end(event.service);
      }
      const before = status;
      status = reduceStatus(before, event);
      print(
        narrate(
          event,
          { before, after: status },
          { style, verbose, showService, width: null, isJustShown: (tail) => recent.endsWith(tail) },
        ),
      );
    },
    output(service, stream, chunk) {
      if (!showService) write(stream, chunk);
      else prefixed.push(service, stream, chunk);
    },
    gauges: () => undefined,
    setServices(names) {
      status = withServices(status, names);
      for (const service of services) prefixed.end(service);
      services = names;
      showService = names.length > 1;
      prefixed.setServices(names);
    },
    print,
    clear: () => undefined,
    suspend: () => () => undefined,
    close() {
      for (const service of services) prefixed.end(service);
    },
  };
}
