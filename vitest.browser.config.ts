import { defineConfig } from "vitest/config";

/** Tests of the report in a real browser. They run one at a time, because they measure durations. */
export default defineConfig({
  test: {
    include: ["test/browser/**/*.browser.ts"],
    fileParallelism: false,
    testTimeout: 60_000,
    hookTimeout: 300_000,
  },
});
