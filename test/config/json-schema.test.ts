import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import { describe, expect, test } from "vitest";
import { buildScalersJsonSchema, SCHEMA_FILE } from "../../config/json-schema.ts";
import { validateFile, validateText } from "../../config/validate-file.ts";

const root = resolve(import.meta.dirname, "../..");
const committed: unknown = JSON.parse(readFileSync(resolve(root, SCHEMA_FILE), "utf8"));

/** Every setting in a JSON schema, by its path, with its own schema. */
function settingsIn(schema: unknown, path = ""): [string, object][] {
  if (typeof schema !== "object" || schema === null) return [];
  const properties = "properties" in schema ? Object.entries(Object(schema.properties)) : [];
  const own = properties.flatMap(([key, value]): [string, object][] => [
    [`${path}${key}`, Object(value)],
    ...settingsIn(value, `${path}${key}.`),
  ]);
  const items = "items" in schema ? settingsIn(schema.items, path) : [];
  return [...own, ...items];
}

describe("scalers.schema.json", () => {
  test("is current (if not: npm run generate)", () => {
    expect(committed).toEqual(JSON.parse(JSON.stringify(buildScalersJsonSchema())));
  });

  test("explains every setting", () => {
    const settings = settingsIn(committed);
    const unexplained = settings.filter(([, schema]) => !("description" in schema));
    expect(unexplained.map(([path]) => path)).toEqual([]);
    expect(settings.map(([path]) => path)).toContain("clusters.scalers.scaleIn.factor");
  });

  test("asks for what no defaults can give, and for one of queue and queues", () => {
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

describe("the scalers.yml that ships", () => {
  const path = resolve(root, "scalers.yml");

  test("is fine: one cluster, one scaler, no warning", () => {
    const { loops, problems, warnings } = validateFile(path);
    expect([...problems, ...warnings]).toEqual([]);
    expect(loops.map(({ name, scalers }) => [name, scalers.length])).toEqual([["main", 1]]);
  });

  test("names its schema to editors in its first line", () => {
    const [first] = readFileSync(path, "utf8").split("\n");
    expect(first).toBe(`# yaml-language-server: $schema=./${SCHEMA_FILE}`);
  });

  test("is fine with every one of its comments that holds a setting taken in", () => {
    const text = readFileSync(path, "utf8");
    const settings = /^( *)# (?=(?:[a-zA-Z]+: |- queue: | {2}[a-z][a-zA-Z]+: )\S)/gm;
    const { problems } = validateText(text.replaceAll(settings, "$1"), "scalers.yml");
    expect(problems).toEqual([]);
  });
});
