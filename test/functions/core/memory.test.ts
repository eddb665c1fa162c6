import { describe, expect, test } from "vitest";
import type { Change } from "../../../functions/core/decision.ts";
import { recordScalings } from "../../../functions/core/memory.ts";
import { INHERITED_NAMES } from "../../support/arbitraries.ts";
import { ago, NOW } from "../../support/facts.ts";

function change(scaler: string, action: Change["action"]): Change {
  return { scaler, group: scaler, action, from: 1, to: 2 };
}

describe("what is remembered of changes that were made", () => {
  test("is when they were decided, each way of its own", () => {
    const known = {
      web: { lastScaleInAt: ago(60), lastScaleOutAt: ago(90) },
      ios: { lastScaleInAt: ago(60), lastScaleOutAt: ago(90) },
      mac: { lastScaleInAt: ago(5) },
    };
    const done = [
      change("web", "scale-in"),
      change("ios", "scale-out"),
      change("new", "scale-out"),
    ];
    expect(recordScalings(done, known, NOW)).toEqual({
      web: { lastScaleInAt: NOW, lastScaleOutAt: ago(90) },
      ios: { lastScaleInAt: ago(60), lastScaleOutAt: NOW },
      mac: { lastScaleInAt: ago(5) },
      new: { lastScaleOutAt: NOW },
    });
  });

  test("is nothing new where nothing was done", () => {
    const known = { web: { lastScaleInAt: ago(60) } };
    expect(recordScalings([], known, NOW)).toEqual(known);
  });

  test.each(INHERITED_NAMES)("is kept under the name %s too", (name) => {
    const memory = recordScalings([change(name, "scale-in")], {}, NOW);
    expect(Object.entries(memory)).toEqual([[name, { lastScaleInAt: NOW }]]);
  });
});
