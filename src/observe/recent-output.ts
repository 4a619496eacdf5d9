/** As much of the last output is remembered, in bytes: 50 lines are seldom more. */
const REMEMBERED_BYTES = 16 * 1024;

/** The end of what was printed last, so that a failure does not repeat what stands right above it. */
export class RecentOutput {
  #text = '';

  /** Output of a process, as it was printed. */
  add(chunk: Uint8Array): void {
    const text = Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength).toString('utf8');
    this.#text = (this.#text + text).slice(-REMEMBERED_BYTES);
  }

  /** Lines of our own were printed in between. */
  clear(): void {
    this.#text = '';
  }

  /** Whether the output ends with exactly these lines. No lines: never. */
  endsWith(lines: readonly string[]): boolean {
    if (lines.length === 0) return false;
    const shown = this.#text.replaceAll('\r\n', '\n').trimEnd();
    return shown.endsWith(lines.join('\n').trimEnd());
  }
}
