import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { stripVTControlCharacters } from "node:util";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { readFirstLoop } from "../../../cli/try/read-loop.ts";

let folder = "";
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "loop-from-"));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** The loop of a file with these lines, and the printed lines. */
function readFrom(...lines: string[]) {
  const path = join(folder, "scalers.yml");
  writeFileSync(path, lines.join("\n"));
  const printed: string[] = [];
  const loop = readFirstLoop(path, (line) =>
    printed.push(stripVTControlCharacters(line).replaceAll(path, "scalers.yml")),
  );
  return { loop, printed };
}

function cluster(name: string, ...scalers: string[]): string {
  return `  - {name: ${name}, agentTokenParameter: /token, scalers: [${scalers.join(", ")}]}`;
}

const SCALER = "{queue: default, group: web, agentsPerInstance: 1}";

describe("the first loop of a scalers file", () => {
  test("has the settings of its cluster", () => {
    expect(readFrom("clusters:", cluster("main", SCALER))).toEqual({
      loop: {
        name: "main",
        agentTokenParameter: "/token",
        scalers: [{ queue: "default", group: "web", agentsPerInstance: 1 }],
      },
      printed: [],
    });
  });

  test("is the first of several; a line says so", () => {
    const ios = SCALER.replace("web", "ios");
    const mac = SCALER.replace("web", "mac");
    const { loop, printed } = readFrom(
      "clusters:",
      ...[cluster("main", SCALER), cluster("b", ios), cluster("c", mac)],
    );
    expect(loop?.name).toBe("main");
    expect(printed).toEqual(["scalers.yml: only main is run, not b, c"]);
  });

  test("is undefined if the file has problems; all problems are printed", () => {
    const wrong = "{queue: default, group: web, agentsPerInstance: 0, dryrun: true}";
    const { loop, printed } = readFrom("clusters:", cluster("main", wrong));
    expect(loop).toBeUndefined();
    expect(printed).toHaveLength(2);
    expect(printed.join("\n")).toContain("agentsPerInstance");
    expect(printed.join("\n")).toContain("dryrun");
  });

  test("is undefined if there is no such file; a line says so", () => {
    const printed: string[] = [];
    const path = join(folder, "missing.yml");
    expect(readFirstLoop(path, (line) => printed.push(line))).toBeUndefined();
    expect(printed.join("\n")).toContain("missing.yml");
  });
});
