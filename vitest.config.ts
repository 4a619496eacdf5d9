import { defineConfig } from 'vitest/config';

const UNDER_LOAD = [
  'test/e2e/dev/**/*.test.ts',
  'test/e2e/run/rolling.test.ts',
  'test/e2e/upstream/{agent-*,several-sessions,server,edge*,live-config}.test.ts',
];

export default defineConfig({
  test: {
    reporters: ['default', './test/support/summary-reporter.ts'],
    projects: [
      {
        test: {
          name: 'unit',
          include: ['test/unit/**/*.test.ts'],
          testTimeout: 30_000,
          sequence: { groupOrder: 0 },
        },
      },
      {
        // Real processes, with few calls: these do not disturb each other.
        test: {
          name: 'e2e',
          include: ['test/e2e/**/*.test.ts'],
          exclude: UNDER_LOAD,
          testTimeout: 180_000,
          hookTimeout: 60_000,
          // Most of them wait most of the time, also where there are only two cores.
          maxWorkers: 2,
          sequence: { groupOrder: 1 },
        },
      },
      {
        // Real processes under steady calls: no more at a time than there are cores on a small machine.
        test: {
          name: 'e2e-load',
          include: UNDER_LOAD,
          testTimeout: 180_000,
          hookTimeout: 60_000,
          maxWorkers: 2,
          sequence: { groupOrder: 2 },
        },
      },
      {
        // Every SDK from outside; a language is a file. While one builds plugins, the others wait most of the time.
        test: {
          name: 'conformance',
          include: ['test/conformance/**/*.test.ts'],
          testTimeout: 180_000,
          hookTimeout: 60_000,
          maxWorkers: 2,
          sequence: { groupOrder: 3 },
        },
      },
      {
        // The package as users get it: packed, installed into an empty folder, run from there.
        test: {
          name: 'package',
          include: ['test/package/**/*.test.ts'],
          testTimeout: 300_000,
          hookTimeout: 300_000,
          fileParallelism: false,
          sequence: { groupOrder: 4 },
        },
      },
    ],
  },
});
