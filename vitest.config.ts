import { defineConfig } from 'vitest/config';

const shared = {
  pool: 'forks',
  testTimeout: 120_000,
  // Some checks look at the whole server, which the files of a run share: on a busy machine one may see another's session.
  retry: process.env['CI'] === undefined ? 0 : 1,
  hookTimeout: 120_000,
  // oclif writes through the console; vitest's own would swallow it.
  disableConsoleIntercept: true,
} as const;

export default defineConfig({
  test: {
    maxWorkers: 2,
    // One throw-away server for all projects; it ends with the run, whatever its outcome.
    globalSetup: ['test/support/server.ts'],
    projects: [
      {
        test: {
          ...shared,
          name: 'unit',
          include: ['test/lib/**/*.test.ts'],
          exclude: ['test/lib/**/*.db.test.ts'],
        },
      },
      { test: { ...shared, name: 'db', include: ['test/lib/**/*.db.test.ts'] } },
      {
        test: {
          ...shared,
          name: 'cli',
          include: ['test/commands/**/*.test.ts', 'test/faults/**/*.test.ts'],
        },
      },
    ],
  },
});
