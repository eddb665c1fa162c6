import { describe, expect, test } from "vitest";
import { addBuffer } from "../../../../functions/core/rules/buffer.ts";
import { createJobs, createSituation, explainStep } from "../../../support/facts.ts";
import { createScaler } from "../../../support/scaler.ts";

describe("buffer", () => {
  test.each([
    {
      that: "while there are jobs, it is added to the need",
      need: 3,
      jobs: { scheduled: 10, running: 2 }, // 12 / 4 = 3 instances' worth, more than 2
      entry: { instanceBuffer: 2 },
      instances: 5,
      because: ["3 + 2 (instanceBuffer) = 5 instances"],
    },
    {
      that: "it is never more than the jobs can fill",
      need: 3,
      jobs: { scheduled: 8, running: 1 }, // 9 / 4 = 2.25, rounded up to 3, less than 20
      entry: { instanceBuffer: 20 },
      instances: 6,
      because: ["3 + 3 (instanceBuffer) = 6 instances"],
    },
    {
      that: "it is never more than the cap",
      need: 1,
      jobs: { scheduled: 12 },
      entry: { instanceBuffer: 2, maxInstanceCap: 1 },
      instances: 2,
      because: ["1 + 1 (instanceBuffer) = 2 instances"],
    },
    {
      that: "the cap limits the buffer, not the sum",
      need: 3,
      jobs: { scheduled: 40 },
      entry: { instanceBuffer: 5, maxInstanceCap: 3 },
      instances: 6,
      because: ["3 + 3 (instanceBuffer) = 6 instances"],
    },
    {
      that: "without jobs there is no buffer",
      need: 0,
      jobs: {},
      entry: { instanceBuffer: 5 },
      instances: 0,
      because: [],
    },
    {
      that: "waiting jobs have no buffer unless they are included",
      need: 0,
      jobs: { waiting: 9 },
      entry: { instanceBuffer: 5 },
      instances: 0,
      because: [],
    },
    {
      that: "included waiting jobs count",
      need: 3,
      jobs: { waiting: 9 }, // 9 / 4 = 2.25, rounded up to 3
      entry: { instanceBuffer: 5, includeWaiting: true },
      instances: 6,
      because: ["3 + 3 (instanceBuffer) = 6 instances"],
    },
    {
      that: "scheduled, running and waiting jobs are added up",
      need: 1,
      jobs: { scheduled: 1, running: 4, waiting: 4 }, // 9 / 4 = 2.25, rounded up to 3
      entry: { instanceBuffer: 5, includeWaiting: true },
      instances: 4,
      because: ["1 + 3 (instanceBuffer) = 4 instances"],
    },
    {
      that: "demandShare applies to these jobs too",
      need: 1,
      jobs: { scheduled: 12, running: 5 }, // 17 x 0.25 = 4.25, 5 jobs; 5 / 4 = 1.25, 2 instances
      entry: { instanceBuffer: 5, demandShare: 0.25 },
      instances: 3,
      because: ["1 + 2 (instanceBuffer) = 3 instances"],
    },
    {
      that: "without a configured buffer nothing is added",
      need: 3,
      jobs: { scheduled: 12 },
      entry: {},
      instances: 3,
      because: [],
    },
  ])("$that", ({ need, jobs, entry, instances, because }) => {
    const scaler = createScaler({ agentsPerInstance: 4, ...entry });
    const step = addBuffer(need, createSituation(scaler, { jobs: createJobs(jobs) }));
    expect(explainStep(step)).toEqual({ instances, reasons: because });
  });
});
