import { spawnSync } from "node:child_process";
import { describe, expect, test } from "vitest";
import { formatCommandLine } from "../../../cli/terminal/command-line.ts";

describe("a command line", () => {
  test("is what a person would write", () => {
    expect(formatCommandLine(["simulate", "--boot", "35,p95=70", "--report", "out/a.html"])).toBe(
      "npx buildkite-scaling-loop simulate --boot 35,p95=70 --report out/a.html",
    );
  });

  test.each(["a b", "it's", "$HOME", "`x`", "a;b", "", "*", "~", "#x", "ü"])(
    "gives a shell the argument %j again",
    (argument) => {
      const line = formatCommandLine([argument]).replace(/^npx \S+/, "printf %s");
      expect(spawnSync("sh", ["-c", line], { encoding: "utf8" }).stdout).toBe(argument);
    },
  );
});
