import { parseArgs } from 'node:util';
import { err, ok, type Result } from '../../src/core/result.js';

export const SECTION_NAMES = ['reload', 'gateway', 'watch', 'startup'] as const;

export type SectionName = (typeof SECTION_NAMES)[number];

export interface BenchOptions {
  readonly sections: readonly SectionName[];
  readonly saves: number;
  /** Where the figures go as JSON; null: nowhere. */
  readonly json: string | null;
}

export const USAGE = `npm run bench -- [options]

  --only ${SECTION_NAMES.join(',')}   which sections to measure (default: all)
  --saves N                            saves for each tool in the section reload (default: 20)
  --json FILE                          write the figures there as well
`;

const DEFAULT_SAVES = 20;

/** The error says in words what is wrong with the command line. */
export function parseOptions(argv: readonly string[]): Result<BenchOptions, string> {
  try {
    const { values } = parseArgs({
      args: [...argv],
      options: { only: { type: 'string' }, saves: { type: 'string' }, json: { type: 'string' } },
    });
    const names = values.only?.split(',') ?? [...SECTION_NAMES];
    const unknown = names.find((name) => !SECTION_NAMES.some((known) => known === name));
    if (unknown !== undefined) return err(`there is no section ${unknown}`);
    const saves = Number(values.saves ?? DEFAULT_SAVES);
    if (!Number.isInteger(saves) || saves < 1)
      return err(`--saves is a number, 1 or more; got ${values.saves}`);
    const sections = SECTION_NAMES.filter((name) => names.includes(name));
    return ok({ sections, saves, json: values.json ?? null });
  } catch (error) {
    return err(error instanceof Error ? error.message : String(error));
  }
}
