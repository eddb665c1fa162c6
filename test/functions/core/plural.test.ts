import { expect, test } from "vitest";
import { plural } from "../../../functions/core/plural.ts";

test.each([
  { count: 0, words: "0 instances" },
  { count: 1, words: "1 instance" },
  { count: 2, words: "2 instances" },
])("$count: $words", ({ count, words }) => {
  expect(plural(count, "instance")).toBe(words);
});
