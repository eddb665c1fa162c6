import { expect, test } from "vitest";
import { counted } from "../../../functions/core/plural.ts";

test.each([
  { count: 0, words: "0 instances" },
  { count: 1, words: "1 instance" },
  { count: 2, words: "2 instances" },
])("$count: $words", ({ count, words }) => {
  expect(counted(count, "instance")).toBe(words);
});
