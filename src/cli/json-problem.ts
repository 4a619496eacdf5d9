/** Where a text stops being JSON. `line` and `column` count from 1. */
export interface JsonProblem {
  readonly message: string;
  readonly line: number;
  readonly column: number;
  /** The line of the text that it is in. */
  readonly text: string;
}

/** Null: the text is JSON. */
export function findJsonProblem(text: string): JsonProblem | null {
  const message = parseError(text);
  if (message === null) return null;
  const offset = offsetIn(message) ?? firstWrongOffset(text);
  const before = text.slice(0, offset).split('\n');
  return {
    // The position is told by line and column; the engine's own count and its quotation of the text add nothing.
    message: message
      .replace(/ in JSON at position.*$/s, '')
      .replace(/, (?:\.\.\.)?".*is not valid JSON$/s, ''),
    line: before.length,
    column: (before.at(-1) ?? '').length + 1,
    text: text.split('\n')[before.length - 1] ?? '',
  };
}

function parseError(text: string): string | null {
  try {
    JSON.parse(text);
    return null;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

function offsetIn(message: string): number | null {
  const digits = /at position (\d+)/.exec(message)?.[1];
  return digits === undefined ? null : Number(digits);
}

/**
 * Not every message of the engine has a position. The longest part of the text whose only fault is that it ends too
 * early ends where the text goes wrong.
 */
function firstWrongOffset(text: string): number {
  let good = 0;
  let bad = text.length + 1;
  while (bad - good > 1) {
    const middle = (good + bad) >>> 1;
    if (couldGoOn(text.slice(0, middle))) good = middle;
    else bad = middle;
  }
  return good;
}

function couldGoOn(part: string): boolean {
  const message = parseError(part);
  if (message === null) return true;
  if (/end of JSON input|Unterminated/.test(message)) return true;
  return (offsetIn(message) ?? -1) >= part.length;
}
