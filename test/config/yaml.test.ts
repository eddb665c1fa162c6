import { describe, expect, test } from "vitest";
import type { Path } from "../../config/setting-path.ts";
import { readYaml } from "../../config/yaml.ts";

const TEXT = [
  "# a comment", //                       1
  "clusters:", //                         2
  "  - name: main", //                    3
  "    scalers:", //                      4
  "      - &web", //                      5
  "        group: web", //                6
  "        scaleIn: &in", //              7
  "          factor: 1", //               8
  "      - <<: *web", //                  9
  "        group: large", //             10
  "      - <<: [*web, {queue: a}]", //   11
  "      - scaleIn: *in", //             12
].join("\n");

const SCALERS: Path = ["clusters", 0, "scalers"];

describe("the line of a path in a file:", () => {
  test.each<{ name: string; path: Path; line: number }>([
    { name: "the whole file", path: [], line: 2 },
    { name: "a key", path: ["clusters"], line: 2 },
    { name: "an item", path: ["clusters", 0], line: 3 },
    { name: "a setting", path: [...SCALERS, 0, "scaleIn", "factor"], line: 8 },
    { name: "a missing setting", path: [...SCALERS, 1, "queue"], line: 9 },
    {
      name: "an own setting of a mapping with merged settings",
      path: [...SCALERS, 1, "group"],
      line: 10,
    },
    { name: "a merged setting", path: [...SCALERS, 1, "scaleIn", "factor"], line: 8 },
    {
      name: "a setting of the second of two merged mappings",
      path: [...SCALERS, 2, "queue"],
      line: 11,
    },
    { name: "a setting behind an alias", path: [...SCALERS, 3, "scaleIn", "factor"], line: 8 },
    { name: "a path that does not exist", path: ["defaults", "queue"], line: 2 },
  ])("$name", ({ path, line }) => {
    expect(readYaml(TEXT).findLine(path)).toBe(line);
  });

  test("is undefined in an empty file", () => {
    expect(readYaml("").findLine(["clusters"])).toBeUndefined();
  });
});

test("a byte order mark and Windows line ends are ignored", () => {
  const yaml = readYaml("\uFEFFa: 1\r\nb:\r\n  c: 2\r\n");
  expect(yaml.data).toEqual({ a: 1, b: { c: 2 } });
  expect(yaml.problems).toEqual([]);
  expect(yaml.findLine(["b", "c"])).toBe(3);
});

test("an anchor can have an alias in every entry of a large file", () => {
  const items = Array.from({ length: 3000 }, () => "  - *one");
  const { data, problems } = readYaml(["one: &one {a: 1}", "all:", ...items].join("\n"));
  expect(problems).toEqual([]);
  expect(data).toMatchObject({ all: items.map(() => ({ a: 1 })) });
});

test("aliases that expand exponentially are refused", () => {
  const times = (name: string) => `[${Array.from({ length: 10 }, () => `*${name}`).join(", ")}]`;
  const names = ["a", "b", "c", "d", "e", "f", "g"];
  const lines = names
    .slice(1)
    .map((name, index) => `${name}: &${name} ${times(names[index] ?? "")}`);
  const { data, problems } = readYaml(["a: &a [x, x]", ...lines].join("\n"));
  expect(data).toBeUndefined();
  expect(problems.map(({ what }) => what)).toEqual([
    "aliases and merge keys cannot be resolved: Excessive alias count indicates a resource exhaustion attack",
  ]);
});

test("yes and on are texts and 010 is a number, as in YAML 1.2", () => {
  expect(readYaml("[yes, on, 010, true]").data).toEqual(["yes", "on", 10, true]);
});
