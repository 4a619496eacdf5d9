import { expect, it } from 'vitest';
import { BUILD_OUTPUT_BYTES, BuildOutput } from '../../../src/process/build-output.js';

it('keeps everything up to the limit', () => {
  const output = new BuildOutput();
  const text = `no line end ${'x'.repeat(BUILD_OUTPUT_BYTES - 12)}`;
  output.add(Buffer.from(text));
  expect(output.text()).toBe(text);
});

it.each([1, 7, 1000, 200_000])('keeps the last whole lines, from pieces of %i bytes', (size) => {
  const output = new BuildOutput();
  const text = Array.from({ length: 30_000 }, (_, at) => `line ${at}\n`).join('');
  const bytes = Buffer.from(text);
  for (let at = 0; at < bytes.length; at += size) output.add(bytes.subarray(at, at + size));
  const kept = output.text();
  expect(text.endsWith(kept)).toBe(true);
  expect(kept).toMatch(/^line \d+\n/);
  expect(kept.length).toBeGreaterThan(BUILD_OUTPUT_BYTES - 12);
  expect(kept.length).toBeLessThanOrEqual(BUILD_OUTPUT_BYTES);
});
