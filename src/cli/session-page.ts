import { supportsUnicode, wantsColor } from '../observe/color.js';
import { textWidth, truncate } from '../observe/printable.js';
import { createStyle, type Paint, type Style } from '../observe/style.js';
import type { CliIo } from './io.js';

/** What is read by everybody where the width is not known: a log, a pipe. */
const DEFAULT_WIDTH = 80;

/** A piece of a line, and how it is painted. */
export interface Piece {
  readonly text: string;
  readonly paint?: Paint;
}

/** Where the answer of a command is shown to people: stdout, its colours and its width. */
export interface Page {
  readonly style: Style;
  readonly width: number;
  print(lines: readonly string[]): void;
}

export function openPage({ stdout, env }: Pick<CliIo, 'stdout' | 'env'>): Page {
  const color = wantsColor({ flag: undefined, env, stream: stdout });
  return {
    style: createStyle({ color, unicode: supportsUnicode(env) }),
    width: stdout.columns || DEFAULT_WIDTH,
    print: (lines) => {
      stdout.write(lines.map((line) => `${line}\n`).join(''));
    },
  };
}

/** One line of pieces; what does not fit is cut off its end. */
export function joinPieces(
  pieces: readonly Piece[],
  { width, style }: Pick<Page, 'width' | 'style'>,
): string {
  let room = width;
  let line = '';
  for (const { text, paint = (same: string) => same } of pieces) {
    if (room <= 0) break;
    const shown = truncate(text, room, style.ellipsis);
    room -= textWidth(shown);
    line += paint(shown);
    if (shown !== text) break;
  }
  return line;
}

/** `1 call`, `2 calls`. */
export function counted(count: number, one: string, many = `${one}s`): string {
  return `${count} ${count === 1 ? one : many}`;
}
