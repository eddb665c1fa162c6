import { tryParseJson } from "./parse-json.ts";

/** The message in a failed Task's Cause: Lambda puts a thrown error there as JSON; other causes are plain text. */
export function readCauseMessage(cause: string): string {
  const parsed = tryParseJson(cause);
  const message: unknown =
    typeof parsed === "object" && parsed !== null ? Reflect.get(parsed, "errorMessage") : undefined;
  return typeof message === "string" ? message : cause;
}
