import { assertNever } from '../core/failure.js';
import { labelled } from './instance-label.js';
import type { OutputStream, Reporter, ReporterMode, ReporterOptions } from './types.js';

/** How to report: JSON where it was asked for, a status line on a terminal, plain lines in logs and in CI. */
export function chooseMode(options: {
  readonly json: boolean;
  readonly env: NodeJS.ProcessEnv;
  readonly stderr: Pick<OutputStream, 'isTTY'>;
}): ReporterMode {
  if (options.json) return 'json';
  const { CI: ci, TERM: term } = options.env;
  const isContinuousIntegration = ci !== undefined && ci !== '' && ci !== '0' && ci !== 'false';
  if (isContinuousIntegration || term === 'dumb') return 'plain';
  return options.stderr.isTTY === true ? 'terminal' : 'plain';
}

/** Opens the reporter of a session; only the code of its mode is loaded. */
export async function createReporter(options: ReporterOptions): Promise<Reporter> {
  surviveClosing(options.stdout);
  surviveClosing(options.stderr);
  switch (options.mode) {
    case 'json': {
      const { reportJsonLines } = await import('./json-lines.js');
      return reportJsonLines(options);
    }
    case 'silent': {
      const { silentReporter } = await import('./silent.js');
      return silentReporter;
    }
    case 'plain': {
      const { reportPlainLines } = await import('./plain.js');
      return labellingInstances(reportPlainLines(options));
    }
    case 'terminal': {
      const { reportToTerminal } = await import('./terminal.js');
      return labellingInstances(reportToTerminal(options));
    }
    default:
      return assertNever(options.mode);
  }
}

/** People see each instance as if it were a service. */
function labellingInstances(reporter: Reporter): Reporter {
  return { ...reporter, sink: (event) => reporter.sink(labelled(event)) };
}

/** A reader that goes away (`croupier dev | head`) must not end the session: without a listener it would. */
function surviveClosing(stream: OutputStream): void {
  stream.on('error', ignoreError);
}

function ignoreError(): void {}
