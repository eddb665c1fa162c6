import { defineConfig } from "vitest/config";

export default defineConfig({
  test: {
    include: ["test/**/*.test.ts"],
    exclude: ["**/*.slow.test.ts"],
    unstubEnvs: true,
    env: { LOG_LEVEL: "SILENT" },
  },
});
