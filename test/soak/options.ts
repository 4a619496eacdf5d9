import { parseArgs } from 'node:util';
import type { SwapStrategy } from '../../src/core/events.js';
import { err, ok, type Result } from '../../src/core/result.js';

export interface SoakOptions {
  readonly restarts: number;
  /** One session after the other. */
  readonly strategies: readonly SwapStrategy[];
  /** Calls a second. */
  readonly rate: number;
}

export const USAGE = `npm run soak -- [options]

  --restarts N                             saves for each strategy (default: 1000)
  --strategy overlap | stop-first | both   (default: both)
  --rate N                                 calls a second (default: 200)
`;

/** The error says in words what is wrong with the command line. */
export function parseOptions(argv: readonly string[]): Result<SoakOptions, string> {
  try {
    const { values } = parseArgs({
      args: [...argv],
      options: {
        restarts: { type: 'string', default: '1000' },
        strategy: { type: 'string', default: 'both' },
        rate: { type: 'string', default: '200' },
      },
    });
    const restarts = Number(values.restarts);
    const rate = Number(values.rate);
    if (!Number.isInteger(restarts) || restarts < 1) return err(`--restarts is a number, 1 or more`);
    if (!(rate > 0)) return err('--rate is a number of calls a second, more than 0');
    const strategies = strategiesOf(values.strategy);
    if (strategies === null) return err(`--strategy is overlap, stop-first or both; got ${values.strategy}`);
    return ok({ restarts, strategies, rate });
  } catch (error) {
    return err(error instanceof Error ? error.message : String(error));
  }
}

function strategiesOf(name: string): readonly SwapStrategy[] | null {
  switch (name) {
    case 'overlap':
    case 'stop-first':
      return [name];
    case 'both':
      return ['overlap', 'stop-first'];
    default:
      return null;
  }
}
