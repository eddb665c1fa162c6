import { describe, expect, test } from "vitest";
import { VERSION } from "../functions/core/version.ts";
import { lambdaContext } from "./support/lambda.ts";
import { callsTo, HANDLERS, inputWith, sandbox, world } from "./support/sandbox.ts";

function fetchMetrics(input: Record<string, unknown> = {}) {
  return HANDLERS["Fetch metrics"]({ input: inputWith(input) }, lambdaContext());
}

describe("a poll's facts", () => {
  test("come from one call to Buildkite and one to Auto Scaling", async () => {
    world.setQueue("default", { scheduled: 12, running: 3, waiting: 2, idle: 1, busy: 3 });
    world.setGroup("web", { min: 1, max: 9, desired: 4, inService: 3, pending: 1 });
    expect(await fetchMetrics()).toEqual({
      observedAt: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/),
      organization: "example",
      cluster: "main",
      metricsAgeSeconds: expect.any(Number),
      queues: {
        default: {
          jobs: { scheduled: 12, running: 3, waiting: 2 },
          agents: { idle: 1, busy: 3, total: 4 },
        },
      },
      groups: { web: { desired: 4, min: 1, max: 9, inService: 3, pending: 1 } },
    });
    expect(callsTo("Buildkite")).toEqual(["metrics/queue default"]);
    expect(callsTo("AutoScaling")).toEqual(["DescribeAutoScalingGroups"]);
  });

  test("are asked for under the project's name and version", async () => {
    world.setGroup("web", {});
    await fetchMetrics();
    const [asked] = sandbox.calls.filter(({ service }) => service === "Buildkite");
    expect(asked?.userAgent).toBe(`buildkite-scaling-loop/${VERSION}`);
  });
});
