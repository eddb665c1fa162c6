import { parsedJson } from "./parse-json.ts";

/** The message in a failed Task's Cause: Lambda puts a thrown error there as JSON; other causes are plain text. */
export function messageIn(cause: string): string {
  const parsed = parsedJson(cause);
  const message: unknown =
    typeof parsed === "object" && parsed !== null ? Reflect.get(parsed, "errorMessage") : undefined;
  return typeof message === "string" ? message : cause;
}
