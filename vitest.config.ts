import { defineConfig } from "vitest/config";

export default defineConfig({
  test: {
    include: ["test/**/*.test.ts"],
    exclude: ["**/*.slow.test.ts"],
    unstubEnvs: true,
    testTimeout: 60_000, // Against tests that hang. On a busy machine, properties take many seconds.
    env: { LOG_LEVEL: "SILENT" },
    coverage: {
      provider: "v8",
      include: ["{functions,deploy,config,cli,local,simulation,scripts}/**/*.ts"],
      reporter: ["text-summary", "html"],
      reportsDirectory: "out/coverage",
    },
  },
});
