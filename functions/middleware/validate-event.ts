import type { MiddlewareObj } from "@middy/core";
import { type GenericSchema, safeParse } from "valibot";
import { InvalidInput } from "../core/problems.ts";
import { toProblems } from "../core/schema-helpers.ts";

/** Replaces the event by the schema's output. @throws InvalidInput naming every problem */
export function validateEvent(schema: GenericSchema): MiddlewareObj {
  return {
    before: (request) => {
      const parsed = safeParse(schema, request.event);
      if (!parsed.success) throw new InvalidInput(toProblems(parsed.issues, describeEventPath));
      request.event = parsed.output;
    },
  };
}

function describeEventPath(path: string): string {
  return path === "" ? "input" : `input: ${path}`;
}
