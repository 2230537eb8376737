import { defineConfig } from 'vitest/config';

/** Our modules keep nothing between files; to import them anew for each took a sixth of the time. */
const oneProcess = { isolate: false };

/** One project per budget of the test plan; `services` and everything after it share a real PostgreSQL per worker. */
export default defineConfig({
  test: {
    // Two on every machine, so that it is the same run everywhere. Each has a PostgreSQL of its own.
    maxWorkers: 2,
    reporters: ['default', './test/support/closing-line.ts'],
    projects: [
      project('domain', ['test/domain/**/*.test.ts', 'test/conformance/**/*.test.ts', 'test/dashboard/**/*.test.ts'], {
        // Pure functions share nothing: one process without isolation takes half the time.
        pool: 'threads',
        isolate: false,
      }),
      project('services', ['test/services/**/*.test.ts', 'test/http/**/*.test.ts', 'test/live/**/*.test.ts'], {
        ...oneProcess,
        globalSetup: ['test/support/postgres-server.ts'],
        testTimeout: 60_000,
        hookTimeout: 60_000,
      }),
      project('hosts', ['test/hosts/**/*.test.ts'], { testTimeout: 60_000, hookTimeout: 60_000 }),
      project('bot', ['test/bot/**/*.test.ts'], {
        ...oneProcess,
        globalSetup: ['test/support/postgres-server.ts'],
        testTimeout: 60_000,
        hookTimeout: 60_000,
      }),
      project('chaos', ['test/chaos/**/*.test.ts'], {
        globalSetup: ['test/support/postgres-server.ts'],
        testTimeout: 120_000,
        hookTimeout: 120_000,
      }),
      project('e2e', ['test/e2e/**/*.test.ts'], {
        globalSetup: ['test/support/postgres-server.ts'],
        testTimeout: 120_000,
        hookTimeout: 120_000,
      }),
    ],
  },
});

function project(name: string, include: string[], options: object) {
  // A second, the default, is no time on a machine that does everything else meanwhile.
  const expect = { poll: { timeout: 20_000, interval: 50 } };
  return { test: { name, include, environment: 'node', pool: 'forks' as const, expect, ...options } };
}
