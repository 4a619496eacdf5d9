import { stripVTControlCharacters } from 'node:util';
import { LineReader } from './output-tail.js';
import type { Child, Readiness } from './types.js';

/**
 * Waits for a line of output that matches, with or without its colours. Lines that were written before count as far as the child's
 * tail still has them. Throws SyntaxError for a pattern that is none: the configuration was checked before.
 */
export function waitForLine(pattern: string, child: Child, signal: AbortSignal): Promise<Readiness> {
  const expression = new RegExp(pattern);
  const matches = (line: string) => expression.test(line) || expression.test(stripVTControlCharacters(line));
  if (child.outputTail().some(matches)) return Promise.resolve({ ok: true });

  const readers = { stdout: new LineReader(), stderr: new LineReader() };
  return new Promise((resolve) => {
    const giveUp = () => resolve({ ok: false, waitedFor: `a line of output that matches /${pattern}/` });
    signal.addEventListener('abort', giveUp, { once: true });
    if (signal.aborted) giveUp();
    child.onOutput((stream, chunk) => {
      if (signal.aborted || !readers[stream].read(chunk).some(matches)) return;
      signal.removeEventListener('abort', giveUp);
      resolve({ ok: true });
    });
  });
}
