import { expect, test } from "vitest";
import { ownValue } from "../../../functions/core/own-value.ts";

test("an own property has its value", () => {
  expect(ownValue({ web: 1, constructor: 2 }, "constructor")).toBe(2);
});

test.each(["constructor", "__proto__", "toString", "hasOwnProperty", "web"])(
  "%s has no value if it is not an own property",
  (name) => {
    expect(ownValue({}, name)).toBeUndefined();
  },
);
