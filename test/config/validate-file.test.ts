import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import {
  formatFileProblem,
  validateData,
  validateFile,
  validateText,
} from "../../config/validate-file.ts";

let folder = "";
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "scalers-file-"));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

test("problems name the file as the user named it", () => {
  const path = join(folder, "scalers.prod.yml");
  writeFileSync(path, "clusters: []\n");
  const { loops, problems, warnings } = validateFile(path);
  expect([...loops, ...warnings]).toEqual([]);
  expect(problems.map(formatFileProblem)).toEqual([
    `${path}:1: clusters: [] is not allowed; allowed: at least one cluster`,
  ]);
});

test.each([
  { name: "a missing file", file: "no.yml", why: "there is no such file" },
  { name: "a folder", file: ".", why: "cannot be read: EISDIR" },
])("$name is a problem like any other", ({ file, why }) => {
  const path = join(folder, file);
  expect(validateFile(path)).toEqual({
    loops: [],
    events: new Map(),
    problems: [
      {
        file: path,
        where: "",
        what: `${why}; allowed: the path of a scalers file, such as scalers.yml`,
      },
    ],
    warnings: [],
  });
});

describe("data that never was text", () => {
  const SCALER = {
    queue: "default",
    group: "web",
    agentsPerInstance: 1,
    scaleIn: { graceful: true },
  };
  const CLUSTER = { name: "local", agentTokenParameter: "/token", scalers: [SCALER] };

  test("has the loops that the same text has", () => {
    const file = { clusters: [CLUSTER] };
    const result = validateData(file, "flags");
    expect(result).toEqual(validateText(JSON.stringify(file), "flags"));
    expect(result.loops).toEqual([CLUSTER]);
  });

  test("has problems without a line", () => {
    const file = { clusters: [{ ...CLUSTER, scalers: [{ ...SCALER, agentsPerInstance: 0 }] }] };
    expect(validateData(file, "flags").problems.map(formatFileProblem)).toEqual([
      "flags: clusters[0] (local): scalers[0] (web): agentsPerInstance: 0 is not allowed; allowed: a whole number of at least 1",
    ]);
  });
});
