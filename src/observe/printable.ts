import { stripVTControlCharacters } from 'node:util';

// biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what is looked for
const CONTROL = /[\u0000-\u001f\u007f-\u009f]/g;

/**
 * Text from elsewhere (function ids, file names, messages of a child) as one line that cannot move the cursor:
 * escape sequences are dropped, other control characters become a space.
 */
export function printable(text: string): string {
  return stripVTControlCharacters(text).replace(CONTROL, ' ');
}

// biome-ignore lint/suspicious/noControlCharactersInRegex: an escape sequence begins with a control character
const SEQUENCE = /\u001b(?:\[[0-?]*[ -/]*[@-~]|\][^\u0007\u001b]*(?:\u0007|\u001b\\)?|[ -/]*[0-~])/g;
// biome-ignore lint/suspicious/noControlCharactersInRegex: as above
const COLOR = /^\u001b\[[0-9;:]*m$/;
// biome-ignore lint/suspicious/noControlCharactersInRegex: everything but tab and escape
const CONTROL_BUT_COLOR = /[\u0000-\u0008\u000a-\u001a\u001c-\u001f\u007f]/g;

/** A line of a child's output for a frame: its colours stay, what would move the cursor or clear the screen goes. */
export function keepColors(line: string): string {
  return line
    .replace(SEQUENCE, (sequence) => (COLOR.test(sequence) ? sequence : ''))
    .replace(CONTROL_BUT_COLOR, '');
}

/** Text without any complete escape sequence; what is left is visible, or control characters. */
export function withoutSequences(text: string): string {
  return text.replace(SEQUENCE, '');
}

const graphemes = new Intl.Segmenter('en', { granularity: 'grapheme' });
// East Asian Wide and Fullwidth blocks (Unicode Annex 11), and emoji, take two cells.
const WIDE =
  /[\u1100-\u115f\u2e80-\u303e\u3041-\u33ff\u3400-\u4dbf\u4e00-\u9fff\ua000-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe4f\uff00-\uff60\uffe0-\uffe6]|[\u{20000}-\u{3fffd}]|\p{Emoji_Presentation}/u;
const ASCII = /^[ -~]*$/;

/** Cells that a text without control characters takes in a terminal. */
export function textWidth(text: string): number {
  if (ASCII.test(text)) return text.length;
  let width = 0;
  for (const { segment } of graphemes.segment(text)) width += WIDE.test(segment) ? 2 : 1;
  return width;
}

/** The text, cut so that it takes at most `width` cells; what was cut is shown by the ellipsis. */
export function truncate(text: string, width: number, ellipsis: string): string {
  if (textWidth(text) <= width) return text;
  const room = width - textWidth(ellipsis);
  if (room <= 0) return ellipsis.slice(0, Math.max(0, width));
  let kept = '';
  let used = 0;
  for (const { segment } of graphemes.segment(text)) {
    used += WIDE.test(segment) ? 2 : 1;
    if (used > room) break;
    kept += segment;
  }
  return kept + ellipsis;
}
