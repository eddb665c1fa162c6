import { describe, expect, test } from "vitest";
import type { ScalerMemory } from "../../../../functions/core/memory.ts";
import { limitScaleIn } from "../../../../functions/core/rules/scale-in.ts";
import type { Scaler } from "../../../../functions/core/scaler.ts";
import { createGroup, createSituation, explainStep, secondsAgo } from "../../../support/facts.ts";
import { createScaler } from "../../../support/scaler.ts";

function scaleIn(
  target: number,
  group: Parameters<typeof createGroup>[0],
  scaler: Scaler,
  memory: ScalerMemory = {},
) {
  const situation = createSituation(scaler, { group: createGroup(group), memory });
  return explainStep(limitScaleIn(target, situation));
}

describe("scale-in", () => {
  test("covers the whole distance without a factor", () => {
    const step = scaleIn(4, { desired: 10 }, createScaler());
    expect(step).toEqual({ instances: 4, reasons: [] });
  });

  test.each([
    // desired + floor((target - desired) x factor)
    { that: "half of an even distance", desired: 20, target: 10, factor: 0.5, to: 15 }, // -5
    { that: "half of an odd distance, rounded up", desired: 10, target: 7, factor: 0.5, to: 8 }, // -1.5, -2
    { that: "a tenth of one instance is one instance", desired: 5, target: 4, factor: 0.1, to: 4 }, // -0.1, -1
    { that: "a factor of 1 is the whole distance", desired: 10, target: 3, factor: 1, to: 3 },
    { that: "not below min", desired: 10, target: 8, min: 5, factor: 5, to: 5 }, // 10 - 10 = 0
    { that: "not below 0", desired: 3, target: 2, factor: 5, to: 0 }, // 3 - 5 = -2
    { that: "a huge factor stops at 0", desired: 3, target: 2, factor: 1e308, to: 0 },
  ])("by factor $factor, $that: $desired to $to", ({ desired, target, min = 0, factor, to }) => {
    const scaler = createScaler({ scaleIn: { factor } });
    const step = scaleIn(target, { desired, min }, scaler);
    expect(step).toEqual({ instances: to, reasons: [`factor ${factor}: ${desired} to ${to}`] });
  });

  test("with a factor above 1 has the reference's arithmetic: 20 instances, 10 jobs, factor 5 lead to 0", () => {
    const scaler = createScaler({ scaleIn: { factor: 5 } });
    // 20 + floor((10 - 20) x 5) = -30, not below 0
    const step = scaleIn(10, { desired: 20 }, scaler);
    expect(step).toEqual({ instances: 0, reasons: ["factor 5: 20 to 0"] });
  });

  test("is held if it is disabled", () => {
    const scaler = createScaler({ scaleIn: { disabled: true } });
    const step = scaleIn(4, { desired: 10 }, scaler);
    expect(step).toEqual({ instances: 10, reasons: ["scale-in is disabled"] });
  });

  test("is not held in Elastic CI mode, which ignores `disabled`", () => {
    const scaler = createScaler({ elasticCiMode: true, scaleIn: { disabled: true } });
    const step = scaleIn(4, { desired: 10 }, scaler);
    expect(step).toEqual({ instances: 4, reasons: [] });
  });

  test("is not held if only scale-out is disabled", () => {
    const scaler = createScaler({ scaleOut: { disabled: true } });
    expect(scaleIn(4, { desired: 10 }, scaler).instances).toBe(4);
  });

  test("is held during its cooldown, whatever the factor", () => {
    const scaler = createScaler({ scaleIn: { cooldown: "5m", factor: 0.5 } });
    const memory = { lastScaleInAt: secondsAgo(60), lastScaleOutAt: secondsAgo(400) };
    const step = scaleIn(4, { desired: 10 }, scaler, memory);
    expect(step).toEqual({ instances: 10, reasons: ["scale-in cooldown: 4m left"] });
  });

  test("has a default cooldown of 1h in Elastic CI mode", () => {
    const memory = { lastScaleInAt: secondsAgo(3599) };
    const unsaid = scaleIn(4, { desired: 10 }, createScaler({ elasticCiMode: true }), memory);
    expect(unsaid).toEqual({ instances: 10, reasons: ["scale-in cooldown: 1s left"] });
    const said = createScaler({ elasticCiMode: true, scaleIn: { cooldown: "10m" } });
    expect(scaleIn(4, { desired: 10 }, said, memory).instances).toBe(4);
  });
});
