import { expect, test } from "vitest";
import { ownValue } from "../../../functions/core/own-value.ts";

test("a name that is there has its value", () => {
  expect(ownValue({ web: 1, constructor: 2 }, "constructor")).toBe(2);
});

test.each(["constructor", "__proto__", "toString", "hasOwnProperty", "web"])(
  "%s has no value where nobody gave it one",
  (name) => {
    expect(ownValue({}, name)).toBeUndefined();
  },
);
