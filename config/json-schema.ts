import { type JsonSchema, toJsonSchema } from "@valibot/to-json-schema";
import { writtenEntrySchema, writtenFileSchema } from "./schema.ts";

/** Where editors find it: beside scalers.yml, which names it in its first line. */
export const SCHEMA_FILE = "scalers.schema.json";

/**
 * The JSON schema of scalers.yml, with which editors complete and explain each setting. It knows the
 * shape; what takes more than one setting to see (a group in two entries, a setting that stands
 * neither in an entry nor in defaults) is found by `validate`.
 */
export function buildScalersJsonSchema(): JsonSchema {
  return {
    ...toJsonSchema(writtenFileSchema, {
      typeMode: "input",
      ignoreActions: ["check", "finite"],
      overrideSchema: ({ valibotSchema, jsonSchema }) =>
        valibotSchema === writtenEntrySchema
          ? { ...jsonSchema, oneOf: QUEUE_OR_QUEUES }
          : undefined,
    }),
    title: "scalers.yml",
    description: "Which Buildkite queues set the size of which EC2 Auto Scaling groups.",
  };
}

const QUEUE_OR_QUEUES: JsonSchema[] = [{ required: ["queue"] }, { required: ["queues"] }];
