import * as v from "valibot";
import type { EventPattern, EventRule } from "../../config/event-rule.ts";

const filterSchema = v.union([
  v.string(),
  v.strictObject({ prefix: v.string() }),
  v.strictObject({ exists: v.boolean() }),
]);

const objectSchema = v.record(v.string(), v.unknown());
const alternativesSchema = v.array(objectSchema);
const filtersSchema = v.array(filterSchema);

/**
 * Whether a pattern takes an event. Knows what the deployed patterns use: texts, `prefix`, `exists` and `$or`.
 * @throws ValiError if the pattern has something else
 */
export function matchesPattern(pattern: EventPattern, event: object): boolean {
  return Object.entries(pattern).every(([key, expected]) => {
    if (key === "$or")
      return v.parse(alternativesSchema, expected).some((each) => matchesPattern(each, event));
    const value = new Map(Object.entries(event)).get(key);
    if (!Array.isArray(expected))
      return matchesPattern(
        v.parse(objectSchema, expected),
        v.is(objectSchema, value) ? value : {},
      );
    const values: unknown[] = Array.isArray(value) ? value : value === undefined ? [] : [value];
    return v.parse(filtersSchema, expected).some((filter) => matchesFilter(filter, values));
  });
}

/** A list matches if one of its values does. An empty list is as good as none. */
function matchesFilter(
  filter: v.InferOutput<typeof filterSchema>,
  values: readonly unknown[],
): boolean {
  if (typeof filter === "string") return values.includes(filter);
  if ("exists" in filter) return filter.exists === values.length > 0;
  return values.some((value) => typeof value === "string" && value.startsWith(filter.prefix));
}

/** Makes the text for the target. @throws RangeError if the template has a name without a value */
export function transformEvent({ inputPaths, inputTemplate }: EventRule, event: object): string {
  return inputTemplate.replaceAll(/<(\w+)>/g, (_, name: string) => {
    const value = readPath(event, inputPaths[name] ?? "");
    if (typeof value !== "string") throw new RangeError(`the event has no text for <${name}>`);
    return value;
  });
}

/** Reads `$.key.key`. */
function readPath(event: object, path: string): unknown {
  const [, ...keys] = path.split(".");
  return keys.reduce<unknown>(
    (value, key) => (v.is(objectSchema, value) ? value[key] : undefined),
    event,
  );
}
