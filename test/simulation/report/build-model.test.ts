import { describe, expect, test } from "vitest";
import { buildModel } from "../../../simulation/report/build-model.ts";
import { PEAKS } from "../../../simulation/report/report-model.ts";
import { createResult, createTrace } from "../../support/simulation-result.ts";

describe("the model of a report", () => {
  test("sums all groups in averages of equal parts of time", () => {
    const interruptions = [
      { atMs: 1200, jobs: 2 },
      { atMs: 1800, jobs: 3 },
    ];
    const scalers = [
      createTrace("web", [
        [0, 4, 0],
        [1500, 8, 2],
        [4000, 0, 2],
      ]),
      createTrace("ios", [[0, 1, 1]], { interruptions }),
    ];
    const { overview } = buildModel([createResult("ours", {}, scalers)]);
    expect(overview).toEqual({
      fromMs: 0,
      stepMs: 1000,
      policies: [
        {
          demand: [5, 7, 9, 9], // 4 + 1, (4 + 8) / 2 + 1, 8 + 1
          agents: [1, 2, 3, 3],
          interruptions: [{ atMs: 1000, jobs: 5 }],
        },
      ],
    });
  });

  test("has no sum of a single group: its own chart shows more", () => {
    const scalers = [createTrace("web", [[0, 4, 0]])];
    expect(buildModel([createResult("ours", {}, scalers)]).overview).toBeUndefined();
  });

  test("keeps a sum of at most 1,500 parts for a month", () => {
    const monthMs = 30 * 86_400_000;
    const rows = [
      [0, 0, 0],
      [monthMs, 1, 1],
    ] as const;
    const scalers = [createTrace("web", rows), createTrace("ios", rows)];
    const { overview } = buildModel([createResult("ours", {}, scalers)]);
    expect(overview?.stepMs).toBe(1_800_000);
    expect(overview?.policies[0]?.demand).toHaveLength(1440);
  });

  test("has one scale for a group under all policies, in jobs", () => {
    const wide = createTrace("web", [[0, 3, 2]], { agentsPerInstance: 4, desired: [5] });
    const narrow = createTrace(
      "web",
      [
        [0, 3, 2],
        [1000, 7, 2],
      ],
      { agentsPerInstance: 4 },
    );
    const model = buildModel([
      createResult("ours", {}, [wide]),
      createResult("native", {}, [narrow]),
    ]);
    expect(model.scalers[0]?.peaks).toEqual(new Array(PEAKS).fill(20)); // 5 instances x 4 agents
  });
});
