import { type JsonSchema, toJsonSchema } from "@valibot/to-json-schema";
import { eventsSchema, writtenEntrySchema, writtenFileSchema } from "./file-schema.ts";
import type { Path } from "./setting-path.ts";
import { describeSetting, settingName } from "./setting-texts.ts";

/** The file of the JSON schema, in the folder of scalers.yml. The first line of scalers.yml names it for editors. */
export const SCHEMA_FILE = "scalers.schema.json";

/**
 * Builds the JSON schema of scalers.yml, with which editors complete and explain each setting. It
 * describes the shape; problems of several settings (a group in two entries, a setting that neither
 * an entry nor `defaults` has) are found by `validate`.
 */
export function buildScalersJsonSchema(): JsonSchema {
  const shape = toJsonSchema(writtenFileSchema, {
    typeMode: "input",
    ignoreActions: ["check", "finite"],
    overrideSchema: ({ valibotSchema, jsonSchema }) =>
      alternatives.has(valibotSchema)
        ? { ...jsonSchema, oneOf: alternatives.get(valibotSchema) }
        : undefined,
  });
  return {
    ...describeProperties(shape, []),
    title: "scalers.yml",
    description: "Which Buildkite queues set the size of which EC2 Auto Scaling groups.",
  };
}

/** Objects that need exactly one of two settings. */
const alternatives = new Map<unknown, JsonSchema[]>([
  [writtenEntrySchema, [{ required: ["queue"] }, { required: ["queues"] }]],
  [eventsSchema, [{ required: ["bus"] }, { required: ["source"] }]],
]);

/** Adds the description of every setting. The default of a group of settings, `{}`, says nothing. */
function describeProperties(schema: JsonSchema, path: Path): JsonSchema {
  const { default: byDefault, ...rest } = schema;
  const { properties, items } = rest;
  return {
    ...rest,
    ...(byDefault === undefined || typeof byDefault === "object" ? {} : { default: byDefault }),
    ...(isSchema(items) ? { items: describeProperties(items, path) } : {}),
    ...(properties === undefined
      ? {}
      : {
          properties: Object.fromEntries(
            Object.entries(properties).map(([key, value]) => [
              key,
              isSchema(value) ? describeProperty(value, [...path, key]) : value,
            ]),
          ),
        }),
  };
}

function describeProperty(schema: JsonSchema, path: Path): JsonSchema {
  return { ...describeProperties(schema, path), description: describeSetting(settingName(path)) };
}

function isSchema(value: unknown): value is JsonSchema {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
