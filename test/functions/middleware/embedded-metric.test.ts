import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { writeMetric } from "../../../functions/middleware/embedded-metric.ts";
import { captureOutput, parseLogLines, readOutput, restoreOutput } from "../../support/output.ts";
import { listCalls, sandbox, world } from "../../support/sandbox.ts";
import { readResult, START } from "../../support/step.ts";

beforeEach(captureOutput);
afterEach(restoreOutput);

function onLambda(): void {
  vi.stubEnv("AWS_LAMBDA_FUNCTION_NAME", "buildkite-scaling-loop-apply-scaling");
}

describe("a metric in the Lambda's log", () => {
  test("is one line in the embedded metric format, with details", () => {
    onLambda();
    writeMetric("HeldPolls", 1, "main", Date.parse(START), { held: [{ scaler: "web" }] });
    expect(readOutput()).toMatch(/^[^\n]*\n$/);
    expect(JSON.parse(readOutput())).toStrictEqual({
      _aws: {
        Timestamp: 1_767_603_600_000, // 2026-01-05T09:00:00Z
        CloudWatchMetrics: [
          {
            Namespace: "Buildkite",
            Dimensions: [["Loop"]],
            Metrics: [{ Name: "HeldPolls", Unit: "Count" }],
          },
        ],
      },
      Loop: "main",
      HeldPolls: 1,
      held: [{ scaler: "web" }],
    });
  });

  test("is not written outside of Lambda", () => {
    vi.stubEnv("AWS_LAMBDA_FUNCTION_NAME", undefined);
    writeMetric("HeldPolls", 1, "main", Date.parse(START), {});
    expect(readOutput()).toBe("");
  });
});

describe("refused changes", () => {
  const changes = ["web", "gone"].map((name) => ({
    scaler: name,
    group: name,
    action: "scale-out",
    from: 1,
    to: 2,
  }));
  const event = { loop: "main", plan: { decidedAt: START, changes }, carry: { memory: {} } };

  test("are counted for an alarm without a call", async () => {
    onLambda();
    world.setGroup("web", { desired: 1 });
    await readResult("Apply scaling", event);
    expect(JSON.parse(readOutput())).toMatchObject({
      Loop: "main",
      RefusedScalings: 1,
      refused: [{ fault: { error: "GroupNotFound" } }],
    });
    expect(listCalls("CloudWatch")).toEqual([]);
  });

  test("include a look at instances that SSM refuses", async () => {
    onLambda();
    sandbox.faults.add({ service: "SSM", fault: { awsError: "AccessDeniedException" } });
    const looked = {
      scaler: "web",
      group: "web",
      unit: "buildkite-agent",
      instances: ["i-0000000a"],
    };
    const plan = { decidedAt: START, changes: [], looks: [looked] };
    await readResult("Apply scaling", { ...event, plan });
    expect(parseLogLines()).toContainEqual(
      expect.objectContaining({
        RefusedScalings: 1,
        refused: [{ fault: expect.objectContaining({ error: "RunCommandAccessDenied" }) }],
      }),
    );
  });

  test("do not include looks and ends that were carried out", async () => {
    onLambda();
    const [instance, other] = ["i-0000000a", "i-0000000b"];
    world.setGroup("web", { ids: [instance, other] });
    const looked = { scaler: "web", group: "web", unit: "buildkite-agent", instances: [instance] };
    const terminations = [{ scaler: "web", group: "web", instance: other, decrement: true }];
    const plan = { decidedAt: START, changes: [], looks: [looked], terminations };
    await readResult("Apply scaling", { ...event, plan });
    expect(world.instances.sent).toHaveLength(1);
    expect(world.terminations).toHaveLength(1);
    expect(readOutput()).toBe("");
  });

  test("are not counted if there are none", async () => {
    onLambda();
    for (const name of ["web", "gone"]) world.setGroup(name, { desired: 1 });
    await readResult("Apply scaling", event);
    expect(readOutput()).toBe("");
    expect(listCalls("CloudWatch")).toEqual([]);
  });
});
