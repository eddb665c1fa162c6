import { describe, expect, test } from "vitest";
import { isBareParticiple } from "../../../scripts/import-graph/bare-participle.ts";
import { countImports } from "../../../scripts/import-graph/count-imports.ts";

describe("imports between folders", () => {
  test("are counted for each pair of folders, without tests and without a folder's own", () => {
    const files = [
      { path: "cli/main.ts", imports: ["local/a.ts", "local/b.ts", "cli/flags.ts"] },
      { path: "local/a.ts", imports: ["functions/c.ts"] },
      { path: "test/a.test.ts", imports: ["cli/main.ts"] },
    ];
    expect(countImports(files, (path) => path.split("/")[0] ?? "")).toEqual([
      { from: "cli", to: "local", count: 2 },
      { from: "local", to: "functions", count: 1 },
    ]);
  });
});

describe("a bare participle", () => {
  test.each(["named", "held", "waiting", "unchanged"])("%s is one", (name) => {
    expect(isBareParticiple(name)).toBe(true);
  });

  test.each(["parseAnswer", "withName", "listen", "open", "answer", "seed"])(
    "%s is none",
    (name) => {
      expect(isBareParticiple(name)).toBe(false);
    },
  );
});
