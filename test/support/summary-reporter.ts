import type { Reporter, TestModule } from 'vitest/node';

/** Prints one plain line at the very end: `12 passed, 0 failed, 1 skipped`. Scripts read it. */
export default class SummaryReporter implements Reporter {
  onTestRunEnd(modules: readonly TestModule[]): void {
    const counts = { passed: 0, failed: 0, skipped: 0, pending: 0 };
    let broken = 0;
    for (const module of modules) {
      // A file that could not be loaded has no tests to count.
      if (module.errors().length > 0) broken += 1;
      for (const test of module.children.allTests()) counts[test.result().state] += 1;
    }
    const { passed, skipped, pending } = counts;
    const failed = counts.failed + pending + broken;
    // After the other reporters, which print when the run has ended.
    process.on('exit', () =>
      process.stdout.write(`${passed} passed, ${failed} failed, ${skipped} skipped\n`),
    );
  }
}
