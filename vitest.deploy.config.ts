import { defineConfig } from "vitest/config";

/** What packages the project with Serverless: slower, and one at a time, for all build in one folder. */
export default defineConfig({
  test: {
    include: ["test/deploy/**/*.slow.test.ts"],
    fileParallelism: false,
    testTimeout: 120_000,
    hookTimeout: 120_000,
    unstubEnvs: true,
    env: { LOG_LEVEL: "SILENT" },
  },
});
