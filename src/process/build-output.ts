/** How much of a build's output is kept, in bytes. */
export const BUILD_OUTPUT_BYTES = 64 * 1024;

/** The last 64 KiB of what was written, stdout and stderr interleaved as they came. */
export class BuildOutput {
  #chunks: Buffer[] = [];
  /** In the chunks that are kept. */
  #bytes = 0;
  #isCut = false;

  add(chunk: Buffer): void {
    this.#chunks.push(chunk);
    this.#bytes += chunk.length;
    if (this.#bytes <= 2 * BUILD_OUTPUT_BYTES) return;
    // Only now and then, so that a build that writes single bytes costs no more.
    this.#chunks = [Buffer.concat(this.#chunks).subarray(-BUILD_OUTPUT_BYTES)];
    this.#bytes = BUILD_OUTPUT_BYTES;
    this.#isCut = true;
  }

  /** Begins with a whole line where the beginning was dropped. */
  text(): string {
    const kept = Buffer.concat(this.#chunks);
    const tail = kept.subarray(-BUILD_OUTPUT_BYTES);
    const isCut = this.#isCut || tail.length < kept.length;
    const begin = isCut ? tail.indexOf('\n') + 1 : 0;
    return tail.toString('utf8', begin);
  }
}
