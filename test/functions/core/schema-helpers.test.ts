import * as v from "valibot";
import { describe, expect, test } from "vitest";
import {
  flagSchema,
  recordSchema,
  settingsSchema,
  textSchema,
  toProblems,
  wholeNumberSchema,
} from "../../../functions/core/schema-helpers.ts";

/** Returns every problem that a schema finds, as text. */
function findProblems(schema: v.GenericSchema, input: unknown): string[] {
  const { issues = [] } = v.safeParse(schema, input);
  return toProblems(issues, (path) => path || "(all)").map(
    ({ where, what }) => `${where}: ${what}`,
  );
}

describe("a whole number", () => {
  test.each([1, 2, Number.MAX_SAFE_INTEGER])("may be %d", (value) => {
    expect(v.is(wholeNumberSchema(1), value)).toBe(true);
  });

  test.each([0, -1, 1.5, Number.NaN, Number.POSITIVE_INFINITY, 2 ** 53, "1", true, null])(
    "may not be %j",
    (value) => {
      expect(findProblems(v.object({ cap: wholeNumberSchema(1) }), { cap: value })).toEqual([
        `cap: ${typeof value === "string" ? `"${value}"` : value} is not allowed; allowed: a whole number of at least 1`,
      ]);
    },
  );
});

test.each(["x", "x".repeat(255)])("a text may have 1 to 255 characters", (value) => {
  expect(v.is(textSchema, value)).toBe(true);
});

test.each(["", "x".repeat(256), 7, null])("a text may not be %j", (value) => {
  expect(v.is(textSchema, value)).toBe(false);
});

test.each([0, 1, "true", "yes", null])("%j is not true or false", (value) => {
  expect(findProblems(v.object({ dryRun: flagSchema }), { dryRun: value })[0]).toMatch(
    /is not allowed; allowed: true or false$/,
  );
});

describe("settings", () => {
  const schema = settingsSchema({
    group: textSchema,
    scaleIn: v.optional(
      settingsSchema({
        disabled: v.optional(flagSchema),
        cooldown: v.optional(wholeNumberSchema(0)),
      }),
    ),
  });

  test("a missing key is a problem", () => {
    expect(findProblems(schema, {})).toEqual(["group: is missing"]);
  });

  test("every unknown key is a problem, with the nearest known key or with all known keys", () => {
    expect(findProblems(schema, { group: "g", scale_in: {}, zebra: 1 })).toEqual([
      '(all): "scale_in" is not known here; did you mean "scaleIn"?',
      '(all): "zebra" is not known here; known: group, scaleIn',
    ]);
  });

  test("an unknown nested key is a problem with its path", () => {
    expect(findProblems(schema, { group: "g", scaleIn: { cooldwon: 5, disable: true } })).toEqual([
      'scaleIn: "cooldwon" is not known here; did you mean "cooldown"?',
      'scaleIn: "disable" is not known here; did you mean "disabled"?',
    ]);
  });

  test.each(["constructor", "toString", "__proto__"])("%s is not a known key", (key) => {
    const input: unknown = JSON.parse(`{"group":"g","${key}":1}`);
    expect(findProblems(schema, input)).toEqual([
      `(all): "${key}" is not known here; known: group, scaleIn`,
    ]);
  });

  test("all problems are reported at once, including unknown keys", () => {
    expect(findProblems(schema, { group: "", scaleIn: { cooldown: -1 }, zebra: 1 })).toEqual([
      'group: "" is not allowed; allowed: a text of 1 to 255 characters',
      "scaleIn.cooldown: -1 is not allowed; allowed: a whole number of at least 0",
      '(all): "zebra" is not known here; known: group, scaleIn',
    ]);
  });

  test("a value that is not an object is a problem with the allowed keys", () => {
    expect(findProblems(schema, { group: "g", scaleIn: 5 })).toEqual([
      "scaleIn: 5 is not allowed; allowed: an object of disabled, cooldown",
    ]);
  });
});

describe("the value in a message", () => {
  const schema = v.object({
    agentTokenParameter: v.optional(v.literal("a path", "a path")),
    queues: v.optional(v.literal("a text", "a text")),
  });

  test.each([
    { value: "web", shown: '"web"' },
    { value: 5, shown: "5" },
    { value: Number.POSITIVE_INFINITY, shown: "Infinity" },
    { value: null, shown: "null" },
    { value: ["a", "a", 5], shown: '["a","a",5]' },
    { value: { agentToken: "secret" }, shown: "an object" },
    { value: [{ agentToken: "secret" }], shown: "a list" },
    { value: [["secret"]], shown: "a list" },
  ])("of $value is $shown", ({ value, shown }) => {
    expect(findProblems(schema, { queues: value })).toEqual([
      `queues: ${shown} is not allowed; allowed: a text`,
    ]);
  });

  test.each(["secret", ["secret"], { value: "secret" }])("is left out for a token: %j", (value) => {
    expect(findProblems(schema, { agentTokenParameter: value })).toEqual([
      "agentTokenParameter: this value is not allowed; allowed: a path",
    ]);
  });

  test("is left out below a key with token in its name", () => {
    const tokens = v.object({ agentTokens: v.array(flagSchema) });
    expect(findProblems(tokens, { agentTokens: ["secret"] })).toEqual([
      "agentTokens[0]: this value is not allowed; allowed: true or false",
    ]);
  });

  test.each(["secret", ["secret"], 5, null])("is left out for the whole input: %j", (value) => {
    expect(findProblems(settingsSchema({ name: textSchema }), value)[0]).not.toContain("secret");
    expect(findProblems(v.object({}), value)[0] ?? "").not.toContain("secret");
  });
});

describe("a record", () => {
  const counts = recordSchema(v.object({ total: wholeNumberSchema(0) }));

  test.each(["web", "prototype", "constructor", "__proto__", "toString", ""])(
    "keeps the name %j, which a user may choose",
    (name) => {
      const input: unknown = JSON.parse(`{"${name}":{"total":3}}`);
      const parsed = v.parse(counts, input);
      expect(Object.entries(parsed)).toEqual([[name, { total: 3 }]]);
    },
  );

  test("is refused with every invalid value", () => {
    expect(findProblems(counts, { web: { total: -1 }, ios: {}, mac: 4 })).toEqual([
      "web.total: -1 is not allowed; allowed: a whole number of at least 0",
      "ios.total: is missing",
      "mac: 4 is not allowed; allowed: an object",
    ]);
  });

  test.each([[[]], ["web"], [5], [null]])("may not be %j", (input) => {
    expect(findProblems(v.object({ queues: counts }), { queues: input })).toEqual([
      `queues: ${JSON.stringify(input)} is not allowed; allowed: an object`,
    ]);
  });
});
