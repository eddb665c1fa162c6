import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import { describe, expect, test } from "vitest";
import { buildScalersJsonSchema, SCHEMA_FILE } from "../../config/json-schema.ts";
import { validateFile, validateText } from "../../config/validate-file.ts";

const root = resolve(import.meta.dirname, "../..");
const committed: unknown = JSON.parse(readFileSync(resolve(root, SCHEMA_FILE), "utf8"));

/** Lists every setting in a JSON schema: its path and its schema. */
function listSettings(schema: unknown, path = ""): [string, object][] {
  if (typeof schema !== "object" || schema === null) return [];
  const properties = "properties" in schema ? Object.entries(Object(schema.properties)) : [];
  const own = properties.flatMap(([key, value]): [string, object][] => [
    [`${path}${key}`, Object(value)],
    ...listSettings(value, `${path}${key}.`),
  ]);
  const items = "items" in schema ? listSettings(schema.items, path) : [];
  return [...own, ...items];
}

describe("scalers.schema.json", () => {
  test("is current (if not: npm run generate)", () => {
    expect(committed).toEqual(JSON.parse(JSON.stringify(buildScalersJsonSchema())));
  });

  test("describes every setting", () => {
    const settings = listSettings(committed);
    const unexplained = settings.filter(([, schema]) => !("description" in schema));
    expect(unexplained.map(([path]) => path)).toEqual([]);
    expect(settings.map(([path]) => path)).toContain("clusters.scalers.scaleIn.factor");
  });

  test("requires the settings that cannot be in defaults, and one of queue and queues", () => {
    expect(committed).toMatchObject({
      required: ["clusters"],
      properties: {
        clusters: {
          items: {
            required: ["name", "agentTokenParameter", "scalers"],
            properties: {
              scalers: {
                items: {
                  required: ["group"],
                  oneOf: [{ required: ["queue"] }, { required: ["queues"] }],
                  additionalProperties: false,
                },
              },
            },
          },
        },
      },
    });
  });
});

describe("the scalers.yml of this project", () => {
  const path = resolve(root, "scalers.yml");

  test("has one cluster and one scaler, without problems and warnings", () => {
    const { loops, problems, warnings } = validateFile(path);
    expect([...problems, ...warnings]).toEqual([]);
    expect(loops.map(({ name, scalers }) => [name, scalers.length])).toEqual([["main", 1]]);
  });

  test("names its schema for editors in the first line", () => {
    const [first] = readFileSync(path, "utf8").split("\n");
    expect(first).toBe(`# yaml-language-server: $schema=./${SCHEMA_FILE}`);
  });

  test("has no problems if all settings in its comments are set", () => {
    const text = readFileSync(path, "utf8");
    const settings = /^( *)# (?=(?:[a-zA-Z]+: |- queue: | {2}[a-z][a-zA-Z]+: )\S)/gm;
    const { problems } = validateText(text.replaceAll(settings, "$1"), "scalers.yml");
    expect(problems).toEqual([]);
  });
});
