import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { cleanEnvironment, REPOSITORY } from '../support/dev-process.js';
import type { Section } from './section.js';
import { median } from './statistics.js';
import { formatTable } from './table.js';

const RUNS = 20;
/** How many times the start of Node itself `croupier --version` may take. */
const MAX_RATIO = 1.5;

/** Starts `croupier --version` and a Node that does nothing, in turns. */
export function measureStartup(): Section {
  const node: number[] = [];
  const croupier: number[] = [];
  for (let run = 0; run < RUNS; run++) {
    node.push(timeNode(['-e', '0']));
    croupier.push(timeNode([join(REPOSITORY, 'bin', 'croupier.js'), '--version']));
  }
  const ratio = median(croupier) / median(node);
  return {
    name: 'startup',
    title: `Start of the command line: ms, medians of ${RUNS} runs`,
    table: formatTable(
      ['', 'median', 'x node'],
      [
        ['node -e 0', median(node).toFixed(0), '1.00'],
        ['croupier --version', median(croupier).toFixed(0), ratio.toFixed(2)],
      ],
    ),
    aims: [
      {
        what: 'croupier --version takes little more than Node itself',
        figures: `${ratio.toFixed(2)} <= ${MAX_RATIO}`,
        met: ratio <= MAX_RATIO,
      },
    ],
    figures: { runs: RUNS, nodeMs: median(node), croupierMs: median(croupier), ratio },
  };
}

function timeNode(words: readonly string[]): number {
  const startedAt = performance.now();
  execFileSync(process.execPath, words, { env: cleanEnvironment(), stdio: 'ignore' });
  return performance.now() - startedAt;
}
