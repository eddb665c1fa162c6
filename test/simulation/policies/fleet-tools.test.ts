import { describe, expect, test } from "vitest";
import { applyScaling } from "../../../functions/apply-scaling.ts";
import { parseExecutionInput } from "../../../functions/core/execution-input.ts";
import { gatherFacts } from "../../../functions/fetch-metrics.ts";
import { createFleetTools } from "../../../simulation/policies/fleet-tools.ts";
import { createFleet, createGroupOptions, createJob, msAfterStart } from "../../support/fleet.ts";

const INPUT = parseExecutionInput({
  name: "main",
  agentTokenParameter: "/agent-token",
  scalers: [{ queue: "default", group: "web", agentsPerInstance: 1, scaleIn: { cooldown: "5m" } }],
});

/** The event of a plan with one change of the group `web`. */
function createApplyEvent(to: number) {
  const change = { scaler: "web", group: "web", action: "scale-out", from: 0, to } as const;
  const decidedAt = new Date(msAfterStart(10)).toISOString();
  return { loop: "main", plan: { decidedAt, changes: [change] }, carry: { memory: {} } };
}

describe("the tools of a fleet", () => {
  test("let Fetch metrics read the fleet's queues and groups at the fleet's time", async () => {
    const fleet = createFleet([createGroupOptions({ desired: 1 })], [createJob(5, 60)]);
    fleet.advanceTo(msAfterStart(10));
    expect(
      await gatherFacts(INPUT, {}, createFleetTools(fleet, { autoScaling: 0, ssm: 0 })),
    ).toMatchObject({
      observedAt: new Date(msAfterStart(10)).toISOString(),
      queues: { default: fleet.queueFacts("default") },
      groups: { web: { ...fleet.groupFacts("web"), timesUnknown: true } },
    });
  });

  test("let Apply scaling set a desired capacity that the next poll finds in the group's tag", async () => {
    const fleet = createFleet([createGroupOptions()]);
    const tools = createFleetTools(fleet, { autoScaling: 0, ssm: 0 });
    fleet.advanceTo(msAfterStart(10));
    await applyScaling(createApplyEvent(2), tools);
    expect(fleet.groupFacts("web")).toMatchObject({ desired: 2 });
    const { groups } = await gatherFacts(INPUT, {}, tools);
    const lastScaleOutAt = new Date(msAfterStart(10)).toISOString().replace(".000", "");
    expect(groups).toMatchObject({ web: { desired: 2, times: { lastScaleOutAt } } });
  });

  test("do not turn an error of the model into a fault", async () => {
    const fleet = createFleet([createGroupOptions({ max: 3 })]);
    await expect(
      applyScaling(createApplyEvent(4), createFleetTools(fleet, { autoScaling: 0, ssm: 0 })),
    ).rejects.toThrow(new RangeError("4 is not within 0 and 3"));
  });
});
