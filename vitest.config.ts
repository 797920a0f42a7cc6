import { defineConfig } from 'vitest/config';

/** Projects whose files start real processes, browsers or databases: one file after another. */
const sequential = { fileParallelism: false, isolate: true, pool: 'forks' } as const;

export default defineConfig({
  test: {
    projects: [
      {
        test: {
          name: 'unit',
          include: [
            'packages/*/src/**/*.test.{ts,tsx}',
            'apps/*/src/**/*.test.{ts,tsx}',
            'scripts/**/*.test.{ts,mjs}',
          ],
          pool: 'forks',
          // Some start a process, and the machine may be busy with the rest of the suite.
          testTimeout: 20_000,
        },
      },
      {
        test: {
          ...sequential,
          name: 'contract',
          include: ['tests/contract/**/*.test.ts'],
          testTimeout: 20_000,
          hookTimeout: 60_000,
        },
      },
      {
        test: {
          ...sequential,
          name: 'scenario',
          include: ['tests/scenario/**/*.test.ts'],
          testTimeout: 60_000,
          hookTimeout: 120_000,
        },
      },
      {
        test: {
          ...sequential,
          name: 'e2e',
          include: ['tests/e2e/**/*.test.ts'],
          testTimeout: 90_000,
          hookTimeout: 120_000,
        },
      },
    ],
  },
});
