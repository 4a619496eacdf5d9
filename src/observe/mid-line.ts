import { withoutSequences } from './printable.js';

const NEWLINE = 0x0a;
/** A last line longer than this is not looked at any closer: nobody writes so many colours and no text. */
const LOOKED_AT_BYTES = 4096;

/**
 * Whether the cursor of a terminal stands behind an unfinished line after these bytes. Escape sequences alone (a colour
 * that is reset after the line end) leave a line empty; half a sequence or half a character does not.
 */
export function endsMidLine(chunk: Uint8Array, wasMidLine: boolean): boolean {
  const bytes = Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength);
  const newline = bytes.lastIndexOf(NEWLINE);
  if (newline === -1 && wasMidLine) return true;
  const tail = bytes.subarray(newline + 1);
  if (tail.length > LOOKED_AT_BYTES) return true;
  return withoutSequences(tail.toString('latin1')) !== '';
}
