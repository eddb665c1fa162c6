import { defineConfig } from "vitest/config";

/** What opens the report in a real browser: one at a time, for times are measured. */
export default defineConfig({
  test: {
    include: ["test/browser/**/*.browser.ts"],
    fileParallelism: false,
    testTimeout: 60_000,
    hookTimeout: 300_000,
  },
});
