import { defineConfig } from "vitest/config";

export default defineConfig({
  test: {
    include: ["test/**/*.test.ts"],
    exclude: ["**/*.slow.test.ts"],
    unstubEnvs: true,
    env: { POWERTOOLS_LOG_LEVEL: "SILENT" },
  },
});
