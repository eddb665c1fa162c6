import { expect, test } from "vitest";
import { clampToLimits } from "../../../../functions/core/rules/limits.ts";
import { createGroup, createSituation, explainStep } from "../../../support/facts.ts";
import { createScaler } from "../../../support/scaler.ts";

function clamp(wanted: number, group: Parameters<typeof createGroup>[0]) {
  const situation = createSituation(createScaler(), { group: createGroup(group) });
  return explainStep(clampToLimits(wanted, situation));
}

test.each([
  { that: "above max", need: 11, instances: 10, because: ["at most 10 (max)"] },
  { that: "equal to max has no reason", need: 10, instances: 10, because: [] },
  { that: "between min and max", need: 5, instances: 5, because: [] },
  { that: "equal to min has no reason", need: 2, instances: 2, because: [] },
  { that: "below min", need: 1, instances: 2, because: ["at least 2 (min)"] },
])("a need $that: $need becomes $instances", ({ need, instances, because }) => {
  const step = clamp(need, { desired: 99, min: 2, max: 10 });
  expect(step).toEqual({ instances, reasons: because });
});

test("a group with a maximum of 0 gets no instance", () => {
  const step = clamp(5, { desired: 0, min: 0, max: 0 });
  expect(step).toEqual({ instances: 0, reasons: ["at most 0 (max)"] });
});
