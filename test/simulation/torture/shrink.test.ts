import { expect, test } from "vitest";
import type { FaultKind } from "../../../simulation/torture/fault-kinds.ts";
import { shrink } from "../../../simulation/torture/shrink.ts";
import type { TortureResult } from "../../../simulation/torture/torture.ts";
import type { TortureOptions } from "../../../simulation/torture/world.ts";

/** A run that breaks a rule if it lasts a day and answers are lost. Buildkite never fails in it. */
async function run(options: TortureOptions): Promise<TortureResult> {
  const isBroken = options.days >= 1 && options.kinds.includes("answer lost");
  const struck = options.kinds.filter((kind) => kind !== "buildkite fails");
  return {
    options,
    simulatedMs: 0,
    polls: 0,
    faults: new Map(struck.map((kind) => [kind, 1])),
    largestStateBytes: 0,
    violations: isBroken ? [{ rule: "cooldowns are kept", detail: "", atMs: 0, before: [] }] : [],
  };
}

test("a failing run shrinks to the days and kinds of fault that it takes", async () => {
  const kinds: FaultKind[] = ["buildkite fails", "command late", "answer lost", "launch fails"];
  const { options, violations } = await shrink(await run({ seed: 7, days: 10, kinds }), run);
  // 10 days, 5, 2.5, 1.25; 0.625 does not break the rule.
  expect(options).toEqual({ seed: 7, days: 1.25, kinds: ["answer lost"] });
  expect(violations).toHaveLength(1);
});
