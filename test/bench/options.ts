import { parseArgs } from 'node:util';
import { err, ok, type Result } from '../../src/core/result.js';

export const SECTION_NAMES = ['reload', 'hot', 'languages', 'gateway', 'watch', 'startup'] as const;

export type SectionName = (typeof SECTION_NAMES)[number];

export interface BenchOptions {
  readonly sections: readonly SectionName[];
  /** null: what each section takes by itself. */
  readonly saves: number | null;
  /** Where the figures go as JSON; null: nowhere. */
  readonly json: string | null;
}

export const USAGE = `npm run bench -- [options]

  --only ${SECTION_NAMES.join(',')}   which sections to measure (default: all)
  --saves N                            saves for each tool in the sections reload (default: 20), hot (30) and languages (15)
  --json FILE                          write the figures there as well
`;

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
    const saves = values.saves === undefined ? null : Number(values.saves);
    if (saves !== null && (!Number.isInteger(saves) || saves < 1))
      return err(`--saves is a number, 1 or more; got ${values.saves}`);
    const sections = SECTION_NAMES.filter((name) => names.includes(name));
    return ok({ sections, saves, json: values.json ?? null });
  } catch (error) {
    return err(error instanceof Error ? error.message : String(error));
  }
}
