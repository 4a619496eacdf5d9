import { createInterface } from 'node:readline';
import type { InputStream, OutputStream } from './types.js';

export interface Question {
  readonly stdin: InputStream;
  readonly output: OutputStream;
  readonly prompt: string;
  /** What the line begins with. */
  readonly initial: string;
  /** Offered for Tab. */
  readonly completions: readonly string[];
  /** Earlier answers, newest first; the given answer is added. At most 50 are kept. */
  readonly history: string[];
  readonly signal: AbortSignal;
}

const HISTORY_LENGTH = 50;

/** Asks for one line with editing, history and completion; null: given up (Ctrl-C, Ctrl-D, or the signal). */
export function askLine(question: Question): Promise<string | null> {
  const { completions, history, signal } = question;
  if (signal.aborted) return Promise.resolve(null);
  const lines = createInterface({
    input: question.stdin,
    output: question.output,
    terminal: true,
    history: [...history],
    historySize: HISTORY_LENGTH,
    removeHistoryDuplicates: true,
    completer: (text: string) => [completions.filter((one) => one.startsWith(text)), text],
  });
  return new Promise((resolve) => {
    let answered: string | null = null;
    const giveUp = (): void => lines.close();
    signal.addEventListener('abort', giveUp, { once: true });
    lines.on('SIGINT', giveUp);
    lines.once('close', () => {
      signal.removeEventListener('abort', giveUp);
      // Given up in the middle of a line: whatever is printed next begins a new one.
      if (answered === null) question.output.write('\n');
      else remember(history, answered);
      resolve(answered);
    });
    lines.question(question.prompt, (answer) => {
      answered = answer;
      lines.close();
    });
    lines.write(question.initial);
  });
}

function remember(history: string[], answer: string): void {
  if (answer.trim() === '') return;
  const known = history.indexOf(answer);
  if (known !== -1) history.splice(known, 1);
  history.unshift(answer);
  history.length = Math.min(history.length, HISTORY_LENGTH);
}
