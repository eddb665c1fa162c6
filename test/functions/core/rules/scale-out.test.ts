import { describe, expect, test } from "vitest";
import type { ScalerMemory } from "../../../../functions/core/memory.ts";
import { limitScaleOut } from "../../../../functions/core/rules/scale-out.ts";
import type { Scaler } from "../../../../functions/core/scaler.ts";
import { createGroup, createSituation, explainStep, secondsAgo } from "../../../support/facts.ts";
import { createScaler } from "../../../support/scaler.ts";

function scaleOut(
  target: number,
  group: Parameters<typeof createGroup>[0],
  scaler: Scaler,
  memory: ScalerMemory = {},
) {
  const situation = createSituation(scaler, { group: createGroup(group), memory });
  return explainStep(limitScaleOut(target, situation));
}

describe("scale-out", () => {
  test("covers the whole distance without a factor", () => {
    const step = scaleOut(10, { desired: 4 }, createScaler());
    expect(step).toEqual({ instances: 10, reasons: [] });
  });

  test.each([
    // desired + ceil((target - desired) x factor)
    { that: "half of an even distance", desired: 10, target: 20, factor: 0.5, to: 15 }, // +5
    { that: "half of an odd distance, rounded up", desired: 10, target: 13, factor: 0.5, to: 12 }, // +1.5, +2
    { that: "a tenth of one instance is one instance", desired: 4, target: 5, factor: 0.1, to: 5 }, // +0.1, +1
    { that: "from 0", desired: 0, target: 10, factor: 0.3, to: 3 }, // +3
    { that: "a factor of 1 is the whole distance", desired: 3, target: 10, factor: 1, to: 10 },
    { that: "past the target, up to max", desired: 10, target: 20, max: 50, factor: 5, to: 50 }, // 10 + 50 = 60
    { that: "past the target, below max", desired: 1, target: 100, max: 2000, factor: 5, to: 496 }, // 1 + 495
    { that: "a huge factor stops at max", desired: 1, target: 3, max: 9, factor: 1e308, to: 9 },
    // 50 x 1.1 = 55.00000000000001 in binary; the reference also rounds it up to 56
    {
      that: "binary fractions as in the reference",
      desired: 0,
      target: 50,
      factor: 1.1,
      to: 56,
    },
  ])("by factor $factor, $that: $desired to $to", ({ desired, target, max = 100, factor, to }) => {
    const scaler = createScaler({ scaleOut: { factor } });
    const step = scaleOut(target, { desired, max }, scaler);
    expect(step).toEqual({ instances: to, reasons: [`factor ${factor}: ${desired} to ${to}`] });
  });

  test("is held if it is disabled", () => {
    const scaler = createScaler({ scaleOut: { disabled: true } });
    const step = scaleOut(10, { desired: 4 }, scaler);
    expect(step).toEqual({ instances: 4, reasons: ["scale-out is disabled"] });
  });

  test("is held in Elastic CI mode if it is disabled: only scaleIn.disabled is ignored", () => {
    const scaler = createScaler({ elasticCiMode: true, scaleOut: { disabled: true } });
    expect(scaleOut(10, { desired: 4 }, scaler).instances).toBe(4);
  });

  test("is not held if only scale-in is disabled", () => {
    const scaler = createScaler({ scaleIn: { disabled: true } });
    expect(scaleOut(10, { desired: 4 }, scaler).instances).toBe(10);
  });

  test("is held during its cooldown, whatever the factor", () => {
    const scaler = createScaler({ scaleOut: { cooldown: "5m", factor: 0.5 } });
    const memory = { lastScaleOutAt: secondsAgo(60), lastScaleInAt: secondsAgo(400) };
    const step = scaleOut(10, { desired: 4 }, scaler, memory);
    expect(step).toEqual({ instances: 4, reasons: ["scale-out cooldown: 4m left"] });
  });
});
