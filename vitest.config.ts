import { defineConfig } from 'vitest/config';

/** Projects whose files start real processes, browsers or databases: one file after another. */
const sequential = { fileParallelism: false, isolate: true, pool: 'forks' } as const;

/**
 * How long a condition may take until it is so: a limit for what is broken, many times what is measured on an idle
 * machine, for the next one is slower or busy. (Vitest's own limit for `expect.poll` is one second.)
 */
const patient = { expect: { poll: { timeout: 30_000, interval: 50 } } } as const;

/** Which cases property tests try. */
const seeded = { setupFiles: 'tests/setup/property-tests.ts' } as const;

export default defineConfig({
  test: {
    projects: [
      {
        test: {
          ...patient,
          ...seeded,
          name: 'unit',
          include: [
            'packages/*/src/**/*.test.{ts,tsx}',
            'apps/*/src/**/*.test.{ts,tsx}',
            'scripts/**/*.test.{ts,mjs}',
          ],
          pool: 'forks',
          // Some start a process or draw whole pages, and the machine may be busy with the rest of the suite.
          testTimeout: 90_000,
          hookTimeout: 90_000,
        },
      },
      {
        test: {
          ...sequential,
          ...patient,
          ...seeded,
          name: 'contract',
          include: ['tests/contract/**/*.test.ts'],
          testTimeout: 90_000,
          hookTimeout: 180_000,
        },
      },
      {
        test: {
          ...sequential,
          ...patient,
          ...seeded,
          name: 'scenario',
          include: ['tests/scenario/**/*.test.ts'],
          testTimeout: 180_000,
          hookTimeout: 180_000,
        },
      },
      {
        test: {
          ...sequential,
          ...patient,
          name: 'e2e',
          include: ['tests/e2e/**/*.test.ts'],
          testTimeout: 240_000,
          hookTimeout: 180_000,
        },
      },
    ],
  },
});
