import { describe, expect, test } from "vitest";
import type { ScalerMemory } from "../../../../functions/core/memory.ts";
import { remainingCooldown } from "../../../../functions/core/rules/cooldown.ts";
import { createSituation, NOW, secondsAgo } from "../../../support/facts.ts";
import { createScaler } from "../../../support/scaler.ts";

interface Case {
  that: string;
  memory: ScalerMemory;
  fromAny?: boolean;
  held: string | undefined;
}

describe("the scale-in cooldown of 5m", () => {
  test.each<Case>([
    {
      that: "holds until it ends",
      memory: { lastScaleInAt: secondsAgo(299.999) },
      held: "scale-in cooldown: 1s left",
    },
    {
      that: "holds for its whole duration just after a scale-in",
      memory: { lastScaleInAt: secondsAgo(0) },
      held: "scale-in cooldown: 5m left",
    },
    { that: "is over at its end", memory: { lastScaleInAt: secondsAgo(300) }, held: undefined },
    {
      that: "is over after its end",
      memory: { lastScaleInAt: secondsAgo(86_400) },
      held: undefined,
    },
    { that: "does not hold if no scale-in is known", memory: {}, held: undefined },
    {
      that: "does not start at a scale-out",
      memory: { lastScaleInAt: secondsAgo(400), lastScaleOutAt: secondsAgo(10) },
      held: undefined,
    },
    {
      that: "starts at a later scale-out with cooldownFromAnyScaling",
      fromAny: true,
      memory: { lastScaleInAt: secondsAgo(400), lastScaleOutAt: secondsAgo(10) },
      held: "scale-in cooldown: 4m50s left", // 300 - 10
    },
    {
      that: "starts at the scale-in if it is later",
      fromAny: true,
      memory: { lastScaleInAt: secondsAgo(20), lastScaleOutAt: secondsAgo(200) },
      held: "scale-in cooldown: 4m40s left", // 300 - 20
    },
    {
      that: "starts at the scale-in if no scale-out is known",
      fromAny: true,
      memory: { lastScaleInAt: secondsAgo(20) },
      held: "scale-in cooldown: 4m40s left",
    },
    {
      that: "does not hold if only a scale-out is known, as in the reference",
      fromAny: true,
      memory: { lastScaleOutAt: secondsAgo(10) },
      held: undefined,
    },
  ])("$that", ({ memory, fromAny = false, held }) => {
    const scaler = createScaler({
      cooldownFromAnyScaling: fromAny,
      scaleIn: { cooldown: "5m" },
      scaleOut: { cooldown: "1h" },
    });
    expect(remainingCooldown("scale-in", createSituation(scaler, { memory }))).toBe(held);
  });
});

describe("the scale-out cooldown of 90s", () => {
  test.each<Case>([
    {
      that: "holds until it ends",
      memory: { lastScaleOutAt: secondsAgo(30) },
      held: "scale-out cooldown: 1m left", // 90 - 30
    },
    { that: "is over at its end", memory: { lastScaleOutAt: secondsAgo(90) }, held: undefined },
    { that: "does not hold if no scale-out is known", memory: {}, held: undefined },
    {
      that: "does not start at a scale-in",
      memory: { lastScaleOutAt: secondsAgo(100), lastScaleInAt: secondsAgo(10) },
      held: undefined,
    },
    {
      that: "starts at a later scale-in with cooldownFromAnyScaling",
      fromAny: true,
      memory: { lastScaleOutAt: secondsAgo(100), lastScaleInAt: secondsAgo(10) },
      held: "scale-out cooldown: 1m20s left", // 90 - 10
    },
    {
      that: "does not hold if only a scale-in is known, as in the reference",
      fromAny: true,
      memory: { lastScaleInAt: secondsAgo(10) },
      held: undefined,
    },
  ])("$that", ({ memory, fromAny = false, held }) => {
    const scaler = createScaler({
      cooldownFromAnyScaling: fromAny,
      scaleIn: { cooldown: "1h" },
      scaleOut: { cooldown: "90s" },
    });
    expect(remainingCooldown("scale-out", createSituation(scaler, { memory }))).toBe(held);
  });
});

test("a cooldown of 0 does not hold, even in the second of a scaling", () => {
  const memory = { lastScaleInAt: NOW, lastScaleOutAt: NOW };
  expect(
    remainingCooldown("scale-in", createSituation(createScaler(), { memory })),
  ).toBeUndefined();
  expect(
    remainingCooldown("scale-out", createSituation(createScaler(), { memory })),
  ).toBeUndefined();
});
