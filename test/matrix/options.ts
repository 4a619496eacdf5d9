import { parseArgs } from 'node:util';
import type { SwapStrategy } from '../../src/core/events.js';
import { err, ok, type Result } from '../../src/core/result.js';
import { PROJECTS, type ProjectKind } from './projects.js';

export interface MatrixOptions {
  readonly projects: readonly ProjectKind[];
  readonly strategies: readonly SwapStrategy[];
  /** Saves for each project and strategy. */
  readonly edits: number;
  /** Calls a second. */
  readonly rate: number;
  /** Run the own tests of each project, too. */
  readonly tests: boolean;
  /** A slow project is run by the first strategy only; and one whose packages cannot be fetched is skipped with a line, as where its language is missing. */
  readonly isShort: boolean;
  /** Absolute or relative to the current folder; null: packed from this checkout. */
  readonly tarball: string | null;
}

const names = PROJECTS.map(({ name }) => name);

export const USAGE = `npm run matrix -- [options]

  --only ${names.join(',')}
                                            which projects (default: all whose language is there)
  --strategy overlap | stop-first | both    (default: both)
  --edits N                                 saves for each of them (default: 20)
  --rate N                                  calls a second (default: 50)
  --short                                   3 edits, without the tests of projects that have no SDK; a slow one by one strategy;
                                            what cannot be fetched is skipped with a line
  --tarball FILE                            the package to test (default: packed from this checkout)
`;

const SHORT_EDITS = 3;

/** The error says in words what is wrong with the command line. */
export function parseOptions(argv: readonly string[]): Result<MatrixOptions, string> {
  try {
    const { values } = parseArgs({
      args: [...argv],
      options: {
        only: { type: 'string' },
        strategy: { type: 'string', default: 'both' },
        edits: { type: 'string' },
        rate: { type: 'string', default: '50' },
        short: { type: 'boolean', default: false },
        tarball: { type: 'string' },
      },
    });
    const { short } = values;
    const wanted = values.only?.split(',') ?? names;
    const unknown = wanted.find((name) => !names.includes(name));
    if (unknown !== undefined) return err(`there is no project ${unknown}`);
    const edits = Number(values.edits ?? (short ? SHORT_EDITS : 20));
    if (!Number.isInteger(edits) || edits < 1) return err('--edits is a number, 1 or more');
    const rate = Number(values.rate);
    if (!(rate > 0)) return err('--rate is a number of calls a second, more than 0');
    const strategies = strategiesOf(values.strategy);
    if (strategies === null) return err(`--strategy is overlap, stop-first or both; got ${values.strategy}`);
    const projects = PROJECTS.filter(({ name }) => wanted.includes(name));
    return ok({
      projects,
      strategies,
      edits,
      rate,
      tests: !short,
      isShort: short,
      tarball: values.tarball ?? null,
    });
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
