import * as v from "valibot";
import { toProblems } from "../../functions/core/schema-helpers.ts";

/** Returns what a schema refuses about an input, one line per problem; empty if it accepts the input. */
export function listProblems(schema: v.GenericSchema, input: unknown): string[] {
  const { issues = [] } = v.safeParse(schema, input);
  return toProblems(issues, (path) => path).map(({ where, what }) => `${where}: ${what}`);
}
