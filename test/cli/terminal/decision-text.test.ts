import { describe, expect, test } from "vitest";
import { changeText, decisionText } from "../../../cli/terminal/decision-text.ts";
import type { Decision } from "../../../functions/core/decision.ts";

const OUT: Decision = { scaler: "web", action: "scale-out", from: 2, to: 5, reasons: [] };
const NONE: Decision = { scaler: "web", action: "none", from: 5, to: 5, reasons: [] };

describe("the text of a decision", () => {
  test("has the action and both capacities, or says that the capacity stays", () => {
    expect([OUT, NONE].map(changeText)).toEqual(["scale-out 2 to 5", "stays at 5"]);
  });

  test("says `unchanged` if the capacity is not known", () => {
    expect(changeText({ ...NONE, from: null, to: null })).toBe("unchanged");
  });

  test("begins with `would` for a change in dry run", () => {
    expect([OUT, NONE].map((decision) => decisionText(decision, true))).toEqual([
      "would scale-out 2 to 5",
      "stays at 5",
    ]);
    expect(decisionText(OUT, false)).toBe("scale-out 2 to 5");
  });
});
